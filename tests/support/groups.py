"""Servers of tests with all the processes that they start: none outlives its test, however that ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_WATCH = """
import contextlib, os, signal, sys
sys.stdin.read()
with contextlib.suppress(ProcessLookupError):
    os.killpg(int(sys.argv[1]), signal.SIGKILL)
"""


class Group:
    """A process in a group of its own, written to `log`, and a watch that ends the group when the tests are gone."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as out:
            self.process = subprocess.Popen(command, cwd=cwd, env=env, stdout=out, stderr=out, start_new_session=True)
        # Its input ends when this process ends, also by kill -9: no clean-up of Python's would run then.
        self._watch = subprocess.Popen(
            [sys.executable, "-SEc", _WATCH, str(self.process.pid)], stdin=subprocess.PIPE, start_new_session=True
        )

    def end(self, number: int = signal.SIGTERM, *, seconds: float = 30) -> None:
        """Send the signal to all of the group, and kill whoever is left: a worker may outlive its parent."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self._watch.communicate()
        self.process.wait()
