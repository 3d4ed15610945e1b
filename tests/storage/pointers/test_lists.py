"""Lists of directories are read in pieces of any size, and broken ones are told."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.pointers import BadList, Listed, read_list

MD5 = "22e3f61e52c0ba45334d973244efc155"
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1).filter(
    lambda name: name not in {".", ".."}
)


@given(st.lists(st.lists(NAMES, min_size=1, max_size=3), max_size=8), st.integers(1, 40))
def test_list_cut_anywhere_is_read_whole(paths: list[list[str]], step: int) -> None:
    entries = [{"md5": MD5, "relpath": "/".join(path)} for path in paths]
    data = json.dumps(entries, ensure_ascii=step % 2 == 0).encode()
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    assert list(read_list(pieces)) == [Listed(entry["relpath"], MD5) for entry in entries]


def test_paths_that_lead_elsewhere_are_left_out() -> None:
    for path in ("../x", "/etc/passwd", "a/../../b", "a//b", ".", "", "a\\b", "a\nb", "..", "\ud800"):
        assert list(read_list([json.dumps([{"md5": MD5, "relpath": path}]).encode()])) == [], path


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[", b'[{"md5": "x", "relpath": "a"}]', b"[1]", b'[{"relpath": "a"}]', b"[\xff]", b"[" * 100_000],
)
def test_broken_lists_are_told(data: bytes) -> None:
    with pytest.raises(BadList):
        list(read_list([data]))


def test_memory_does_not_grow_with_the_list() -> None:
    def pieces(count: int) -> Iterator[bytes]:
        yield b"["
        for n in range(count):
            yield b'%s{"md5": "%s", "relpath": "images/%09d.png"}' % (b", " if n else b"", MD5.encode(), n)
        yield b"]"

    tracemalloc.start()
    try:
        assert sum(1 for _ in read_list(pieces(100_000))) == 100_000
        assert tracemalloc.get_traced_memory()[1] < 2 * 1024 * 1024
    finally:
        tracemalloc.stop()
