"""Forks: what they hold, who may make them, how they follow their parent, and what becomes of a family."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from accounts.models import User
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound, QuotaExceeded
from repos.git.process import run
from repos.git.refs import branch_tip, snapshot
from repos.models import Repository
from repos.paths import git_dir
from repos.services.forks import fork_repository, sync_branch
from repos.services.repositories import change_repository, delete_repository
from tests.factories.pulls import make_pull, put
from tests.factories.repos import make_repo


def fork(parent: Repository, user: User, **wishes: object) -> Repository:
    return fork_repository(actor=Actor(user=user), parent=parent, owner=user.owner, **wishes)  # type: ignore[arg-type]


def test_fork_holds_branches_and_tags_and_nothing_of_the_hub(repo: Repository, bob: User, carol: User) -> None:
    make_pull(repo, bob)
    made = fork(repo, carol)
    there = {name: oid for name, oid in snapshot(git_dir(repo)).items() if not name.startswith("refs/pull/")}
    assert snapshot(git_dir(made)) == there
    assert run(git_dir(made), "fsck", "--strict") == b""
    assert not (git_dir(made) / "objects" / "info" / "alternates").exists()
    repo.refresh_from_db()
    assert (made.parent, made.family, made.visibility, made.is_empty) == (repo, repo, "private", False)
    assert (repo.forks_count, made.size_bytes > 0) == (1, True)
    carol.owner.refresh_from_db()
    assert carol.owner.used_bytes == made.size_bytes
    only = fork(made, bob, name="small", only_default=True)
    assert list(snapshot(git_dir(only))) == ["refs/heads/main"]
    assert only.family == repo


def test_fork_is_refused_with_reasons(repo: Repository, alice: User, bob: User, carol: User) -> None:
    with pytest.raises(Invalid, match="empty"):
        fork(repo, carol)
    put(repo, bob, {"a.txt": "a\n"})
    repo.refresh_from_db()
    with pytest.raises(Forbidden):
        fork_repository(actor=Actor(user=carol), parent=repo, owner=alice.owner)
    with pytest.raises(Conflict):
        fork(repo, alice)
    with pytest.raises(Invalid, match="more open"):
        fork(repo, carol, visibility="public")
    carol.owner.quota_bytes = 10
    carol.owner.save()
    with pytest.raises(QuotaExceeded):
        fork(repo, carol)
    assert not Repository.objects.filter(parent=repo).exists()
    repo.refresh_from_db()
    assert repo.forks_count == 0
    made = fork(repo, bob)
    with pytest.raises(Conflict, match="bob/stones"):
        fork(repo, bob, name="another")
    with pytest.raises(Invalid, match="more open"):
        change_repository(actor=Actor(user=bob), repository=made, visibility="public")


def test_fork_follows_its_parent_only_forward(repo: Repository, alice: User, bob: User) -> None:
    put(repo, alice, {"a.txt": "a\n"})
    repo.refresh_from_db()
    made, actor = fork(repo, bob), Actor(user=bob)
    assert sync_branch(actor=actor, repository=made, branch="main") is None
    newest = put(repo, alice, {"a.txt": "b\n"})
    update = sync_branch(actor=actor, repository=made, branch="main")
    assert update is not None and update.new == newest == branch_tip(git_dir(made), "main")
    own = put(made, bob, {"b.txt": "b\n"})
    assert sync_branch(actor=actor, repository=made, branch="main") is None
    put(repo, alice, {"c.txt": "c\n"})
    with pytest.raises(Conflict, match="nothing was changed"):
        sync_branch(actor=actor, repository=made, branch="main")
    assert branch_tip(git_dir(made), "main") == own
    put(repo, alice, {"d.txt": "d\n"}, branch="new", start="main")
    assert sync_branch(actor=actor, repository=made, branch="new") is not None
    with pytest.raises(NotFound):
        sync_branch(actor=actor, repository=made, branch="none")
    repo.collaborators.all().delete()
    with pytest.raises(NotFound, match="may see"):
        sync_branch(actor=actor, repository=made, branch="new")


def test_family_outlives_its_first_member(alice: User, bob: User, carol: User, mallory: User) -> None:
    repo = make_repo(alice, "marble", visibility="public")
    put(repo, alice, {"a.txt": "a\n"})
    repo.refresh_from_db()
    hidden, heir = fork(repo, bob, visibility="private"), fork(repo, carol)
    child = fork(heir, mallory)
    delete_repository(actor=Actor(user=alice), repository=repo, confirmation="alice/marble")
    for each in (hidden, heir, child):
        each.refresh_from_db()
    assert (heir.parent, heir.family, heir.forks_count) == (None, None, 2)
    assert (hidden.parent, hidden.family, child.parent, child.family) == (heir, heir, heir, heir)
    # A middle one goes: its forks belong to its own parent.
    last = fork(child, alice)
    delete_repository(actor=Actor(user=mallory), repository=child, confirmation="mallory/marble")
    last.refresh_from_db()
    heir.refresh_from_db()
    assert (last.parent, heir.forks_count) == (heir, 2)
    # The first one hides: what is more open than it stands alone, the rest stays.
    change_repository(actor=Actor(user=carol), repository=heir, visibility="private")
    for each in (hidden, heir, last):
        each.refresh_from_db()
    assert (last.parent, last.family, hidden.parent, heir.forks_count) == (None, None, heir, 1)
