"""Which branches and tags have a commit in their history."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from repos.git import names
from repos.git.process import GitNotFound, GitTimeout, lines

TIMEOUT = 4.0
"""Seconds: in a long history with many branches the question is a large one, and its answer a courtesy."""


@dataclass(frozen=True, slots=True)
class Holders:
    """Branches and tags by name, at most as many as were asked for; `more` when there are others."""

    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    more: bool = False


def holders(git_dir: Path, commit: str, *, limit: int = 6) -> Holders | None:
    """The branches and tags that a commit is part of, by name; None where git takes too long to tell."""
    if not names.is_commit_id(commit):
        return Holders()
    asked = ("for-each-ref", f"--contains={commit}", f"--count={limit + 1}", "--format=%(refname)")
    try:
        found = [names.as_text(name) for name in lines(git_dir, *asked, "refs/heads", "refs/tags", timeout=TIMEOUT)]
    except GitNotFound:
        return Holders()
    except GitTimeout:
        return None
    shown = found[:limit]
    return Holders(
        tuple(name.removeprefix("refs/heads/") for name in shown if name.startswith("refs/heads/")),
        tuple(name.removeprefix("refs/tags/") for name in shown if name.startswith("refs/tags/")),
        len(found) > limit,
    )
