"""Many topics changed at once: a page of them while one waits, more by a job that looks at rights again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from collab.models import Kind, Topic, TopicChange
from collab.services import bulk
from collab.services.issues import open_issue
from collab.services.labels import create_label
from collab.services.milestones import create_milestone
from hub.lib.errors import Invalid
from jobs.models import Job
from repos.models import Repository
from repos.services.people import remove_collaborator
from tests.factories.collab import make_topic
from tests.factories.repos import let_in

Browser = Callable[[User | None], Client]
BULK = "/alice/stones/issues/bulk"


@pytest.fixture
def stones(repo: Repository, alice: User) -> list[Topic]:
    """Three issues."""
    return [open_issue(actor=Actor(user=alice), repository=repo, title=f"Stone {n}") for n in range(3)]


def test_picked_rows_are_changed(
    repo: Repository, alice: User, bob: User, stones: list[Topic], browser_of: Browser
) -> None:
    label = create_label(actor=Actor(user=alice), repository=repo, name="bug", colour="#d1453b")
    goal = create_milestone(actor=Actor(user=alice), repository=repo, title="v1")
    browser = browser_of(bob)
    for do in (f"add-label:{label.pk}", f"assign:{bob.pk}", f"milestone:{goal.number}", "close:not_planned"):
        answer = browser.post(BULK, {"topic": ["1", "3"], "do": do, "q": "is:open stone"})
        assert answer.url == "/alice/stones/issues?q=is%3Aopen+stone", do
    for topic in stones:
        topic.refresh_from_db()
    assert [topic.reason for topic in stones] == ["not_planned", "", "not_planned"]
    assert [topic.milestone for topic in stones] == [goal, None, goal]
    assert [topic.number for topic in label.topics.order_by("number")] == [1, 3]
    assert [topic.number for topic in bob.assigned_topics.order_by("number")] == [1, 3]
    for do in (f"remove-label:{label.pk}", f"unassign:{bob.pk}", "milestone:0", "reopen"):
        browser.post(BULK, {"topic": "1", "do": do})
    first = Topic.objects.get(pk=stones[0].pk)
    assert (first.state, first.milestone, first.labels.count(), first.assignees.count()) == ("open", None, 0, 0)


@pytest.mark.parametrize(
    "do", ["", "close:merged", "delete", "add-label:", "add-label:x", "add-label:99999", "milestone:7", "assign:²"]
)
def test_what_is_no_change_is_refused(do: str, stones: list[Topic], alice: User, browser_of: Browser) -> None:
    answer = browser_of(alice).post(BULK, {"topic": "1", "do": do})
    assert answer.status_code in (400, 409)


def test_nothing_picked_and_readers(stones: list[Topic], alice: User, carol: User, browser_of: Browser) -> None:
    assert browser_of(alice).post(BULK, {"do": "reopen"}).status_code == 400
    assert browser_of(carol).post(BULK, {"topic": "1", "do": "close:completed"}).status_code == 403


def test_labels_of_elsewhere_cannot_be_given(
    stones: list[Topic], other_repo: Repository, alice: User, browser_of: Browser
) -> None:
    """The attack: keys of labels are guessed, so that names of labels of private repositories show."""
    label = create_label(actor=Actor(user=alice), repository=other_repo, name="secret", colour="#000000")
    assert browser_of(alice).post(BULK, {"topic": "1", "do": f"add-label:{label.pk}"}).status_code == 409


def test_all_that_match_become_a_job_when_many(
    repo: Repository, alice: User, bob: User, stones: list[Topic], browser_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(bulk, "BATCH", 1)
    make_topic(repo, alice, "Stone talk", kind=Kind.DISCUSSION)
    answer = browser_of(bob).post(BULK, {"all": "1", "q": "is:open stone", "do": "close:completed"})
    change = TopicChange.objects.get()
    assert answer.url == f"/alice/stones/issues/changes/{change.pk}"
    assert Job.objects.filter(task="collab.change_topics", object_id=change.pk).exists()
    assert not Topic.objects.filter(state="closed").exists()
    bulk.continue_change(change_id=change.pk)
    bulk.continue_change(change_id=change.pk)  # A job may run twice.
    change.refresh_from_db()
    assert (change.done, change.refused) == (3, 0) and change.finished_at is not None
    assert set(Topic.objects.filter(state="closed").values_list("kind", flat=True)) == {"issue"}
    assert "3 of 3 changed" in browser_of(bob).get(answer.url).content.decode()


def test_who_lost_their_rights_meanwhile_changes_nothing(
    repo: Repository, alice: User, bob: User, stones: list[Topic], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attack: somebody asks for a change of thousands, is let out, and the change still runs."""
    change = bulk.ask_change(
        actor=Actor(user=bob), repository=repo, kind="issue", action="close", topics=[topic.pk for topic in stones]
    )
    stones[0].delete()
    remove_collaborator(actor=Actor(user=alice), repository=repo, user=bob)
    bulk.continue_change(change_id=change.pk)
    change.refresh_from_db()
    assert (change.done, change.refused) == (0, 3)
    assert set(change.reasons.values()) == {1, 2}
    assert not Topic.objects.filter(state="closed").exists()
    let_in(repo, bob, Level.WRITE)
    with pytest.raises(Invalid, match="At most"):
        bulk.ask_change(
            actor=Actor(user=bob), repository=repo, kind="issue", action="close", topics=range(bulk.MOST + 1)
        )


def test_one_refusal_does_not_hold_up_the_others(repo: Repository, alice: User, bob: User, stones: list[Topic]) -> None:
    merged = make_topic(repo, alice, "Merged", kind=Kind.PULL)
    Topic.objects.filter(pk=merged.pk).update(state="closed", reason="merged")
    topics = bulk.topics_by_number(repo, [1, 2, 4])
    outcome = bulk.change_topics(actor=Actor(user=bob), repository=repo, action="reopen", topics=topics)
    assert outcome.done == 2 and outcome.refused == 1
