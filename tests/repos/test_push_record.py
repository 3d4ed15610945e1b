"""What rows, feed, signal and jobs say after a push."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.actor import Actor
from accounts.models import Owner, User
from jobs.models import Job
from repos import signals
from repos.git.refs import ZERO, RefUpdate, changes, head_branch, snapshot
from repos.models import Activity, Repository
from repos.paths import git_dir
from repos.services import maintenance, pushes
from tests.support.git_checkout import Checkout

Heard = list[dict[str, Any]]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What `pushed` has said."""
    got: Heard = []

    def listen(**said: Any) -> None:
        got.append({key: said[key] for key in ("repository_id", "user_id", "updates")})

    signals.pushed.connect(listen)
    yield got
    signals.pushed.disconnect(listen)


@pytest.fixture
def work(repo: Repository, tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "w", str(git_dir(repo)))


def push(work: Checkout, repo: Repository, user: User, *refs: str) -> list[RefUpdate]:
    """Push straight to the folder, then record it as the door would."""
    before = snapshot(git_dir(repo))
    work.git("push", "--quiet", "--force", "origin", *refs)
    updates = changes(before, snapshot(git_dir(repo)))
    pushes.record_push(actor=Actor(user=user), repository=repo, updates=updates)
    return updates


def feed(repo: Repository) -> list[tuple[str, str, str | None]]:
    rows = Activity.objects.filter(repository=repo, data__has_key="ref").order_by("id").select_related("user")
    return [(row.verb, row.subject, row.user.username if row.user else None) for row in rows]


def test_first_push_fills_the_rows(
    repo: Repository, bob: User, work: Checkout, heard: Heard, django_capture_on_commit_callbacks: Any
) -> None:
    work.commit("one", a_txt="a")
    tip = work.commit("two", a_txt="b")
    with django_capture_on_commit_callbacks(execute=True):
        updates = push(work, repo, bob, "main")
    row = Repository.objects.get(pk=repo.pk)
    assert not row.is_empty
    assert row.pushed_at is not None
    assert row.size_bytes > 300
    assert row.pushes_since_maintenance == 1
    assert Owner.objects.get(pk=repo.owner_id).used_bytes == row.size_bytes
    assert feed(repo) == [("created branch", "main", "bob")]
    data = Activity.objects.filter(repository=repo).latest("id").data
    assert data == {"ref": "refs/heads/main", "old": ZERO, "new": tip, "commits": 2, "forced": False}
    assert heard == [{"repository_id": repo.pk, "user_id": bob.pk, "updates": updates}]
    assert (repo.is_empty, repo.default_branch, repo.size_bytes) == (False, "main", row.size_bytes)


def test_each_kind_of_update_has_its_verb(repo: Repository, bob: User, alice: User, work: Checkout) -> None:
    work.commit("one", a_txt="a")
    push(work, repo, bob, "main")
    work.commit("two", a_txt="b")
    push(work, repo, alice, "main", "main:topic", "main:refs/tags/v1")
    work.git("commit", "--quiet", "--amend", "--message", "rewritten")
    push(work, repo, bob, "main", "main:refs/tags/v1", ":topic")
    push(work, repo, bob, ":refs/tags/v1")
    assert feed(repo) == [
        ("created branch", "main", "bob"),
        ("pushed", "main", "alice"),
        ("created branch", "topic", "alice"),
        ("created tag", "v1", "alice"),
        ("pushed", "main", "bob"),
        ("deleted branch", "topic", "bob"),
        ("moved tag", "v1", "bob"),
        ("deleted tag", "v1", "bob"),
    ]
    forced = Activity.objects.get(verb="pushed", user=bob).data
    assert (forced["forced"], forced["commits"]) == (True, 1)


@pytest.mark.parametrize(
    ("branches", "chosen"),
    [
        (["trunk"], "trunk"),
        (["zeta", "master", "alpha"], "master"),
        (["zeta", "alpha"], "alpha"),
        (["x", "main"], "main"),
    ],
)
def test_unborn_head_is_moved_to_what_was_pushed(
    repo: Repository, bob: User, work: Checkout, branches: list[str], chosen: str
) -> None:
    work.commit("one", a_txt="a")
    push(work, repo, bob, *(f"main:{branch}" for branch in branches))
    assert Repository.objects.get(pk=repo.pk).default_branch == chosen
    assert head_branch(git_dir(repo)) == chosen


def test_born_head_stays_whatever_is_pushed(repo: Repository, bob: User, work: Checkout) -> None:
    work.commit("one", a_txt="a")
    push(work, repo, bob, "main:trunk")
    push(work, repo, bob, "main")
    assert Repository.objects.get(pk=repo.pk).default_branch == "trunk"


def test_tags_alone_leave_the_repository_without_branches(repo: Repository, bob: User, work: Checkout) -> None:
    work.commit("one", a_txt="a")
    push(work, repo, bob, "main:refs/tags/v1")
    row = Repository.objects.get(pk=repo.pk)
    assert row.is_empty
    assert row.default_branch == "main"


def test_mirror_push_does_not_flood_the_feed(repo: Repository, bob: User, work: Checkout, heard: Heard) -> None:
    work.commit("one", a_txt="a")
    push(work, repo, bob, *(f"main:b{number:03}" for number in range(50)))
    rows = Activity.objects.filter(repository=repo, user=bob).order_by("-id")
    assert rows.count() == pushes.MOST_ACTIVITIES + 1
    assert rows[0].subject == "30 more branches and tags"


def test_other_refs_alone_are_no_push(repo: Repository, bob: User, heard: Heard) -> None:
    update = RefUpdate("refs/notes/commits", ZERO, "1" * 40)
    pushes.record_push(actor=Actor(user=bob), repository=repo, updates=[update])
    pushes.record_push(actor=Actor(user=bob), repository=repo, updates=[])
    assert Repository.objects.get(pk=repo.pk).pushed_at is None
    assert heard == []


def test_maintenance_is_asked_for_after_some_pushes(repo: Repository, bob: User, work: Checkout) -> None:
    for number in range(pushes.PUSHES_BETWEEN_MAINTENANCE):
        assert not Job.objects.filter(task="repos.maintain").exists()
        work.commit(f"commit {number}", a_txt=str(number))
        push(work, repo, bob, "main")
    job = Job.objects.get(task="repos.maintain")
    assert (job.object_id, job.queue) == (repo.pk, "git")
    maintenance.maintain_repository(repo.pk)
    row = Repository.objects.get(pk=repo.pk)
    assert row.pushes_since_maintenance == 0
    assert len(list((git_dir(repo) / "objects" / "pack").glob("*.bitmap"))) == 1
    assert Owner.objects.get(pk=repo.owner_id).used_bytes == row.size_bytes


def test_quiet_repositories_are_maintained_in_time(repo: Repository, other_repo: Repository, bob: User) -> None:
    import datetime as dt

    from django.utils import timezone

    long_ago = timezone.now() - 2 * maintenance.QUIET_FOR
    assert maintenance.maintain_stale() == 0
    Repository.objects.filter(pk=repo.pk).update(pushed_at=long_ago, pushes_since_maintenance=1)
    Repository.objects.filter(pk=other_repo.pk).update(
        pushed_at=timezone.now() - dt.timedelta(minutes=1), pushes_since_maintenance=3
    )
    assert maintenance.maintain_stale() == 1
    assert [job.object_id for job in Job.objects.filter(task="repos.maintain")] == [repo.pk]
    maintenance.maintain_stale()
    assert Job.objects.filter(task="repos.maintain").count() == 1


def test_busy_repository_is_tried_again_later(repo: Repository) -> None:
    import fcntl

    from repos.git.maintenance import LOCK

    with (git_dir(repo) / LOCK).open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        maintenance.maintain_repository(repo.pk)
    job = Job.objects.get(task="repos.maintain")
    assert job.due_at > job.created_at


def test_deleted_repository_is_nothing_to_maintain(repo: Repository) -> None:
    maintenance.maintain_repository(repo.pk + 1000)
    assert not Job.objects.filter(task="repos.maintain").exists()


def test_room_is_quota_less_use(repo: Repository) -> None:
    assert pushes.room_left(repo) is None
    Owner.objects.filter(pk=repo.owner_id).update(quota_bytes=1000, used_bytes=400)
    assert pushes.room_left(repo) == 600
