"""Two refs beside each other: common ancestor, how far each is ahead, and counts for lists of branches."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from repos.git.process import GitError, run

POOL = 4
TIMEOUT = 20


@dataclass(frozen=True, slots=True)
class Distance:
    """Commits that only the one (`ahead`) or only the other (`behind`) has."""

    ahead: int
    behind: int


def merge_base(git_dir: Path, base: str, head: str) -> str | None:
    """The best common ancestor of two commits; None when they share no history."""
    found = run(git_dir, "merge-base", base, head, accept=(0, 1), timeout=TIMEOUT).split()
    return found[0].decode() if found else None


def distance(git_dir: Path, base: str, head: str) -> Distance:
    """How many commits `head` is ahead of and behind `base`."""
    output = run(git_dir, "rev-list", "--left-right", "--count", f"{base}...{head}", "--", timeout=TIMEOUT)
    behind, ahead = output.split()
    return Distance(int(ahead), int(behind))


def distances(git_dir: Path, base: str, heads: Iterable[str]) -> dict[str, Distance]:
    """The distance of many heads from one base, in a small pool; those that take too long are left out."""

    def one(head: str) -> tuple[str, Distance | None]:
        try:
            return head, distance(git_dir, base, head)
        except GitError:
            return head, None

    with ThreadPoolExecutor(POOL) as pool:
        return {head: found for head, found in pool.map(one, heads) if found}
