"""`manage.py up` as somebody at a terminal sees it."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import psutil

from tests.support.live import COMMAND, ROOT, START, environment_of, free_port, migrated, own_database


class RunningUp:
    """A started hub: its port, what it prints, and its processes."""

    def __init__(self, home: Path, database: str) -> None:
        self.port = free_port()
        self.home = home
        self.environment = environment_of(home, database)
        del self.environment["HUB_HOME"]
        self.log = home.with_suffix(".log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--port", str(self.port), "--home", str(home)],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def url(self) -> str:
        """Address without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """All it has printed."""
        return self.log.read_text()

    def get(self, path: str) -> str:
        """The body at a path."""
        with urlopen(f"{self.url}{path}", timeout=120) as answer:
            return answer.read().decode()

    def manage(self, *words: str) -> str:
        """Run a management command on its home; returns its standard output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words, "--home", str(self.home)],
            cwd=ROOT, env={**self.environment, "HUB_PORT": str(self.port)}, capture_output=True, text=True, timeout=COMMAND,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def wait_until_printed(self, pattern: str, seconds: float = START) -> re.Match[str]:
        """Wait for a line."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = re.search(pattern, self.output)
            if found:
                return found
            assert self.process.poll() is None, self.output
            time.sleep(0.1)
        raise AssertionError(f"{pattern!r} was not printed:\n{self.output}")

    def family(self) -> list[psutil.Process]:
        """The supervisor and all below it."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]


@contextmanager
def running_up(home: Path, *, first: bool = False) -> Iterator[RunningUp]:
    """A hub started by `up`, stopped at the end: in a home without people yet, or where there was nothing at all."""
    if not first:
        shutil.copytree(migrated().home, home)
    with own_database("" if first else migrated().database) as database:
        running = RunningUp(home, database)
        try:
            yield running
        finally:
            if running.process.poll() is None:
                running.process.send_signal(signal.SIGTERM)
                running.process.wait(60)
