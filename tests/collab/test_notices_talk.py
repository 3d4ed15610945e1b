"""Talk about files, runs, versions of models and stored files, gathered in one place."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from collab.models import Thread
from collab.selectors.talk import TalkQuery, talk_page
from collab.services.comments import resolve_thread
from collab.services.talk_places import begin_talk
from collab.talk_places import current_lines, parse_place, place_words
from hub.lib.errors import Invalid, NotFound
from repos.git.commits import Put
from repos.services.edits import commit_changes
from storage.services import put_object
from storage.spaces import DATA
from tests.factories.registry import make_model, make_version
from tests.factories.tracking import make_experiment, make_run

TRAIN = "import torch\n\n\ndef loss(x):\n    return x.mean()\n"
ALL = ("lines", "cell", "row", "area", "point")


@pytest.fixture
def filled(repo, alice):
    """alice/stones with a file, a run, a version of a model and a stored table."""
    change(repo, alice, TRAIN)
    run = make_run(repo, make_experiment(repo), "swift-otter")
    make_model(repo)
    make_version(repo)
    put_object(repository=repo, space=DATA, key="tables/stones é.csv", chunks=[b"a,b\n1,2\n"], actor=Actor(user=alice))
    return run


def change(repo, alice, text):
    changes = [Put(b"src/train.py", text.encode())]
    commit_changes(actor=Actor(user=alice), repository=repo, branch="main", changes=changes, message="Train")
    repo.refresh_from_db()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", {}),
        ("lines 3-7", {"side": "new", "start": 3, "line": 7}),
        ("L3", {"side": "new", "start": 3, "line": 3}),
        ("cell 4", {"cell": 4}),
        ("row 12", {"row": 12}),
        ("area 10% 20.5% 30% 40%", {"x": 0.1, "y": 0.205, "w": 0.3, "h": 0.4}),
        ("val/loss at step 100", {"metric": "val/loss", "step": 100}),
        ("val/loss", {"metric": "val/loss"}),
    ],
)
def test_places_are_read_and_said_alike(text, place):
    assert parse_place(text, ALL) == place
    assert parse_place(place_words(place), ALL) == place


@pytest.mark.parametrize(
    "text",
    ["lines 7-3", "lines 0", "area 90% 0% 20% 10%", "area 1% 1% 0% 1%", "cell x", "loss at step 3", "row 1" * 200],
)
def test_places_that_are_none_are_refused(text):
    with pytest.raises(Invalid):
        parse_place(text, ("lines", "cell", "row", "area"))


def test_lines_are_found_where_they_went():
    place, excerpt = {"start": 2, "line": 3}, [["", 2, "b"], ["", 3, "c"]]
    assert current_lines(place, excerpt, ["a", "b", "c"]) == 3
    assert current_lines(place, excerpt, ["new", "a", "b", "c"]) == 4
    assert current_lines(place, excerpt, ["a", "b", "x"]) is None
    assert current_lines(place, excerpt, ["x", "b", "c", "b", "c"]) == 3
    assert current_lines(place, excerpt, ["x", "y", "b", "c", "b", "c"]) is None


def test_everything_is_talked_about_and_gathered(repo, filled, carol, browser_of, django_assert_num_queries):
    browser = browser_of(carol)
    things = [
        ("file", "src/train.py", "lines 4-5", "src/train.py"),
        ("run", filled.uuid, "loss at step 10", "swift-otter"),
        ("model_version", "iris/1", "", "iris version 1"),
        ("object", "tables/stones é.csv", "row 2", "tables/stones é.csv"),
    ]
    for number, (kind, key, where, title) in enumerate(things, start=1):
        given = {"subject": kind, "key": key, "where": where, "body": f"Why is *{kind}* so?"}
        answer = browser.post("/alice/stones/talk", given)
        thread = Thread.objects.get(subject=kind)
        assert answer["Location"] == f"/alice/stones/threads/{thread.pk}", answer.content
        about = browser.get("/alice/stones/talk/about", {"subject": kind, "key": key}).content.decode()
        assert f"Why is <em>{kind}</em> so?" in about and title in about
        if number in (2, 4):  # One question to each kind's room.
            with django_assert_num_queries(number):
                rows, _ = talk_page(repo, TalkQuery())
    rows = browser.get("/alice/stones/talk").context["rows"]
    assert [(row.thread.subject, row.title, row.where) for row in reversed(rows)] == [
        (kind, title, where) for kind, _, where, title in things
    ]
    for row in rows:
        assert browser.get(row.url.partition("#")[0]).status_code == 200
    assert [row.thread.subject for row in browser.get("/alice/stones/talk?kind=run").context["rows"]] == ["run"]
    resolve_thread(actor=Actor(user=carol), thread=Thread.objects.get(subject="run"), resolved=True)
    assert len(browser.get("/alice/stones/talk").context["rows"]) == 3
    assert len(browser.get("/alice/stones/talk?state=resolved").context["rows"]) == 1


def test_lines_keep_their_text_and_follow_it(repo, filled, alice, carol, browser_of):
    thread = begin_talk(
        actor=Actor(user=carol), repository=repo, kind="file", key="src/train.py", where="lines 4-5", body="Mean?"
    )
    assert thread.excerpt == [["", 4, "def loss(x):"], ["", 5, "    return x.mean()"]]
    browser, where = browser_of(carol), {"subject": "file", "key": "src/train.py"}
    for text, line, outdated in ((f"# New\n{TRAIN}", 6, False), (TRAIN.replace("mean", "sum"), 0, True)):
        change(repo, alice, text)
        (shown,) = browser.get("/alice/stones/talk/about", where).context["shown"]
        assert (shown.line, shown.is_outdated) == (line, outdated)


@pytest.mark.parametrize(
    ("kind", "key", "where", "error"),
    [
        ("file", "src/nowhere.py", "", NotFound),
        ("file", "src", "", NotFound),
        ("file", "../../etc/passwd", "", NotFound),
        ("file", "src/train.py", "lines 400", Invalid),
        ("run", "f" * 32, "", NotFound),
        ("model_version", "iris/99", "", NotFound),
        ("model_version", "iris/x", "", NotFound),
        ("object", "tables/\0", "", NotFound),
        ("spaceship", "x", "", Invalid),
        ("model_version", "iris/1", "row 1", Invalid),
    ],
)
def test_what_is_not_there_is_not_talked_about(repo, filled, carol, kind, key, where, error):
    with pytest.raises(error):
        begin_talk(actor=Actor(user=carol), repository=repo, kind=kind, key=key, where=where, body="Hm")
    assert not Thread.objects.exists()


def test_talk_of_a_private_repository_stays_there(repo, filled, carol, mallory, browser_of):
    """A stranger must not read what is said about a private file, nor begin to talk about it."""
    begin_talk(actor=Actor(user=carol), repository=repo, kind="file", key="src/train.py", where="", body="Secret")
    stranger = browser_of(mallory)
    assert stranger.get("/alice/stones/talk").status_code == 404
    assert stranger.get("/alice/stones/talk/about", {"subject": "file", "key": "src/train.py"}).status_code == 404
    assert (
        stranger.post("/alice/stones/talk", {"subject": "file", "key": "src/train.py", "body": "x"}).status_code == 404
    )
