"""Refs before and after, and what lies between."""

from __future__ import annotations

from pathlib import Path

import pytest

from repos.git import refs
from repos.git.init import create_bare
from repos.git.process import GitError
from repos.git.refs import ZERO, RefUpdate
from tests.support.git_checkout import Checkout


@pytest.fixture
def work(tmp_path: Path) -> Checkout:
    create_bare(tmp_path / "a.git")
    here = Checkout(tmp_path / "w", str(tmp_path / "a.git"))
    for number in range(3):
        here.commit(f"commit {number}", a_txt=str(number))
    here.git("push", "--quiet", "origin", "main")
    return here


@pytest.fixture
def bare(work: Checkout) -> Path:
    return work.folder.parent / "a.git"


def test_create_bare_makes_a_plain_folder_and_may_be_repeated(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "b.git"
    create_bare(folder, "trunk")
    assert refs.head_branch(folder) == "trunk"
    assert refs.snapshot(folder) == {}
    assert not (folder / "hooks").exists()
    before = (folder / "config").read_text()
    create_bare(folder, "trunk")
    assert (folder / "config").read_text() == before
    with pytest.raises(GitError):
        create_bare(tmp_path / "c.git", "not..a name")


def test_snapshots_differ_by_what_moved(work: Checkout, bare: Path) -> None:
    before = refs.snapshot(bare)
    old = work.git("rev-parse", "main")
    assert before == {"refs/heads/main": old}
    new = work.commit("more", a_txt="more")
    work.git("tag", "v1", "main")
    work.git("push", "--quiet", "origin", "main", "v1")
    after = refs.snapshot(bare)
    assert refs.changes(before, after) == [
        RefUpdate("refs/heads/main", old, new),
        RefUpdate("refs/tags/v1", ZERO, new),
    ]
    assert refs.changes(after, after) == []


def test_update_knows_what_it_is() -> None:
    made, moved, gone = (
        RefUpdate("refs/heads/a/b", ZERO, "1" * 40),
        RefUpdate("refs/tags/v1", "1" * 40, "2" * 40),
        RefUpdate("refs/notes/x", "1" * 40, ZERO),
    )
    assert (made.is_creation, made.is_deletion, made.branch, made.tag, made.name) == (True, False, "a/b", None, "a/b")
    assert (moved.is_creation, moved.is_deletion, moved.branch, moved.tag) == (False, False, None, "v1")
    assert (gone.is_deletion, gone.branch, gone.tag, gone.name) == (True, None, None, "refs/notes/x")


def test_head_is_moved_only_to_names_git_takes(work: Checkout, bare: Path) -> None:
    refs.set_head(bare, "other/branch")
    assert refs.head_branch(bare) == "other/branch"
    for name in ("a..b", "-x", "a b", "@{-1}", "x.lock"):
        with pytest.raises(GitError):
            refs.set_head(bare, name)
    assert refs.head_branch(bare) == "other/branch"


def test_fast_forward_and_count(work: Checkout, bare: Path) -> None:
    first, last = work.git("rev-parse", "main~2"), work.git("rev-parse", "main")
    work.git("switch", "--quiet", "--create", "side", first)
    side = work.commit("side", b_txt="b")
    work.git("push", "--quiet", "origin", "side")
    forward = RefUpdate("refs/heads/main", first, last)
    rewritten = RefUpdate("refs/heads/main", last, side)
    made = RefUpdate("refs/heads/side", ZERO, side)
    assert refs.is_fast_forward(bare, forward)
    assert not refs.is_fast_forward(bare, rewritten)
    assert refs.is_fast_forward(bare, made)
    assert not refs.is_fast_forward(bare, RefUpdate("refs/heads/x", last, ZERO))
    assert not refs.is_fast_forward(bare, RefUpdate("refs/heads/x", "1" * 40, last))
    assert refs.count_commits(bare, forward) == 2
    assert refs.count_commits(bare, rewritten) == 1
    assert refs.count_commits(bare, made) == 1
    assert refs.count_commits(bare, RefUpdate("refs/heads/main", ZERO, last)) == 2
    assert refs.count_commits(bare, RefUpdate("refs/tags/v", ZERO, last)) == 0


def test_first_branch_counts_its_whole_history(tmp_path: Path) -> None:
    create_bare(tmp_path / "b.git")
    here = Checkout(tmp_path / "w2", str(tmp_path / "b.git"))
    here.commit("one")
    tip = here.commit("two")
    here.git("push", "--quiet", "origin", "main")
    assert refs.count_commits(tmp_path / "b.git", RefUpdate("refs/heads/main", ZERO, tip)) == 2
