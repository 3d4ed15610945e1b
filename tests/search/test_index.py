"""What gets into the index, what is found there by whom, and what goes out of it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.actor import ANONYMOUS, Actor
from accounts.models import User
from collab.services.comments import edit_comment, hide_comment, post_comment
from collab.services.topic_state import delete_topic, edit_topic
from jobs.models import Job
from repos.models import Repository
from repos.services.repositories import change_repository, delete_repository
from search import services, tasks
from search.models import CodeMark, SearchEntry
from search.query import parse, words_of
from search.selectors import Results, find
from tests.factories.collab import make_issue
from tests.factories.pulls import put
from tests.factories.registry import make_model, make_prompt
from tests.factories.tracking import make_experiment, make_run
from tracking.services.runs import delete_run

Look = Callable[..., Results]


def index() -> None:
    """Read everything, as the periodic task and its jobs would."""
    services.catch_up()
    for job in Job.objects.filter(task=services.INDEX_CODE, state=Job.State.WAITING):
        tasks.index_code(job.pk)


@pytest.fixture
def look(alice: User) -> Look:
    """`look("words", user)` → what is found; by alice unless another is named."""

    def search(text: str, user: User | None = alice, **more: Any) -> Results:
        return find(Actor(user=user) if user else ANONYMOUS, parse(text), **more)

    return search


def names(results: Results) -> list[tuple[str, str]]:
    return [(hit.kind, hit.name) for hit in results.hits]


def test_everything_is_found_by_its_words(repo: Repository, alice: User, look: Look) -> None:
    put(repo, alice, {"src/train_model.py": "def fit_gradient():\n    pass\n"})
    issue = make_issue(repo, alice, "Loss explodes", "After the **warmup** ends")
    post_comment(actor=Actor(user=alice), topic=issue, body="Perhaps the scheduler")
    experiment = make_experiment(repo, "Ablations of depth")
    run = make_run(repo, experiment, name="quiet-owl-12")
    make_model(repo, "iris-classifier")
    make_prompt(repo, "greeting", "Hello {{ name }}")
    index()
    assert names(look("stones"))[0] == ("repository", "alice/stones")
    assert names(look("train_model")) == [("code", "src/train_model.py")]
    assert names(look("radient")) == []  # Words are found from their beginnings.
    assert names(look("fit_grad")) == [("code", "src/train_model.py")]
    assert names(look("explodes")) == [("issue", "#1 Loss explodes")]
    assert names(look("warmup")) == names(look("scheduler")) == [("issue", "#1 Loss explodes")]
    assert names(look("ablations")) == [("experiment", "Ablations of depth")]
    assert names(look("owl")) == [("run", "quiet-owl-12")] and look("owl").hits[0].url.endswith(run.uuid)
    assert names(look("iris kind:model")) == [("model", "iris-classifier")]
    assert names(look("greeting")) == [("prompt", "greeting")]
    found = look("alice")
    assert ("person", "alice") in [(kind, name) for kind, name in names(look("alice kind:person"))]
    assert found.counts["person"] == 1


def test_nobody_finds_what_they_may_not_see(
    repo: Repository, alice: User, mallory: User, carol: User, look: Look
) -> None:
    """The attack: words, counts or likeness that tell of a private repository."""
    make_issue(repo, alice, "Merger with Gravelworks")
    put(repo, alice, {"gravelworks.txt": "the price"})
    index()
    assert len(look("gravelworks").hits) == 2 and len(look("gravelworks", carol).hits) == 2
    for user in (mallory, None):
        for text in ("gravelworks", "gravelwork", "Gravelworkz", f"repo:{repo.full_name} gravelworks", "stones"):
            found = look(text, user)
            assert (found.hits, found.counts) == ([], {}), (user, text)
    change_repository(actor=Actor(user=alice), repository=repo, visibility="public")
    assert len(look("gravelworks", None).hits) == 2
    change_repository(actor=Actor(user=alice), repository=repo, visibility="private")
    assert look("gravelworks", None).hits == []


def test_what_changes_is_read_again(repo: Repository, alice: User, look: Look) -> None:
    actor = Actor(user=alice)
    issue = make_issue(repo, alice, "Loss explodes")
    put(repo, alice, {"a.py": "alpha = 1\n", "b.py": "beta = 2\n"})
    index()
    edit_topic(actor=actor, topic=issue, title="Loss vanishes")
    put(repo, alice, {"a.py": "gamma = 1\n", "b.py": None})
    before = dict(SearchEntry.objects.values_list("pk", "stamp"))
    index()
    assert names(look("vanishes")) == [("issue", "#1 Loss vanishes")]
    assert look("explodes").hits == look("alpha").hits == look("beta").hits == []
    assert names(look("gamma")) == [("code", "a.py")]
    kept = SearchEntry.objects.filter(pk__in=before)
    assert kept.count() == len(before) - 1  # Entries are changed in place, and only b.py's is gone.
    assert services.catch_up() == 0


def test_what_is_gone_is_not_found(repo: Repository, alice: User, look: Look) -> None:
    actor = Actor(user=alice)
    issue = make_issue(repo, alice, "Doomed question")
    run = make_run(repo, make_experiment(repo, "trial"), name="doomed-run")
    index()
    assert len(look("doomed").hits) == 2
    delete_topic(actor=actor, topic=issue)
    delete_run(repository=repo, run_id=run.uuid)
    # At once, before anything is read or tidied.
    assert (look("doomed").hits, look("doomed").counts) == ([], {})
    assert services.tidy() == 1
    delete_repository(actor=actor, repository=repo, confirmation=repo.full_name)
    assert not SearchEntry.objects.exists() and not CodeMark.objects.exists()


def test_typing_errors_lead_to_titles_that_look_alike(repo: Repository, alice: User, look: Look) -> None:
    make_issue(repo, alice, "Checkpoint cannot be restored")
    index()
    found = look("chekpoint")
    assert found.is_like and names(found)[0] == ("issue", "#1 Checkpoint cannot be restored")


def test_places_narrow_a_search(repo: Repository, other_repo: Repository, alice: User, look: Look) -> None:
    make_issue(repo, alice, "Same words")
    index()
    assert len(look("words repo:alice/stones").hits) == 1
    assert look("words repo:alice/other").hits == look("words owner:nobody").hits == []
    assert look("words kind:discussion").hits == [] and look("words kind:discussion").counts == {"issue": 1}
    assert look("").hits == look('""').hits == look("repo:alice/stones").hits == []


def test_hits_are_marked_and_cut(repo: Repository, alice: User, look: Look) -> None:
    make_issue(repo, alice, "A <b>bold</b> title", "x " * 400 + "needle <script> " + "y " * 400)
    index()
    (hit,) = look("needle").hits
    assert [piece.text for piece in hit.excerpt if piece.hit] == ["needle"]
    assert sum(len(piece.text) for piece in hit.excerpt) < 300
    (hit,) = look("bold").hits
    assert [(piece.text, piece.hit) for piece in hit.title] == [
        ("#1 A <b>", False), ("bold", True), ("</b> title", False),
    ]  # fmt: skip


@pytest.mark.parametrize("count", [1, 3])
def test_a_search_asks_a_constant_number_of_questions(
    repo: Repository, alice: User, look: Look, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        make_issue(repo, alice, f"Question {number}")
    index()
    with django_assert_num_queries(4):
        assert len(look("question").hits) == count


@given(st.text(max_size=60))
def test_any_text_can_be_taken_apart(text: str) -> None:
    query = parse(text)
    assert all(term for term in query.terms)
    assert all(word == word.strip() and word for word in words_of(text))


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "'",
        "NEAR(",
        "a* b*",
        "* OR -x",
        "col:x",
        "(((",
        "\\",
        "zz & | !",
        "é ß İ",
        "🦉 owl",
        "%_",
        "^title",
        "x" * 300,
    ],
)
def test_no_signs_are_read_as_operators(repo: Repository, alice: User, look: Look, text: str) -> None:
    """The attack: operators of FTS5 or tsquery in the box, which fail the page or widen the question."""
    make_issue(repo, alice, "Plain words")
    index()
    assert look(text).hits == [] or "plain" in text


def test_words_that_were_taken_back_are_not_found(repo: Repository, alice: User, look: Look) -> None:
    """The attack: finding a password in a comment from which its author has removed it, or which was hidden."""
    issue, actor = make_issue(repo, alice, "Cannot sign in"), Actor(user=alice)
    slip, spam = (post_comment(actor=actor, topic=issue, body=word) for word in ("hunter2secret", "buynowcheap"))
    index()
    assert [len(look(word).hits) for word in ("hunter2secret", "buynowcheap")] == [1, 1]
    edit_comment(actor=actor, comment=slip, body="It works with the other one.", edits=0)
    hide_comment(actor=actor, comment=spam, reason="spam")
    index()
    assert [len(look(word).hits) for word in ("hunter2secret", "buynowcheap")] == [0, 0]
