"""Lists of branches and tags, with the commits they stand at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from repos.git import names
from repos.git.process import lines

# `*` is what an annotated tag stands for; empty for everything else.
_FORMAT = "%00".join(
    (
        "%(refname)",
        "%(objectname)",
        "%(*objectname)",
        "%(creatordate:unix)",
        "%(if)%(taggername)%(then)%(taggername)%(else)%(authorname)%(end)",
        "%(contents:subject)",
    )
)


@dataclass(frozen=True, slots=True)
class RefRow:
    """A branch or tag: the commit it stands for, when it was made, and the first line of what it says."""

    name: str
    commit: str
    when: datetime
    author: str
    subject: str


def branches(git_dir: Path) -> list[RefRow]:
    """All branches, the one changed last first."""
    return _rows(git_dir, "refs/heads/")


def tags(git_dir: Path) -> list[RefRow]:
    """All tags, the newest first."""
    return _rows(git_dir, "refs/tags/")


def ref_names(git_dir: Path) -> tuple[list[str], list[str]]:
    """The names of all branches and of all tags."""
    found = [
        names.as_text(row) for row in lines(git_dir, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags")
    ]
    heads = [name.removeprefix("refs/heads/") for name in found if name.startswith("refs/heads/")]
    return heads, [name.removeprefix("refs/tags/") for name in found if name.startswith("refs/tags/")]


def _rows(git_dir: Path, prefix: str) -> list[RefRow]:
    output = lines(git_dir, "for-each-ref", f"--format={_FORMAT}", "--sort=-creatordate", prefix.rstrip("/"))
    return [_row(line, prefix) for line in output]


def _row(line: bytes, prefix: str) -> RefRow:
    name, own, peeled, when, author, subject = line.split(b"\0", 5)
    return RefRow(
        name=names.as_text(name).removeprefix(prefix),
        commit=(peeled or own).decode(),
        when=datetime.fromtimestamp(int(when or 0), UTC),
        author=author.decode("utf-8", "replace"),
        subject=subject.decode("utf-8", "replace"),
    )
