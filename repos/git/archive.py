"""A commit's files as one download, streamed as git makes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from repos.git.process import stream

Format = Literal["zip", "tar.gz"]
CONTENT_TYPES: dict[Format, str] = {"zip": "application/zip", "tar.gz": "application/gzip"}
TIMEOUT = 3600


def archive(git_dir: Path, commit: str, *, format: Format, folder: str) -> Iterator[bytes]:
    """The archive's bytes in blocks; every file in it lies below `folder`, a plain name without slashes."""
    # `tar.gz` runs gzip by default, which a machine may lack; git's own zlib does as well.
    settings = {"tar.tar.gz.command": "git archive gzip"}
    return stream(
        git_dir, "archive", f"--format={format}", f"--prefix={folder}/", commit, timeout=TIMEOUT, config=settings
    )
