"""Listings of archives, and archives that claim more than they hold."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile

import pytest

from storage.viewers.archives import ArchiveView, draw_archive
from storage.viewers.asks import Ask
from storage.viewers.source import Unreadable
from storage.viewers.zipped import read_directory
from tests.storage.viewers import samples
from tests.storage.viewers.samples import of


def listed(view: ArchiveView) -> list[tuple[str, int | None]]:
    return [(one.name, one.size) for one in view.items]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar(mode: str) -> None:
    long = "d/" * 70 + "name.txt"
    view = draw_archive(of("x.tar", samples.archive_tar(mode, **{"a.txt": b"1" * 700, long: b"2", "ü": b""})), Ask())
    assert listed(view) == [("a.txt", 700), (long, 1), ("ü", 0)]


def test_tar_by_other_hands() -> None:
    for kind in (tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=kind) as file:
            names = ("folder", "link", "x" * 90 + "/" + "y" * 60)
            for name, flavour in zip(names, (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.REGTYPE), strict=True):
                entry = tarfile.TarInfo(name)
                entry.type = flavour
                file.addfile(entry, io.BytesIO())
        view = draw_archive(of("x.tar", out.getvalue()), Ask())
        assert listed(view) == [("folder/", None), ("link", 0), ("x" * 90 + "/" + "y" * 60, 0)]


def test_zip_with_folders_and_a_bomb() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("folder/", b"")
        file.writestr("zeros", bytes(50_000_000))
    view = draw_archive(of("x.zip", out.getvalue()), Ask())
    assert listed(view) == [("folder/", None), ("zeros", 50_000_000)] and "take care" in view.note


def test_zip64() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file, file.open("big", "w", force_zip64=True) as member:
        member.write(b"abc")
    assert [one.size for one in read_directory(of("x", out.getvalue())).members] == [3]


def test_many_members_are_listed_by_the_page() -> None:
    content = samples.archive_zip(**{f"f{n:05}": b"" for n in range(500)})
    view = draw_archive(of("x.zip", content), Ask(page=4))
    assert [one.name for one in view.items][:1] == ["f00450"] and len(view.items) == 50 and view.total == 500


def test_one_packed_file_shows_its_beginning() -> None:
    view = draw_archive(of("t.csv.gz", gzip.compress(b"a,b\n1,2\n")), Ask())
    assert view.text == "a,b\n1,2\n" and view.items == ()


def test_a_gzip_bomb_ends(tmp_path: object) -> None:
    content = gzip.compress(bytes(200_000_000))
    view = draw_archive(of("x.gz", content), Ask())
    assert view.text == ""


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x05\x06",
        b"PK\x03\x04" + bytes(100),
        b"PK\x05\x06" + bytes(4) + struct.pack("<HHIIH", 9, 9, 2**31, 2**31, 0),
        b"\x1f\x8bnot packed at all",
        b"BZhbroken",
        b"\xfd7zXZ\x00broken",
        b"x" * 257 + b"ustar" + b"9" * 300,
    ],
)
def test_what_is_broken_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        draw_archive(of("x", content), Ask())


def test_a_tar_that_is_cut_tells_where_its_list_ends() -> None:
    content = samples.archive_tar(a=b"1" * 5000, b=b"2" * 90_000)
    view = draw_archive(of("x.tar", content[:20_000]), Ask())
    assert listed(view) == [("a", 5000), ("b", 90000)] and "ends here" in view.note
