"""Lines that are followed from one commit to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from repos.git.moved_lines import Moved, moved
from tests.support.sample_repository import Work


def text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


BEFORE = [f"line {number}" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("after", "span", "expected"),
    [
        (BEFORE, (3, 4), (3, 4)),
        (["new", "new", *BEFORE], (1, 1), (3, 3)),
        (BEFORE[2:], (5, 6), (3, 4)),
        (BEFORE[2:], (2, 3), None),
        ([*BEFORE[:4], "changed", *BEFORE[5:]], (5, 5), None),
        ([*BEFORE[:4], "changed", *BEFORE[5:]], (6, 8), (6, 8)),
        ([*BEFORE[:4], "put in", *BEFORE[4:]], (4, 4), (4, 4)),
        ([*BEFORE[:4], "put in", *BEFORE[4:]], (5, 5), (6, 6)),
        ([*BEFORE[:4], "put in", *BEFORE[4:]], (4, 5), None),
        ([*BEFORE, "at the end"], (12, 12), (12, 12)),
        (["@@ -1 +1 @@", *BEFORE[:5], "diff --git a/x b/x", *BEFORE[5:]], (12, 12), (14, 14)),
    ],
)
def test_lines_move_along_or_are_given_up(
    tmp_path: Path, after: list[str], span: tuple[int, int], expected: tuple[int, int] | None
) -> None:
    work = Work(tmp_path / "work")
    work.write("a.py", text(*BEFORE))
    old = work.commit("old")
    work.write("a.py", text(*after))
    new = work.commit("new")
    assert moved(tmp_path / "work/.git", old, new, [b"a.py"])[b"a.py"].lines(*span) == expected


def test_renamed_and_deleted_files_are_followed(tmp_path: Path) -> None:
    work = Work(tmp_path / "work")
    for name in ("stays", "moves", "goes"):
        work.write(name, text(name, *BEFORE))
    old = work.commit("old")
    work.git("rm", "-q", "goes")
    work.git("mv", "moves", "moved")
    work.write("moved", text("first", "moves", *BEFORE))
    new = work.commit("new")
    found = moved(tmp_path / "work/.git", old, new, [b"stays", b"moves", b"goes"])
    assert found[b"stays"] == Moved(b"stays")
    assert (found[b"moves"].path, found[b"moves"].lines(4, 6)) == (b"moved", (5, 7))
    assert found[b"goes"].lines(1, 1) is None
