"""Makes bare repositories. The settings they are served with come from the environment (see process.py)."""

from __future__ import annotations

from pathlib import Path

from repos.git.process import run


def create_bare(path: Path, default_branch: str = "main") -> None:
    """Make an empty bare repository at `path` whose HEAD names `default_branch`; harmless where there is one.

    Raises GitError, for instance when the branch name is not one that git accepts.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    run(None, "init", "--quiet", "--bare", "--template=", f"--initial-branch={default_branch}", str(path.resolve()))
