"""The data of forks: what the parent's commits stand for is there, and nothing that somebody made a pointer to."""

from __future__ import annotations

from pathlib import Path

from accounts.actor import Actor
from accounts.models import User
from repos.models import Repository
from repos.services.forks import fork_repository, sync_branch
from storage.models import StoredObject
from storage.services.forking import give_data_of_parent
from tests.factories.pulls import put
from tests.support.data_tree import fill, pointer


def keys(repo: Repository) -> set[str]:
    return set(StoredObject.objects.filter(bucket__repository=repo).values_list("key", flat=True))


def test_fork_holds_what_its_commits_need_of_the_parent(
    repo: Repository, alice: User, carol: User, tmp_path: Path
) -> None:
    data = fill(repo, Actor(user=alice), tmp_path / "work")
    repo.refresh_from_db()
    unused = data.keep(b"never named by a commit")
    fork = fork_repository(actor=Actor(user=carol), parent=repo, owner=carol.owner)
    assert give_data_of_parent(fork.pk) == len(keys(fork)) > 0
    assert keys(fork) == {key for key in keys(repo) if unused[2:] not in key}
    assert give_data_of_parent(fork.pk) == 0
    later = data.keep(b"later\n")
    data.work.write("later.txt.dvc", pointer(later, "later.txt"))
    data.push()
    assert sync_branch(actor=Actor(user=carol), repository=fork, branch="main") is not None
    assert give_data_of_parent(fork.pk) == 1
    assert any(later[2:] in key for key in keys(fork))


def test_made_up_pointer_in_a_fork_fetches_nothing(repo: Repository, alice: User, carol: User, tmp_path: Path) -> None:
    """Attack: who has forked and lost access names the digest of newer data of the parent in a pointer."""
    data = fill(repo, Actor(user=alice), tmp_path / "work")
    repo.refresh_from_db()
    fork = fork_repository(actor=Actor(user=carol), parent=repo, owner=carol.owner)
    give_data_of_parent(fork.pk)
    secret = data.keep(b"secret\n")
    put(fork, carol, {"secret.txt.dvc": pointer(secret, "secret.txt")})
    assert give_data_of_parent(fork.pk) == 0
    assert not any(secret[2:] in key for key in keys(fork))
