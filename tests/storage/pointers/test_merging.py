"""What two branches say of data is merged by what it means: files of directories, outputs, stages."""

from __future__ import annotations

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.pointers.merging import Merged, Unmerged, digest_of, merge_entries, merge_file
from tests.support.data_tree import pointer

names = st.sampled_from(["a", "b", "c", "d/e"])
entries = st.dictionaries(names, st.sampled_from(["1" * 32, "2" * 32, "3" * 32]))
LISTS: dict[str, dict[str, str]] = {}


def directory(files: dict[str, str], size: int) -> str:
    md5 = digest_of(files)
    LISTS[md5] = files
    return pointer(md5, "images", size=size, files=len(files))


def merged(base: str, ours: str, theirs: str, path: str = "data/images.dvc") -> Merged | Unmerged | None:
    return merge_file(path, base.encode(), ours.encode(), theirs.encode(), LISTS.get)


A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entries, entries, entries)
def test_each_side_has_what_it_changed_and_nothing_else_happens(
    base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]
) -> None:
    found, clashes = merge_entries(base, ours, theirs)
    assert merge_entries(base, theirs, ours) == (found, clashes)
    assert merge_entries(base, base, theirs) == (dict(sorted(theirs.items())), [])
    assert merge_entries(base, ours, ours) == (dict(sorted(ours.items())), [])
    for name in {*base, *ours, *theirs} - set(clashes):
        changed = [side.get(name) for side in (ours, theirs) if side.get(name) != base.get(name)]
        assert found.get(name) == (changed[0] if changed else base.get(name))
    for name in clashes:
        assert len({side.get(name) for side in (base, ours, theirs)}) == 3


def test_a_directory_that_both_changed_gets_one_list_of_both() -> None:
    base = directory({"cat": A, "dog": B}, 30)
    ours = directory({"cat": A, "dog": B, "emu": C}, 37)
    theirs = directory({"cat": D}, 12)
    found = merged(base, ours, theirs)
    assert isinstance(found, Merged)
    ((md5, files),) = found.lists.items()
    assert files == {"cat": D, "emu": C} and md5 == digest_of(files)
    assert found.data.decode() == pointer(md5, "images", size=19, files=2)


def test_a_file_that_both_changed_is_named() -> None:
    base = directory({"cat": A, "dog": B}, 30)
    found = merged(base, directory({"cat": C, "dog": B}, 1), directory({"cat": D}, 1))
    assert found == Unmerged(("images/cat",))


def test_a_directory_that_both_added_is_merged_from_nothing() -> None:
    found = merged("", directory({"cat": A, "dog": B}, 2), directory({"cat": A, "emu": C}, 3))
    assert isinstance(found, Merged)
    assert list(found.lists.values()) == [{"cat": A, "dog": B, "emu": C}]
    assert b"size" not in found.data  # `cat` was counted by both.


def test_what_has_no_list_here_is_a_clash_and_single_files_too() -> None:
    base, ours = directory({"cat": A}, 1), directory({"cat": B}, 1)
    assert merged(base, ours, pointer("9" * 32, "images", size=1, files=1)) == Unmerged(("images",))
    assert merged(pointer(A, "x"), pointer(B, "x"), pointer(C, "x")) == Unmerged(("x",))
    assert merged(base, ours, "outs: [") is None
    assert merged(base, ours, "") is None


def test_stages_of_a_lock_are_merged_each_as_a_whole() -> None:
    def lock(**stages: str) -> str:
        return yaml.safe_dump(
            {"schema": "2.0", "stages": {name: {"cmd": cmd, "outs": []} for name, cmd in stages.items()}},
            sort_keys=False,
        )

    found = merged(lock(a="1", b="1"), lock(a="2", b="1"), lock(a="1", b="2", c="1"), "dvc.lock")
    assert isinstance(found, Merged)
    assert found.data.decode() == lock(a="2", b="2", c="1")
    assert merged(lock(a="1"), lock(a="2"), lock(a="3"), "sub/dvc.lock") == Unmerged(("stage a",))


def test_lines_that_both_added_to_what_git_ignores_are_kept() -> None:
    found = merged("/a\n", "/a\n/b\n", "/a\n/c\n/b\n", "data/.gitignore")
    assert found == Merged(b"/a\n/b\n/c\n")
    assert merged("/a\n", "/b\n", "/a\n/c\n", ".gitignore") is None
    assert merged("", "/a\n", "!/a\n", ".gitignore") is None
