"""Commits as rows: one commit, the history of a ref or path, counts, and the last commit of every entry of a folder."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from repos.git import names
from repos.git.objects import Missing
from repos.git.process import GitError, GitNotFound, run

# One NUL after every field and `-z` after every record: no field of git's can hold a NUL, so the split is exact.
FORMAT = "%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B"
FIELDS = 9
POOL = 4
TIMEOUT = 20


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when, as the commit says (anybody may write any name into a commit)."""

    name: str
    email: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit, without its tree."""

    id: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str

    @property
    def short(self) -> str:
        """The first ten letters of the id."""
        return self.id[:10]

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0] or "(no message)"

    @property
    def body(self) -> str:
        """What follows the first line."""
        return self.message.partition("\n")[2].strip("\n")

    @property
    def is_merge(self) -> bool:
        """Whether it has more than one parent."""
        return len(self.parents) > 1


def parse(output: bytes) -> list[Commit]:
    """The commits in the output of `git log -z --format=FORMAT`."""
    fields = output.split(b"\0")
    count = len(fields) // FIELDS
    return [_commit(fields[i * FIELDS : (i + 1) * FIELDS]) for i in range(count)]


def _commit(fields: list[bytes]) -> Commit:
    sha, parents, an, ae, at, cn, ce, ct, message = (field.decode("utf-8", "replace") for field in fields)
    return Commit(
        id=sha,
        parents=tuple(parents.split()),
        author=Signature(an, ae, _moment(at)),
        committer=Signature(cn, ce, _moment(ct)),
        message=message.strip("\n"),
    )


def _moment(seconds: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):  # A commit may claim any date, even one no calendar has.
        return datetime.fromtimestamp(0, UTC)


def commit(git_dir: Path, commit_id: str) -> Commit:
    """One commit by full id; raises Missing."""
    # SECURITY: the id stands in addresses. A word such as `--output=config` would be an option to git, by which any
    # reader could overwrite files of the repository's folder.
    if not names.is_commit_id(commit_id):
        raise Missing(commit_id)
    try:
        found = log(git_dir, commit_id, limit=1)
    except GitNotFound:
        raise Missing(commit_id) from None
    if not found:
        raise Missing(commit_id)
    return found[0]


def log(git_dir: Path, range_: str, *, path: bytes = b"", skip: int = 0, limit: int = 30) -> list[Commit]:
    """Commits of a commit id or `base..head` range, newest first; only those that touched `path` if given."""
    paths = ["--", names.as_argument(path)] if path else ["--"]
    output = run(
        git_dir,
        "log",
        "-z",
        f"--format={FORMAT}",
        "--encoding=UTF-8",
        f"--skip={skip}",
        f"--max-count={limit}",
        "--end-of-options",
        range_,
        *paths,
        timeout=TIMEOUT,
    )
    return parse(output)


def count(git_dir: Path, range_: str) -> int:
    """How many commits a commit id or range has."""
    return int(run(git_dir, "rev-list", "--count", range_, "--", timeout=TIMEOUT))


def last_commits(
    git_dir: Path, commit_id: str, paths: Iterable[bytes], *, budget: float = TIMEOUT
) -> dict[bytes, Commit]:
    """For each path the newest commit that touched it: one `git log -1` each, in a small pool.

    With changed-path filters in the commit-graph this beats one walk over everything. What is not answered within
    `budget` seconds is left out.
    """

    def newest(path: bytes) -> list[Commit]:
        try:
            return log(git_dir, commit_id, path=path, limit=1)
        except GitError:
            return []

    pool = ThreadPoolExecutor(POOL)
    try:
        asked = {path: pool.submit(newest, path) for path in paths}
        done, _ = wait(asked.values(), timeout=budget)
        return {path: answer.result()[0] for path, answer in asked.items() if answer in done and answer.result()}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def renamed_from(git_dir: Path, commit_id: str, path: bytes) -> bytes | None:
    """The path's earlier name, if this commit renamed it."""
    output = run(
        git_dir,
        "diff-tree",
        "-r",
        "-z",
        "-M",
        "--no-commit-id",
        "--name-status",
        "--diff-filter=R",
        commit_id,
        timeout=TIMEOUT,
    )
    fields = output.split(b"\0")
    for status, old, new in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
        if status.startswith(b"R") and new == path:
            return old
    return None


def authors(git_dir: Path, commit_id: str, *, limit: int = 500) -> list[tuple[str, int]]:
    """Author names of the newest `limit` commits, most frequent first."""
    output = run(git_dir, "log", f"--max-count={limit}", "-z", "--format=%aN", commit_id, "--", timeout=TIMEOUT)
    tally: dict[str, int] = {}
    for raw in filter(None, output.split(b"\0")):
        name = names.as_text(raw)
        tally[name] = tally.get(name, 0) + 1
    return sorted(tally.items(), key=lambda item: -item[1])
