"""Commits that name topics, and close issues once they reach the default branch."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from accounts.models import User
from collab.models import Reference, Topic
from collab.services.commit_references import read_commits_by_id
from collab.services.topic_state import reopen_topic
from jobs.models import Job
from repos.git.commits import Put
from repos.models import Repository
from repos.services.edits import commit_changes
from tests.factories.collab import make_issue
from tests.factories.repos import make_repo

pytestmark = pytest.mark.django_db


def push(repo: Repository, user: User, message: str, branch: str = "main") -> None:
    """A commit in the browser, and the jobs that it asks for done twice: they may run again."""
    repo.refresh_from_db()
    changes = [Put(f"{message[:20]}.md".encode(), message.encode())]
    commit_changes(actor=Actor(user=user), repository=repo, branch=branch, changes=changes, message=message)
    for job in Job.objects.filter(task="collab.read_commits", state="waiting"):
        for _ in range(2):
            read_commits_by_id(job.object_id)
        job.delete()


def state(topic: Topic) -> str:
    topic.refresh_from_db()
    return topic.state


def test_a_closing_word_closes_on_the_default_branch_and_once(repo: Repository, alice: User, bob: User) -> None:
    first, second = make_issue(repo, alice), make_issue(repo, alice, "Another")
    push(repo, bob, f"Clip gradients\n\nFixes #{first.number}, see #{second.number}")
    assert (state(first), state(second)) == ("closed", "open")
    assert first.closed_by == bob and first.reason == "completed"
    assert list(Reference.objects.order_by("target").values_list("target", "closes", "summary")) == [
        (first.pk, True, "Clip gradients"),
        (second.pk, False, "Clip gradients"),
    ]
    event = first.events.get(verb="closed")
    assert event.data["commit"] == Reference.objects.first().commit  # type: ignore[union-attr]
    reopen_topic(actor=Actor(user=alice), topic=first)
    push(repo, bob, "Another commit")
    assert state(first) == "open"


def test_a_branch_names_and_closes_nothing_until_it_is_merged(repo: Repository, alice: User) -> None:
    issue = make_issue(repo, alice)
    push(repo, alice, "Begin")
    repo.refresh_from_db()
    from repos.services.branches import create_branch

    create_branch(actor=Actor(user=alice), repository=repo, name="topic", start="main")
    push(repo, alice, f"closes #{issue.number}", branch="topic")
    assert state(issue) == "open" and issue.references.get().closes is False


def test_elsewhere_only_writers_close_and_strangers_learn_nothing(
    repo: Repository, alice: User, bob: User, carol: User, mallory: User
) -> None:
    """The attack: a commit in one's own repository closes other people's issues, or tells that they are there."""
    issue = make_issue(repo, alice)
    for user, expected, references in ((mallory, "open", 0), (carol, "open", 1), (bob, "closed", 2)):
        own = make_repo(user, "own")
        push(own, user, f"Closes alice/stones#{issue.number}")
        assert (state(issue), issue.references.count()) == (expected, references), user
    # bob's repository is private: its name stays out of the line that all readers see.
    assert "commit" not in issue.events.get(verb="closed").data
