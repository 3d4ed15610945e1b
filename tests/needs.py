"""Says plainly what this machine lacks for the whole suite, and how to get it: `python -m tests.needs`."""

from __future__ import annotations

import os
import shutil
import sys

from tests.support.chromium import chromium_path


def engines() -> bool:
    """Whether a PostgreSQL and a Redis were named for this run."""
    return os.environ.get("HUB_DATABASE", "").startswith("postgres") and bool(os.environ.get("HUB_REDIS"))


def main() -> int:
    """Print one line for each thing that is missing; the suite runs without, and says what it left out or what fails."""
    if shutil.which("git") is None:
        sys.stderr.write("git is missing, and nothing works without it. Debian: apt-get install git\n")
        return 1
    lines = []
    if chromium_path() is None:
        lines.append("Chromium: browser tests are left out. Debian: apt-get install chromium; else set CHROMIUM=/path")
    for name, what in (("git-lfs", "tests of LFS with its own client fail"), ("openssl", "tests over TLS fail")):
        if shutil.which(name) is None:
            lines.append(f"{name}: {what}. Debian: apt-get install {name}")
    if not engines():
        lines.append(
            "PostgreSQL and Redis: this run uses SQLite and files. For both: apt-get install postgresql redis-server, "
            "then HUB_DATABASE=postgres://user:password@host/name HUB_REDIS=redis://host:6379/0 make test"
        )
    for line in lines:
        sys.stdout.write(f"  not here  {line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
