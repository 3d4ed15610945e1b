"""Children are kept alive, given up when they cannot start, and never left behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from hub import supervisor
from hub.supervisor import Child, Supervisor


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_child_that_cannot_start_ends_the_hub_with_status_1():
    said: list[str] = []
    watch = Supervisor([Child("web", python("raise SystemExit(3)"))], say=said.append)
    watch.start(["web"])
    assert watch.run() == 1
    assert said[-1].startswith("web does not start")
    assert said.count("web ended with status 3; starting it again.") == supervisor.MOST_FAST_EXITS - 1


def test_stubborn_child_and_its_own_children_are_ended(monkeypatch, tmp_path):
    """The attack on tidiness: a child ignores SIGTERM and has started a process of its own."""
    monkeypatch.setattr(supervisor, "GRACE", 0.3)
    note = tmp_path / "pid"
    code = (
        "import signal, subprocess, sys, time, pathlib\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(inner.pid))\n"
        "time.sleep(60)"
    )
    watch = Supervisor([Child("worker", python(code))], say=lambda text: None)
    watch.start(["worker"])
    while not (note.exists() and note.read_text()):
        time.sleep(0.02)
    inner = int(note.read_text())
    watch.stop()
    child = watch.children[0].process
    assert child is not None
    assert child.returncode == -signal.SIGKILL
    for _ in range(100):
        try:
            with open(f"/proc/{inner}/stat") as stat:
                if stat.read().split()[2] == "Z":
                    break
            os.kill(inner, 0)
        except (ProcessLookupError, FileNotFoundError):
            break
        time.sleep(0.02)
    else:
        raise AssertionError("the grandchild lives")


def test_signal_means_stop():
    watch = Supervisor([Child("web", python("import time; time.sleep(60)"))], say=lambda text: None)
    watch.start(["web"])
    threading.Timer(0.2, lambda: watch._on_signal(signal.SIGTERM, None)).start()
    assert watch.run() == 0
    watch.stop()
    assert not watch.children[0].is_alive
