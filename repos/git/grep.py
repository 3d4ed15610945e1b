"""Searching the text of every file of a commit with `git grep`, within bounds."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from repos.git import names
from repos.git.process import GitTimeout, lines

TIMEOUT = 10
MAX_FILES = 50
MAX_LINES_PER_FILE = 10
MAX_LINES = 300
MAX_LINE_LENGTH = 400
MAX_OUTPUT = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line: either a hit or what stands between hits."""

    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line with at least one hit."""

    number: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class FileHits:
    """The lines of one file that hold the words; `more` counts hits of the file that are not listed."""

    path: bytes
    lines: tuple[Line, ...]
    more: int

    @property
    def path_text(self) -> str:
        """The path as text."""
        return names.as_text(self.path)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search found, and whether there may be more than is listed."""

    files: tuple[FileHits, ...]
    complete: bool


def grep(git_dir: Path, commit: str, words: str, *, path: bytes = b"") -> Findings:
    """Lines of text files that hold `words` as they stand; capital letters count only if `words` has some.

    At most MAX_FILES files and MAX_LINES lines; a search that takes too long tells what it found until then.
    """
    if not names.may_be_in_tree(path):
        return Findings((), True)
    flags = ["-i"] if words == words.lower() else []
    args = ["grep", "-z", "-n", "-I", "-F", "--full-name", *flags, "-e", words, commit, "--"]
    if path:
        args.append(names.as_argument(path))
    hits: dict[bytes, list[Line]] = {}
    extra: dict[bytes, int] = {}
    complete = True
    found = lines(git_dir, *args, timeout=TIMEOUT, max_output=MAX_OUTPUT, accept=(0, 1))
    with closing(found):  # type: ignore[type-var]
        try:
            for row in found:
                complete = _take(row, commit, words, hits, extra)
                if not complete:
                    break
        except GitTimeout:
            complete = False
    return Findings(
        tuple(FileHits(path, tuple(rows), extra.get(path, 0)) for path, rows in hits.items()),
        complete,
    )


def _take(row: bytes, commit: str, words: str, hits: dict[bytes, list[Line]], extra: dict[bytes, int]) -> bool:
    """Add one line of output (`commit:path NUL number NUL text`); False when nothing more is wanted."""
    name, number, text = (*row.split(b"\0", 2), b"", b"")[:3]
    path = name.removeprefix(commit.encode() + b":")
    if not number.isdigit():
        return True
    rows = hits.get(path)
    if rows is None:
        if len(hits) >= MAX_FILES or sum(map(len, hits.values())) >= MAX_LINES:
            return False
        rows = hits.setdefault(path, [])
    if len(rows) >= MAX_LINES_PER_FILE:
        extra[path] = extra.get(path, 0) + 1
        return True
    rows.append(Line(int(number), tuple(pieces(text.decode("utf-8", "replace"), words))))
    return True


def pieces(text: str, words: str) -> list[Piece]:
    """The line cut at its hits; a very long line is cut around the first."""
    folded, needle = (text.lower(), words) if words == words.lower() else (text, words)
    if len(folded) != len(text):  # A few letters change their length in lower case; then hits are not marked.
        return [Piece(text[:MAX_LINE_LENGTH], False)]
    start = folded.find(needle)
    offset = max(0, start - 80) if len(text) > MAX_LINE_LENGTH else 0
    text, folded = text[offset : offset + MAX_LINE_LENGTH], folded[offset : offset + MAX_LINE_LENGTH]
    found: list[Piece] = []
    position = 0
    while needle and (start := folded.find(needle, position)) >= 0:
        if start > position:
            found.append(Piece(text[position:start], False))
        found.append(Piece(text[start : start + len(needle)], True))
        position = start + len(needle)
    if position < len(text):
        found.append(Piece(text[position:], False))
    return found
