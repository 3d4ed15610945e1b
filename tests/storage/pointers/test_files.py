"""What `.dvc` files and `dvc.lock` say is read, and nothing that leads out of the tree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.pointers import Out, is_pointer, outs_of_file, outs_of_lock

MD5 = "22e3f61e52c0ba45334d973244efc155"


def test_directory_of_a_dvc_file() -> None:
    data = f"outs:\n- md5: {MD5}.dir\n  size: 64128504\n  nfiles: 70001\n  hash: md5\n  path: images\n".encode()
    (out,) = outs_of_file(data, "data/images.dvc")
    assert out == Out("data/images", MD5, True, False, 64128504, 70001, "data/images.dvc")
    assert out.key == "files/md5/22/e3f61e52c0ba45334d973244efc155.dir"


def test_file_in_the_layout_of_dvc_2() -> None:
    (out,) = outs_of_file(f"wdir: ../raw\nouts:\n- md5: {MD5}\n  path: a.csv\n".encode(), "data/a.csv.dvc")
    assert (out.path, out.key, out.size) == ("raw/a.csv", "22/e3f61e52c0ba45334d973244efc155", None)


def test_lock_with_working_folder_of_a_stage_and_without() -> None:
    lock = (
        f"schema: '2.0'\nstages:\n  train:\n    cmd: x\n    outs:\n    - path: model.pkl\n      hash: md5\n"
        f"      md5: {MD5}\n      size: 3\n  split@a:\n    outs:\n    - path: part\n      hash: md5\n      md5: {MD5}.dir\n"
    ).encode()
    stages = b"stages:\n  split:\n    wdir: work\n    foreach: [a]\n"
    assert [out.path for out in outs_of_lock(lock, "sub/dvc.lock", stages)] == ["sub/model.pkl", "sub/work/part"]


def test_what_leads_out_of_the_tree_is_left_out() -> None:
    for path in ("../../x", "/etc/passwd", "s3://b/x", "..", "a\\b", '"a\\0b"'):
        assert outs_of_file(f"outs:\n- md5: {MD5}\n  path: {path}\n".encode(), "data/x.dvc") == []


def test_which_files_are_pointers() -> None:
    assert [p for p in ("a.dvc", "x/dvc.lock", ".dvc", ".dvc/config", "dvc.yaml", "a.dvc.txt") if is_pointer(p)] == [
        "a.dvc",
        "x/dvc.lock",
    ]


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_without_failure(data: bytes) -> None:
    assert isinstance(outs_of_file(data, "x.dvc"), list)
    assert isinstance(outs_of_lock(data, "dvc.lock", data), list)


def test_aliases_that_would_grow_and_deep_nests_do_no_harm() -> None:
    bomb = b"a: &a [x]\n" + b"".join(b"%c: &%c [*%c,*%c,*%c]\n" % (n, n, n - 1, n - 1, n - 1) for n in range(98, 118))
    assert outs_of_file(bomb + b"outs: *u\n", "x.dvc") == []
    assert outs_of_file(b"[" * 50_000, "x.dvc") == []
