"""Runs the web server, the worker and beat as children of one process, and leaves none behind.

`manage.py up` prepares everything and then becomes this: a process that has loaded neither Django nor the database,
since it has nothing to do but watch.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

GRACE = 12.0  # seconds between asking a child to stop and making it
TOO_FAST = 5.0  # a child that lives shorter than this counts as one that cannot start
MOST_FAST_EXITS = 3
PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """A process to keep running: its words, and how it fared so far."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    fast_exits: int = 0

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    @property
    def is_alive(self) -> bool:
        """Started and not ended."""
        return self.process is not None and self.process.poll() is None


def _die_with_parent() -> None:
    """On Linux the kernel stops a child whose supervisor was killed outright; elsewhere there is no such wish."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Keeps children alive until it is told to stop, or until one of them cannot start."""

    def __init__(self, children: Iterable[Child], *, say: Callable[[str], None]) -> None:
        self.children = list(children)
        self._say = say
        self._stop = False

    def watch_signals(self) -> None:
        """From now on Ctrl-C, SIGTERM and a closed terminal mean: stop in order."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop = True

    @property
    def stopping(self) -> bool:
        """Whether somebody has asked to stop."""
        return self._stop

    def start(self, names: Iterable[str]) -> None:
        """Start the children of these names."""
        wanted = set(names)
        for child in self.children:
            if child.name in wanted:
                child.start()

    def run(self) -> int:
        """Watch until told to stop; returns the exit status: 0 when asked to, 1 when a child cannot start.

        The caller stops the children afterwards, also when something else went wrong before.
        """
        status = 0
        while not self._stop:
            failed = [child for child in self.children if not self._keep(child)]
            if failed:
                self._say(f"{failed[0].name} does not start; its last words are above. Stopping.")
                status = 1
                break
            time.sleep(0.25)
        return status

    def _keep(self, child: Child) -> bool:
        """Restart a child that ended; False once it has ended too fast too often."""
        if child.is_alive or child.process is None or self._stop:
            return True
        lived = time.monotonic() - child.started
        child.fast_exits = child.fast_exits + 1 if lived < TOO_FAST else 0
        if child.fast_exits >= MOST_FAST_EXITS:
            return False
        self._say(f"{child.name} ended with status {child.process.returncode}; starting it again.")
        child.start()
        return True

    def stop(self) -> None:
        """Ask every child to stop, wait, and end those that do not; none is left when this returns."""
        running = [child for child in self.children if child.is_alive]
        for child in running:
            _signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for child in running:
            assert child.process is not None
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._say(f"{child.name} did not stop in time and was ended.")
            # What a child itself started shares its group: nothing of it may outlive the hub.
            _signal_group(child, signal.SIGKILL)
            child.process.wait()


def wait_for(supervisor: Supervisor, probe: str, *, most: float = 60.0) -> None:
    """Return once `probe` (a URL) answers, or when it is clear that it will not."""
    # Here, since the web server starts meanwhile.
    from urllib.error import URLError
    from urllib.request import urlopen

    deadline = time.monotonic() + most
    while time.monotonic() < deadline and not supervisor.stopping and supervisor.children[0].is_alive:
        try:
            with urlopen(probe, timeout=2):  # noqa: S310
                return
        except URLError as error:
            if getattr(error, "code", None) is not None:
                return  # It answers, if only to say what is wrong.
            time.sleep(0.03)
        except OSError:
            time.sleep(0.03)


def become(plan: dict[str, Any]) -> None:
    """Replace this process by the supervisor of `plan`: children, introduction, probe, and locks to keep."""
    for descriptor in plan["locks"]:
        os.set_inheritable(descriptor, True)
    os.environ["CAIRN_PLAN"] = json.dumps(plan)
    os.execv(sys.executable, [sys.executable, "-m", "hub.supervisor"])  # noqa: S606


def run(plan: dict[str, Any]) -> int:
    """Start what the plan names: the web server first, the rest when it answers. Returns the exit status."""
    for descriptor in plan["locks"]:
        os.set_inheritable(descriptor, False)

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    supervisor = Supervisor([Child(**child) for child in plan["children"]], say=say)
    supervisor.watch_signals()
    try:
        if plan["probe"]:
            supervisor.start(["web"])
            wait_for(supervisor, plan["probe"])
        if not supervisor.stopping:
            say(plan["introduction"])
            # Later than the web server, so that the first page does not compete with their start.
            supervisor.start(["worker", "beat"])
        status = supervisor.run()
    finally:
        supervisor.stop()
    say("Stopped.")
    return status


def _signal_group(child: Child, number: signal.Signals) -> None:
    assert child.process is not None
    try:
        if number == signal.SIGTERM:
            child.process.send_signal(number)
        else:
            os.killpg(child.process.pid, number)
    except (ProcessLookupError, PermissionError):
        pass


if __name__ == "__main__":
    sys.exit(run(json.loads(os.environ.pop("CAIRN_PLAN"))))
