"""A checkout with stock git-lfs, set up in its own home."""

from __future__ import annotations

from pathlib import Path

from tests.support.git_checkout import Checkout
from tests.support.live import LiveHub


class LfsCheckout(Checkout):
    """A work tree whose `*.bin` files Git LFS keeps."""

    def __init__(self, folder: Path, origin: str = "") -> None:
        fresh = not folder.exists()
        super().__init__(folder, origin)
        # Git finds its attributes, filters and hooks for LFS here and nowhere else.
        self.git("lfs", "install", "--force")
        if fresh:
            self.git("lfs", "track", "*.bin")

    def write(self, name: str, content: bytes) -> None:
        """Write one file."""
        place = self.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def commit_file(self, name: str, content: bytes) -> None:
        """Write and commit one file."""
        self.write(name, content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", name)


def lfs_url(hub: LiveHub, repo: str) -> str:
    """Where the LFS API of a repository is."""
    return f"{hub.url}/{repo}.git/info/lfs"
