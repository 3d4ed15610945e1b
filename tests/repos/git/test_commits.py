"""Commits made in the browser: whole or not at all, and never over somebody else's."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from repos.git import commits, history, listing, objects, tree
from repos.git.commits import CommitRefused, Move, NothingChanged, Person, Put, Remove, Stale, Taken
from repos.git.process import run
from tests.support.sample_repository import NOT_UTF8

ADA = Person("Ada <Lovelace>\n", "ada@example.org")


def make(git_dir: Path, *changes: commits.Change, branch: str = "main", start: str | None = None) -> str:
    return commits.commit_to_branch(git_dir, branch, changes, author=ADA, message="Change\r\nit", start=start)[1]


def content(git_dir: Path, text: str) -> bytes:
    return objects.read_blob(git_dir, tree.locate(git_dir, text)[1].id)


def test_put_move_and_remove_in_one_commit(own_stones: Path) -> None:
    head = objects.resolve(own_stones, "main").commit
    made = make(
        own_stones,
        Put(b"new/deep/file.txt", b"hello"),
        Move(b"src/train.py", b"training/run.py"),
        Remove(b"docs"),
    )
    commit = history.commit(own_stones, made)
    assert (commit.parents, commit.message, commit.author.name) == ((head,), "Change\nit", "Ada Lovelace")
    assert content(own_stones, "main/new/deep/file.txt") == b"hello"
    assert content(own_stones, "main/training/run.py") == content(own_stones, "old/src/train.py").replace(
        b"0.1", b"0.05"
    )
    assert tree.find(own_stones, made, b"docs") is None
    run(own_stones, "fsck", "--strict", "--no-dangling")


def test_modes_and_other_entries_stay(own_stones: Path) -> None:
    made = make(own_stones, Put(NOT_UTF8, b"new"), Move(b"link.md", b"moved.md"))
    entry = tree.find(own_stones, made, b"moved.md")
    assert entry is not None and entry.kind == "symlink"
    assert content(own_stones, "main/caf%E9.txt") == b"new"


def test_a_file_put_over_a_link_replaces_it(own_stones: Path) -> None:
    made = make(own_stones, Put(b"link.md", b"text"))
    entry = tree.find(own_stones, made, b"link.md")
    assert entry is not None and entry.kind == "file"


def test_a_branch_that_is_gone_is_not_made_anew(own_stones: Path) -> None:
    with pytest.raises(Stale):
        make(own_stones, Put(b"x", b"y"), branch="gone")
    assert "gone" not in listing.ref_names(own_stones)[0]


def test_empty_folders_vanish(own_stones: Path) -> None:
    made = make(own_stones, Remove(b"notebooks/explore.ipynb"))
    assert tree.find(own_stones, made, b"notebooks") is None


def test_first_commit_of_an_empty_repository(tmp_path: Path) -> None:
    run(None, "init", "-q", "--bare", "-b", "main", str(tmp_path / "empty.git"))
    made = make(tmp_path / "empty.git", Put(b"README.md", b"# Hello\n", expected=""))
    assert history.commit(tmp_path / "empty.git", made).parents == ()


def test_new_branch_starts_where_told_and_is_never_taken_over(own_stones: Path) -> None:
    start = objects.resolve(own_stones, "v1.0").commit
    made = make(own_stones, Put(b"x", b"y"), branch="topic/x", start=start)
    assert history.commit(own_stones, made).parents == (start,)
    with pytest.raises(Taken):
        make(own_stones, Put(b"x", b"z"), branch="topic/x", start=start)
    with pytest.raises(Taken):
        make(own_stones, Put(b"x", b"z"), branch="topic", start=start)
    with pytest.raises(Taken):
        make(own_stones, Put(b"x", b"z"), branch="main/below", start=start)


def test_a_file_changed_meanwhile_is_not_overwritten(own_stones: Path) -> None:
    seen = tree.locate(own_stones, "main/README.md")[1].id
    first = make(own_stones, Put(b"README.md", b"first", expected=seen))
    for change in (
        Put(b"README.md", b"second", expected=seen),
        Remove(b"README.md", expected=seen),
        Put(b"README.md", b"new", expected=""),
    ):
        with pytest.raises(Stale):
            make(own_stones, change)
    assert objects.resolve(own_stones, "main").commit == first
    make(own_stones, Put(b"LICENSE", b"other file", expected=tree.locate(own_stones, "main/LICENSE")[1].id))


@pytest.mark.parametrize(
    "change",
    [
        Put(b"../x", b""),
        Put(b".git/hooks/x", b""),
        Put(b"README.md/x", b""),
        Put(b"docs", b""),
        Move(b"README.md", b"a/../b"),
        Move(b"README.md", b"LICENSE"),
        Put(b"a\0b", b""),
    ],
)
def test_paths_that_cannot_be_are_refused(own_stones: Path, change: commits.Change) -> None:
    before = objects.resolve(own_stones, "main").commit
    with pytest.raises(CommitRefused):
        make(own_stones, change)
    assert objects.resolve(own_stones, "main").commit == before


def test_nothing_changed_is_no_commit(own_stones: Path) -> None:
    with pytest.raises(NothingChanged):
        make(own_stones, Put(b"README.md", content(own_stones, "main/README.md")))


def test_racing_commits_are_all_kept(own_stones: Path) -> None:
    before = history.count(own_stones, objects.resolve(own_stones, "main").commit)
    kept: list[str] = []

    def write(number: int) -> None:
        for _ in range(20):
            try:
                kept.append(make(own_stones, Put(f"race/{number}".encode(), b"x")))
                return
            except Stale:
                continue

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    head = objects.resolve(own_stones, "main").commit
    assert len(kept) == 8
    assert history.count(own_stones, head) == before + 8
    assert len(tree.entries(own_stones, tree.locate(own_stones, "main/race")[1].id, b"race")) == 8


def test_refs_are_created_and_deleted_only_as_expected(own_stones: Path) -> None:
    head, other = objects.resolve(own_stones, "main").commit, objects.resolve(own_stones, "old").commit
    commits.create_ref(own_stones, b"refs/heads/fresh", head)
    with pytest.raises(Taken):
        commits.delete_ref(own_stones, b"refs/heads/fresh", other)
    commits.delete_ref(own_stones, b"refs/heads/fresh", head)
    with pytest.raises(objects.Missing):
        objects.resolve(own_stones, "fresh")
