"""What a pull request brings of data is in the base when it is merged; directories that both changed are merged by file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import Owner, User
from collab.models import PullRequest
from collab.selectors.pull_data import clashes_of, data_of
from collab.selectors.standing import standing
from collab.services.head_branch import update_branch
from collab.services.merging import merge_pull
from collab.services.pull_state import look_again
from collab.services.pulls import open_pull
from hub.lib.errors import Conflict, QuotaExceeded
from repos.git import objects, tree
from repos.git.refs import branch_tip
from repos.models import Repository
from repos.paths import git_dir
from repos.services.forks import fork_repository
from storage import directories
from storage.needs import missing_of, needs_between
from storage.pointers import outs_of_file
from storage.pointers.files import object_key
from storage.services import put_object
from storage.spaces import DVC
from storage.tracked import tracked_at
from tests.factories.pulls import make_pull, put
from tests.support.data_tree import pointer

IMAGES = {"cat/1.txt": b"one cat\n", "dog/1.txt": b"a dog\n"}


def keep(repository: Repository, content: bytes, *, is_dir: bool = False) -> str:
    """Store one object as `dvc push` would; its MD5."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    key = object_key(md5) + (".dir" if is_dir else "")
    put_object(repository=repository, space=DVC, key=key, chunks=[content], md5=md5)
    return md5


def folder(repository: Repository, files: dict[str, bytes], *, pushes: bool = True) -> str:
    """The `.dvc` file of a directory, whose list and, with `pushes`, files are in a repository's store."""
    listed = []
    for path, content in sorted(files.items()):
        md5 = keep(repository, content) if pushes else hashlib.md5(content, usedforsecurity=False).hexdigest()
        listed.append({"md5": md5, "relpath": path})
    md5 = keep(repository, json.dumps(listed).encode(), is_dir=True)
    return pointer(md5, "images", size=sum(map(len, files.values())), files=len(files))


def listed_at(repository: Repository, branch: str = "main") -> dict[str, bytes]:
    """The files of data/images at a branch, with their content as the store gives it."""
    commit = branch_tip(git_dir(repository), branch)
    assert commit is not None
    out = tracked_at(repository, commit).outs["data/images"]
    found = directories.entries_of(repository, out)
    assert not isinstance(found, directories.DataPage)
    return {path: _content(repository, md5) for path, md5 in found}


def _content(repository: Repository, md5: str) -> bytes:
    from storage.selectors import read_object

    return b"".join(read_object(directories.objects_of(repository, [md5])[md5]))


@pytest.fixture
def base(repo: Repository, alice: User) -> Repository:
    """alice/stones with a directory of DVC whose data it holds."""
    put(repo, alice, {"data/images.dvc": folder(repo, IMAGES), "README.md": "x"})
    repo.refresh_from_db()
    return repo


@pytest.fixture
def fork(base: Repository, bob: User) -> Repository:
    return fork_repository(actor=Actor(user=bob), parent=base, owner=bob.owner)


def ask(base: Repository, head: Repository, person: User, branch: str) -> PullRequest:
    pull = open_pull(
        actor=Actor(user=person), repository=base, head_repository=head, head_branch=branch, base_branch="main",
        title="More data",
    )  # fmt: skip
    look_again(pull)
    return pull


def merge(pull: PullRequest, person: User, method: str = "merge") -> PullRequest:
    return merge_pull(actor=Actor(user=person), pull=pull, method=method)


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_data_of_a_fork_is_in_the_base_once_it_is_merged(
    base: Repository, fork: Repository, alice: User, bob: User, method: str
) -> None:
    files = {**IMAGES, "emu/1.txt": b"an emu\n"}
    put(fork, bob, {"data/images.dvc": folder(fork, files)}, branch="more", start="main")
    pull = ask(base, fork, bob, "more")
    assert [need.path for need in data_of(pull).needs] == ["data/images"] and not data_of(pull).missing
    used = Owner.objects.get(pk=base.owner_id).used_bytes
    merge(pull, alice, method)
    assert listed_at(base) == files
    assert Owner.objects.get(pk=base.owner_id).used_bytes > used


def test_without_room_nothing_is_merged_and_nothing_kept(
    base: Repository, fork: Repository, alice: User, bob: User
) -> None:
    put(fork, bob, {"data/images.dvc": folder(fork, {"big": b"x" * 9000})}, branch="more", start="main")
    pull = ask(base, fork, bob, "more")
    owner = Owner.objects.get(pk=base.owner_id)
    before = branch_tip(git_dir(base), "main")
    Owner.objects.filter(pk=owner.pk).update(quota_bytes=owner.used_bytes + 4000)
    with pytest.raises(QuotaExceeded, match=r"\(8\.9.KiB\) does not fit into the quota of alice; nothing was merged"):
        merge(pull, alice)
    assert branch_tip(git_dir(base), "main") == before
    assert Owner.objects.get(pk=owner.pk).used_bytes == owner.used_bytes
    assert len(missing_of(needs_between(base, pull.merge_base, pull.head_commit), base, [])) == 1


def test_data_that_was_never_pushed_stands_in_the_way_by_name(base: Repository, bob: User, alice: User) -> None:
    files = {**IMAGES, "emu/1.txt": b"an emu\n", "emu/2.txt": b"two emus\n"}
    pull = make_pull(base, bob, files={"data/images.dvc": folder(base, files, pushes=False)})
    look_again(pull)
    (missing,) = data_of(pull).missing
    assert missing.words == "2 files of data/images were never pushed"
    assert missing.examples == ("data/images/emu/1.txt", "data/images/emu/2.txt")
    assert missing.command == "dvc push data/images.dvc"
    blocker = next(each for each in standing(pull, Actor(user=alice)).blockers if each.key == "data")
    assert "2 files of data/images" in blocker.words and "dvc push" in blocker.detail
    with pytest.raises(Conflict, match="2 files of data/images were never pushed"):
        merge(pull, alice)
    for content in files.values():
        keep(base, content)
    assert merge(pull, alice).is_merged


def test_a_repository_that_keeps_its_data_elsewhere_is_not_held_up(repo: Repository, bob: User, alice: User) -> None:
    pull = make_pull(repo, bob, files={"data.csv.dvc": pointer("a" * 32, "data.csv")})
    look_again(pull)
    (missing,) = data_of(pull).missing
    assert not missing.kept_here and not data_of(pull).blocking
    assert merge(pull, alice).is_merged


def test_a_directory_that_both_sides_changed_is_merged_file_by_file(
    base: Repository, fork: Repository, alice: User, bob: User
) -> None:
    theirs = {**IMAGES, "emu/1.txt": b"an emu\n"}
    put(fork, bob, {"data/images.dvc": folder(fork, theirs)}, branch="more", start="main")
    ours = {"cat/1.txt": b"another cat\n", "dog/1.txt": b"a dog\n", "fox/1.txt": b"a fox\n"}
    put(base, alice, {"data/images.dvc": folder(base, ours)})
    pull = ask(base, fork, bob, "more")
    assert (pull.check_state, pull.conflicts) == (PullRequest.Check.CLEAN, [])
    merge(pull, alice)
    wanted = {**ours, "emu/1.txt": b"an emu\n"}
    assert listed_at(base) == wanted
    commit = branch_tip(git_dir(base), "main") or ""
    entry = tree.find(git_dir(base), commit, b"data/images.dvc")
    assert entry is not None
    (out,) = outs_of_file(objects.read_blob(git_dir(base), entry.id), "data/images.dvc")
    assert (out.files, out.size) == (4, sum(map(len, wanted.values())))


def test_files_that_both_sides_changed_are_named(
    base: Repository, alice: User, bob: User, browser_of: Callable[..., Client]
) -> None:
    pull = make_pull(base, bob, files={"data/images.dvc": folder(base, {**IMAGES, "cat/1.txt": b"mine\n"})})
    put(base, alice, {"data/images.dvc": folder(base, {**IMAGES, "cat/1.txt": b"yours\n"})})
    look_again(pull)
    assert (pull.check_state, pull.conflicts) == (PullRequest.Check.CONFLICTS, ["data/images.dvc"])
    (clash,) = clashes_of(pull)
    assert clash.clashes == ("images/cat/1.txt",)
    for page in ("", "/experiments"):
        shown = browser_of(alice).get(f"/alice/stones/pulls/{pull.topic.number}{page}").content.decode()
        assert "Both sides changed these" in shown and "images/cat/1.txt" in shown
    with pytest.raises(Conflict):
        merge(pull, alice)


def test_other_conflicts_stay_what_they_are(base: Repository, alice: User, bob: User) -> None:
    both = {"data/images.dvc": folder(base, {**IMAGES, "a": b"1"}), "train.py": "lr = 1\n", ".gitignore": "/a\n"}
    pull = make_pull(base, bob, files=both)
    other = {"data/images.dvc": folder(base, {**IMAGES, "b": b"2"}), "train.py": "lr = 2\n", ".gitignore": "/b\n"}
    put(base, alice, other)
    look_again(pull)
    assert pull.conflicts == ["train.py"]


def test_a_branch_is_brought_up_to_date_in_the_same_way(base: Repository, alice: User, bob: User) -> None:
    pull = make_pull(base, bob, files={"data/images.dvc": folder(base, {**IMAGES, "a": b"1"})})
    put(base, alice, {"data/images.dvc": folder(base, {**IMAGES, "b": b"2"})})
    update_branch(actor=Actor(user=bob), pull=pull)
    assert set(listed_at(base, "feature")) == {*IMAGES, "a", "b"}


def test_data_of_a_fork_is_compared_for_those_who_may_read_it(
    base: Repository, fork: Repository, alice: User, bob: User, carol: User, browser_of: Callable[..., Client]
) -> None:
    """Attack: who may read the base only must not learn from its page what lies in a private fork."""
    table = b"id,mass\n1,2.5\n2,9.75\n"
    stored = hashlib.md5(table, usedforsecurity=False).hexdigest()
    keep(fork, table)
    put_files = {"data/images.dvc": folder(fork, {**IMAGES, "emu/1.txt": b"an emu\n"})}
    put(fork, bob, {**put_files, "t.csv.dvc": pointer(stored, "t.csv", size=len(table))}, branch="more", start="main")
    pull = ask(base, fork, bob, "more")
    files = f"/alice/stones/pulls/{pull.topic.number}/files"
    mine = browser_of(bob).get(files).content.decode()
    assert "emu/1.txt" in mine and "not pushed" not in mine
    later = re.search(r'hx-get="(/alice/stones/changes/[^"]*t\.csv[^"]*)"', mine)
    assert later is not None and "also=bob%2Fstones" in later[1]
    address = later[1].replace("&amp;", "&")
    assert browser_of(bob).get(address).status_code == 200
    # carol reads alice/stones, not bob's private fork.
    theirs = browser_of(carol).get(files).content.decode()
    assert "emu/1.txt" not in theirs and "also=" not in theirs
    assert browser_of(carol).get(address).status_code == 404
