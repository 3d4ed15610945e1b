"""Places, trees and blobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from repos.git import names, objects, tree
from repos.git.objects import Missing
from tests.support.sample_repository import NOT_UTF8, ODD, Work


def test_resolve_prefers_the_longest_ref(stones: Path, sample: Work) -> None:
    place = objects.resolve(stones, "feature/slope/src/slope.py")
    assert (place.kind, place.ref, place.path) == ("branch", "feature/slope", b"src/slope.py")
    assert place.commit == sample.git("rev-parse", "feature/slope")


@pytest.mark.parametrize(("text", "kind"), [("v1.0", "tag"), ("light", "tag"), ("main", "branch")])
def test_resolve_peels_to_a_commit(stones: Path, sample: Work, text: str, kind: str) -> None:
    place = objects.resolve(stones, text)
    assert (place.kind, place.commit) == (kind, sample.git("rev-parse", f"{text}^{{commit}}"))


def test_resolve_takes_full_and_short_commit_ids_and_head(stones: Path, sample: Work) -> None:
    full = sample.git("rev-parse", "main~2")
    for word in (full, full[:9], full[:9].upper().lower()):
        place = objects.resolve(stones, f"{word}/docs")
        assert (place.kind, place.ref, place.commit, place.path) == ("commit", full, full, b"docs")
    assert objects.resolve(stones, "HEAD").commit == sample.git("rev-parse", "HEAD")


def test_known_commits_are_full_ids_of_commits_that_are_here(stones: Path, sample: Work) -> None:
    head, tree_id = sample.git("rev-parse", "main"), sample.git("rev-parse", "main^{tree}")
    annotated = sample.git("rev-parse", "v1.0")
    assert objects.known_commits(stones, [head, head[:12], tree_id, annotated, "f" * 40, "main", ""]) == {head}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "main\0",
        "../../etc/passwd",
        "..",
        "feature",
        "refs/../HEAD",
        "0" * 40,
        "a" * 5000,
        "-x",
        "main..old",
        "@{u}",
        "main.lock",
        "\udcff",
        "%00",
        "%ff%fe",
    ],
)
def test_resolve_refuses_what_names_no_commit(stones: Path, text: str) -> None:
    with pytest.raises(Missing):
        objects.resolve(stones, text)


def test_a_tree_or_blob_id_is_no_place(stones: Path, sample: Work) -> None:
    for object_name in ("main^{tree}", "main:README.md"):
        with pytest.raises(Missing):
            objects.resolve(stones, sample.git("rev-parse", object_name))


def test_entries_list_folders_first_and_know_their_kind(stones: Path) -> None:
    place, root = tree.locate(stones, "main")
    found = tree.entries(stones, root.id, root.path)
    assert [entry.name for entry in found if entry.kind == "dir"] == ["data", "docs", "notebooks", "odd names", "src"]
    assert {entry.name: entry.kind for entry in found if entry.kind != "dir"} == {
        "LICENSE": "file",
        "README.md": "file",
        "caf%E9.txt": "file",
        "link.md": "symlink",
    }
    assert place.path == b""


@pytest.mark.parametrize("raw", [NOT_UTF8, ODD.encode()])
def test_every_name_survives_the_way_through_an_address(stones: Path, raw: bytes) -> None:
    _, entry = tree.locate(stones, "main/" + names.as_text(raw))
    assert entry.path == raw
    assert entry.kind == "file"


@pytest.mark.parametrize(
    "path", ["main/nothing", "main/README.md/below", "main/docs/../README.md", "main//docs", "main/\0"]
)
def test_locate_refuses_paths_that_are_not_there(stones: Path, path: str) -> None:
    with pytest.raises(Missing):
        tree.locate(stones, path)


def test_blobs_are_sized_read_and_cut(stones: Path) -> None:
    _, entry = tree.locate(stones, "main/data/blob.bin")
    whole = bytes(range(256)) * 8
    assert objects.blob_size(stones, entry.id) == 2048
    assert objects.read_blob(stones, entry.id) == whole
    assert b"".join(objects.blob_range(stones, entry.id, 250, 20)) == whole[250:270]
    assert objects.is_binary(whole)
    with pytest.raises(Missing):
        objects.blob_size(stones, "1" * 40)


def test_all_files_lists_every_path(stones: Path, sample: Work) -> None:
    files, whole = tree.all_files(stones, objects.resolve(stones, "main").commit)
    assert whole
    assert len(files) == len(sample.git("ls-files").splitlines())
    assert NOT_UTF8 in files


def test_lfs_pointers_are_told_from_text() -> None:
    oid = "ab" * 32
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n".encode()
    assert objects.lfs_pointer(text) == objects.Pointer(oid, 12345)
    assert objects.lfs_pointer(b"version 2\n") is None


@pytest.mark.parametrize("path", [b"a", b"a/b.c", "ü/☃".encode(), b".gitignore", b"a b"])
def test_plain_paths_may_be_written(path: bytes) -> None:
    assert names.is_plain_path(path)


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"/a",
        b"a/",
        b"a//b",
        b".",
        b"../a",
        b"a/../b",
        b".git/config",
        b"a/.GIT/x",
        b"git~1",
        b"a\0b",
        ".g\u200cit/x".encode(),
    ],
)
def test_paths_that_could_leave_the_folder_may_not(path: bytes) -> None:
    assert not names.is_plain_path(path)
