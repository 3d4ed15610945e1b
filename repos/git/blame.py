"""Who last touched each line of a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from repos.git import names
from repos.git.process import run

TIMEOUT = 20


@dataclass(frozen=True, slots=True)
class Origin:
    """The commit that lines come from, as blame tells it, and the path the file had then."""

    commit: str
    author: str
    when: datetime
    subject: str
    path: bytes
    previous: str

    @property
    def path_text(self) -> str:
        """The path as text."""
        return names.as_text(self.path)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring lines of one origin: numbers `first` to `last`, counted from one."""

    origin: Origin
    first: int
    last: int


def blame(git_dir: Path, commit: str, path: bytes) -> list[Chunk]:
    """The chunks of a file from top to bottom; neighbours of the same commit are one.

    Raises GitNotFound when the path is no file there, GitTimeout when its history is too long to tell in time.
    """
    output = run(
        git_dir, "blame", "--porcelain", "--encoding=UTF-8", commit, "--", names.as_argument(path), timeout=TIMEOUT
    )
    return _chunks(output)


def _chunks(output: bytes) -> list[Chunk]:
    facts: dict[str, dict[bytes, bytes]] = {}
    rows: list[tuple[str, int, int]] = []
    current = ""
    for line in output.split(b"\n"):
        if line.startswith(b"\t") or not line:
            continue
        word, _, rest = line.partition(b" ")
        if len(word) == 40 and rest[:1].isdigit():
            current, number = word.decode(), int(rest.split()[1])
            facts.setdefault(current, {})
            if rows and rows[-1][0] == current and rows[-1][2] == number - 1:
                rows[-1] = (current, rows[-1][1], number)
            else:
                rows.append((current, number, number))
        elif current:
            facts[current].setdefault(word, rest)
    origins = {sha: _origin(sha, known) for sha, known in facts.items()}
    return [Chunk(origins[sha], first, last) for sha, first, last in rows]


def _origin(sha: str, known: dict[bytes, bytes]) -> Origin:
    def text(key: bytes) -> str:
        return known.get(key, b"").decode("utf-8", "replace")

    try:
        when = datetime.fromtimestamp(int(text(b"author-time")), UTC)
    except (ValueError, OverflowError, OSError):
        when = datetime.fromtimestamp(0, UTC)
    return Origin(
        commit=sha,
        author=text(b"author"),
        when=when,
        subject=text(b"summary"),
        path=known.get(b"filename", b""),
        previous=text(b"previous").partition(" ")[0],
    )
