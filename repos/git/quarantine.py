"""A folder for objects that may come to nothing: they join the repository when they are wanted, or vanish."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from repos.git.process import run
from repos.git.taking import quoted, take_objects

# What maintenance removes when a process died in the middle begins so.
PREFIX = "incoming-"
# Nothing in here has been promised to anybody yet; what is kept is synced on its way into the repository.
CONFIG: Mapping[str, str] = {"core.fsync": "none"}
TIMEOUT = 120.0


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Git's view of a repository in which everything new goes to `folder`."""

    git_dir: Path
    folder: Path

    def run(self, *args: str, input: bytes | None = None, accept: Sequence[int] = (0,)) -> bytes:
        """What `git <args>` says; raises like repos.git.process.run."""
        env = {
            "GIT_OBJECT_DIRECTORY": str(self.folder),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted(self.git_dir / "objects"),
        }
        return run(self.git_dir, *args, input=input, accept=accept, env=env, config=CONFIG, timeout=TIMEOUT)

    def write(self, kind: str, data: bytes) -> str:
        """Add an object; its id."""
        whole = f"{kind} {len(data)}\0".encode() + data
        object_id = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
        place = self.folder / object_id[:2] / object_id[2:]
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(zlib.compress(whole, 1))
        return object_id

    def keep(self, commit: str) -> None:
        """The commit and what it needs are in the repository; the rest of the quarantine is not."""
        take_objects(self.git_dir, self.folder, [commit])


@contextmanager
def quarantine(git_dir: Path) -> Iterator[Quarantine]:
    """A fresh quarantine; it is gone when the block ends, however that ends."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=git_dir / "objects"))
    try:
        yield Quarantine(git_dir, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
