"""Writes a whole history at once: commits on several branches, merges and tags, with their own authors and times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from repos.git.commits import Person
from repos.git.process import run


@dataclass(frozen=True, slots=True)
class Written:
    """One commit of a history.

    `at` is in seconds since 1970. `files` maps paths to their new content, None to delete. A branch begins at
    `start`, another branch, or without parents; `merged` names a branch whose head becomes the second parent.
    `tag` and `tag_message` put an annotated tag on the commit.
    """

    branch: str
    author: Person
    at: int
    message: str
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    start: str = ""
    merged: str = ""
    tag: str = ""
    tag_message: str = ""


def write_history(git_dir: Path, history: Sequence[Written]) -> list[str]:
    """Make the commits, branches and tags in an empty repository, all or none; the ids of the commits in order.

    The names, paths and texts are the hub's own: nothing in them is quoted. Raises GitError.
    """
    answer = run(git_dir, "fast-import", "--quiet", "--done", "--date-format=raw", input=_commands(history))
    return answer.decode().split()


def _commands(history: Sequence[Written]) -> Iterator[bytes]:
    heads: dict[str, int] = {}
    for mark, commit in enumerate(history, 1):
        yield from _commit(commit, mark, heads)
        heads[commit.branch] = mark
        yield f"get-mark :{mark}\n".encode()
    for mark, commit in enumerate(history, 1):
        if commit.tag:
            yield f"tag {commit.tag}\nfrom :{mark}\ntagger {_person(commit)}\n".encode()
            yield _data(commit.tag_message.encode() + b"\n")
    yield b"done\n"


def _commit(commit: Written, mark: int, heads: Mapping[str, int]) -> Iterator[bytes]:
    person = _person(commit)
    yield f"commit refs/heads/{commit.branch}\nmark :{mark}\nauthor {person}\ncommitter {person}\n".encode()
    yield _data(commit.message.strip().encode() + b"\n")
    if commit.start and commit.branch not in heads:
        yield f"from :{heads[commit.start]}\n".encode()
    if commit.merged:
        yield f"merge :{heads[commit.merged]}\n".encode()
    for path, content in commit.files.items():
        if content is None:
            yield f"D {path}\n".encode()
        else:
            yield f"M 100644 inline {path}\n".encode() + _data(content)
    yield b"\n"


def _person(commit: Written) -> str:
    return f"{commit.author.name} <{commit.author.email}> {commit.at} +0000"


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content + b"\n"
