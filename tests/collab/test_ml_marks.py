"""Comments on parts of changed data: what places are read and refused, and where they are shown."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from collab.marks import mark_query, mark_words, read_mark
from collab.models import PullRequest, Review, Thread
from collab.services.outdating import move_threads
from hub.lib.errors import Invalid
from repos.models import Repository
from tests.collab.test_ml_data import IMAGES, folder
from tests.factories.pulls import make_pull, put

BrowserOf = Callable[[User | None], Client]


def notebook(*cells: tuple[str, str]) -> str:
    rows: list[dict[str, object]] = [
        {"cell_type": "code", "id": name, "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for name, source in cells
    ]
    return json.dumps({"cells": rows, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def pull(repo: Repository, bob: User, alice: User) -> PullRequest:
    before = {
        "look.ipynb": notebook(("aa", "import os"), ("bb", "x = 1\nprint(x)")),
        "data/images.dvc": folder(repo, IMAGES),
        "table.csv": "id,v\n1,2\n3,4\n",
    }
    put(repo, alice, before)
    after = {
        "look.ipynb": notebook(("new", "a = 1"), ("bb", "x = 2\nprint(x)")),
        "data/images.dvc": folder(repo, {**IMAGES, "emu/1.txt": b"an emu\n"}),
        "table.csv": "id,v\n1,2\n3,5\n",
    }
    return make_pull(repo, bob, files=after)


def say(client: Client, pull: PullRequest, **words: str) -> int:
    url = f"/alice/stones/pulls/{pull.topic.number}/marks"
    return client.post(url, {"body": "Why?", "as": "single", **words}).status_code


def test_a_cell_is_talked_about_by_its_id_and_keeps_its_first_lines(
    pull: PullRequest, carol: User, browser_of: BrowserOf
) -> None:
    client = browser_of(carol)
    assert say(client, pull, path="look.ipynb", cell="bb", number="9") == 302
    thread = Thread.objects.get()
    assert thread.place == {"cell": "bb", "number": 2}
    assert thread.excerpt == [[" ", 1, "x = 2"], [" ", 2, "print(x)"]]
    assert (thread.subject, thread.key, thread.topic_id) == ("change", "look.ipynb", pull.topic_id)
    assert say(client, pull, path="look.ipynb", cell="1") == 302  # By number, as people count.
    assert Thread.objects.latest("pk").place == {"cell": "new", "number": 1}
    assert say(client, pull, path="look.ipynb", cell="aa") == 302  # A removed cell is there in the base.
    assert say(client, pull, path="look.ipynb", cell="zz") == 404
    assert say(client, pull, path="README.md", cell="1") == 404
    assert say(client, pull, path="look.ipynb") == 400
    page = client.get(f"/alice/stones/pulls/{pull.topic.number}/files").content.decode()
    assert "cell 2" in page and 'data-talk-cell="bb"' in page
    assert 'data-talk-at="{&quot;cell&quot;: &quot;bb&quot;' in page
    assert page.count('id="thread-') == 3


def test_files_of_a_directory_are_talked_about_below_their_pointer(
    pull: PullRequest, repo: Repository, bob: User, carol: User, browser_of: BrowserOf
) -> None:
    client = browser_of(carol)
    assert say(client, pull, path="data/images.dvc", file="data/images/emu/1.txt") == 302
    assert say(client, pull, path="data/images.dvc", file="secrets.txt") == 400
    assert say(client, pull, path="data/images.dvc", file="../x") == 400
    thread = Thread.objects.get()
    assert thread.place == {"file": "data/images/emu/1.txt"}
    page = client.get(f"/alice/stones/pulls/{pull.topic.number}/files").content.decode()
    assert 'data-talk-inner="emu/1.txt"' in page and 'data-talk-file="data/images"' in page
    # A push that leaves the pointer changed leaves the thread in place.
    old, pull.head_commit = pull.head_commit, put(repo, bob, {"more.txt": "x"}, branch="feature")
    move_threads(pull, old, pull.head_commit)
    thread.refresh_from_db()
    assert not thread.is_outdated and thread.place == {"file": "data/images/emu/1.txt"}


def test_rows_and_regions_are_read_and_wait_in_a_review(pull: PullRequest, carol: User, browser_of: BrowserOf) -> None:
    client = browser_of(carol)
    assert say(client, pull, path="table.csv", row="3", **{"as": "review"}) == 302
    thread = Thread.objects.get()
    assert thread.place == {"row": "3"} and thread.comments.get().is_pending
    assert Review.objects.get().state == Review.State.PENDING
    form = client.get(f"/alice/stones/pulls/{pull.topic.number}/marks", {"path": "table.csv"}).content.decode()
    assert "Add to review" in form and 'name="row"' in form and 'name="cell"' not in form
    bad = client.post(
        f"/alice/stones/pulls/{pull.topic.number}/marks",
        {"path": "data/images.dvc", "x": "90", "y": "0", "w": "20", "h": "10", "body": "Kept words", "as": "single"},
    )
    assert bad.status_code == 400 and "not within the picture" in bad.content.decode()
    assert "Kept words" in bad.content.decode()


def test_who_may_not_talk_does_not(pull: PullRequest, mallory: User, browser_of: BrowserOf) -> None:
    assert say(browser_of(mallory), pull, path="look.ipynb", cell="bb") == 404
    assert not Thread.objects.exists()


words_of_people = st.text("0123456789.-/ab \0é", max_size=6)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["file", "cell", "number", "row", "x", "y", "w", "h", "side"]), words_of_people))
def test_any_words_are_a_place_or_refused(words: dict[str, str]) -> None:
    try:
        place = read_mark(words)
    except Invalid:
        return
    assert mark_words(place) and read_mark(mark_query(place)) == place


@pytest.mark.parametrize(
    ("words", "place", "told"),
    [
        (
            {"x": "10", "y": "20", "w": "30", "h": "80"},
            {"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.8},
            "area 10% 20% 30% 80%",
        ),
        ({"row": "a b", "file": "t.csv"}, {"file": "t.csv", "row": "a b"}, "row a b of t.csv"),
        ({"cell": "4"}, {"cell": "4", "number": 4}, "cell 4"),
        ({"cell": "ab-1", "number": "3"}, {"cell": "ab-1", "number": 3}, "cell 3"),
    ],
)
def test_places_are_told_in_words(words: dict[str, str], place: dict[str, object], told: str) -> None:
    assert read_mark(words) == place
    assert mark_words(place) == told
