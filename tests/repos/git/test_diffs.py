"""Differences: files, hunks, numbers and marked words, within bounds."""

from __future__ import annotations

import os
from pathlib import Path

from repos.git import diffs
from repos.git.patches import Bounds, Line, mark_words
from tests.support.sample_repository import NOT_UTF8, Work


def test_a_changed_line_has_numbers_and_marked_words(stones: Path, sample: Work) -> None:
    old, new = sample.git("rev-parse", "old"), sample.git("rev-parse", "feature/slope~1")
    found = diffs.diff(stones, old, new)
    (change,) = found.files
    assert (change.status, change.path_text, change.additions, change.deletions) == ("modified", "src/train.py", 1, 1)
    assert change.hunks is not None and not change.is_cut
    removed, added = (line for line in change.hunks[0].lines if line.kind != " ")
    assert (removed.kind, removed.old, removed.new) == ("-", 13, None)
    assert (added.kind, added.old, added.new) == ("+", None, 13)
    assert [removed.text[start:end] for start, end in removed.marks] == ["1"]
    assert [added.text[start:end] for start, end in added.marks] == ["05"]


def test_first_commit_is_compared_with_nothing(stones: Path, sample: Work) -> None:
    first = sample.git("rev-list", "--max-parents=0", "main")
    found = diffs.diff(stones, diffs.EMPTY_TREE, first)
    assert {change.status for change in found.files} == {"added"}
    assert found.total_files == 4
    assert found.deletions == 0


def test_renames_binaries_links_and_odd_names(stones: Path, sample: Work) -> None:
    found = {
        c.path: c for c in diffs.diff(stones, sample.git("rev-parse", "old"), sample.git("rev-parse", "main")).files
    }
    renamed = found[b"src/data/reading.py"]
    assert (renamed.status, renamed.old_path, renamed.changed_lines) == ("renamed", b"src/data/loader.py", 0)
    assert renamed.hunks == ()
    assert found[b"data/blob.bin"].is_binary
    assert found[NOT_UTF8].hunks is not None
    link = found[b"link.md"]
    assert link.new_mode == "120000"
    assert link.hunks is not None and link.hunks[0].lines[0].ends_without_newline


def test_types_modes_and_submodules(tmp_path: Path) -> None:
    work = Work(tmp_path / "types")
    work.write("tool.sh", "#!/bin/sh\n")
    work.write("turns", "a file\n")
    work.write("zlast", "one\n")
    old = work.commit("old")
    os.chmod(tmp_path / "types/tool.sh", 0o755)
    os.remove(tmp_path / "types/turns")
    os.symlink("tool.sh", tmp_path / "types/turns")
    work.write("zlast", "two\n")
    work.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor")
    (tmp_path / "types/vendor").mkdir()
    new = work.commit("new")
    found = {change.path: change for change in diffs.diff(tmp_path / "types/.git", old, new).files}
    assert found[b"tool.sh"].mode_change == ("100644", "100755")
    assert found[b"turns"].status == "retyped"
    assert found[b"turns"].hunks is not None
    assert [line.kind for hunk in found[b"turns"].hunks for line in hunk.lines] == ["-", "+"]
    assert found[b"zlast"].hunks is not None
    assert [line.text for line in found[b"zlast"].hunks[0].lines] == ["one", "two"]
    assert found[b"vendor"].is_submodule


def test_big_files_are_cut_and_the_rest_waits(tmp_path: Path) -> None:
    work = Work(tmp_path / "big")
    old = work.commit("nothing")
    for name in "abc":
        work.write(name, "line\n" * 50)
    new = work.commit("much")
    git_dir = tmp_path / "big/.git"
    first, second, third = diffs.diff(git_dir, old, new, bounds=Bounds(lines_per_file=20, lines=30)).files
    assert [first.is_cut, second.is_cut, third.hunks] == [True, True, None]
    assert first.hunks is not None and len(first.hunks[0].lines) == 20
    assert [change.additions for change in (first, second, third)] == [50, 50, 50]
    whole = diffs.file_diff(git_dir, old, new, b"c", b"c")
    assert whole is not None and whole.hunks is not None and len(whole.hunks[0].lines) == 50
    assert diffs.file_diff(git_dir, old, new, b"nothing", b"nothing") is None


def test_content_that_looks_like_a_patch_stays_content(tmp_path: Path) -> None:
    work = Work(tmp_path / "tricky")
    work.write("a", "diff --git a/x b/x\n@@ -1 +1 @@\n--- a\n")
    old = work.commit("old")
    work.write("a", "diff --git a/y b/y\n@@ -2 +2 @@\n+++ a\n")
    work.write("b", "\nb\n\n")
    new = work.commit("new")
    first, second = diffs.diff(tmp_path / "tricky/.git", old, new).files
    assert first.hunks is not None and [line.text for line in first.hunks[0].lines] == [
        "diff --git a/x b/x",
        "@@ -1 +1 @@",
        "--- a",
        "diff --git a/y b/y",
        "@@ -2 +2 @@",
        "+++ a",
    ]
    assert second.hunks is not None and [line.text for line in second.hunks[0].lines] == ["", "b", ""]


def test_rename_with_changes_can_be_loaded_alone(tmp_path: Path) -> None:
    work = Work(tmp_path / "moved")
    work.write("old name", "".join(f"line {n}\n" for n in range(20)))
    old = work.commit("old")
    work.git("mv", "old name", "new name")
    work.write("new name", "".join(f"line {n}\n" for n in range(19)) + "last\n")
    new = work.commit("new")
    change = diffs.file_diff(tmp_path / "moved/.git", old, new, b"old name", b"new name")
    assert change is not None and change.hunks is not None
    assert (change.status, change.additions, change.deletions) == ("renamed", 1, 1)


def test_columns_put_removed_beside_added(stones: Path, sample: Work) -> None:
    (change,) = diffs.diff(stones, sample.git("rev-parse", "old"), sample.git("rev-parse", "feature/slope~1")).files
    assert change.hunks is not None
    rows = diffs.side_by_side(change.hunks[0])
    assert [(left.old, right.new) for left, right in rows if left and right][3] == (13, 13)
    assert len(rows) == 7


def test_lines_with_little_in_common_are_not_marked() -> None:
    old, new = Line("-", 1, None, "alpha beta"), Line("+", None, 1, "nothing alike here at all")
    assert mark_words(old, new) == (old, new)


def test_the_patch_applies(stones: Path, sample: Work, tmp_path: Path) -> None:
    text = diffs.patch(stones, sample.git("rev-parse", "old"), sample.git("rev-parse", "main"))
    copy = tmp_path / "copy"
    sample.git("clone", "-q", "-b", "old", str(sample.folder), str(copy))
    (tmp_path / "p").write_bytes(text)
    sample.git("-C", str(copy), "apply", "--index", str(tmp_path / "p"))
    assert sample.git("-C", str(copy), "write-tree") == sample.git("rev-parse", "main^{tree}")
