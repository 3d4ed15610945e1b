"""How much memory the processes of a running hub have taken."""

from __future__ import annotations

from pathlib import Path

import psutil

from tests.support.live import LiveHub


def peak(hub: LiveHub) -> int:
    """The most memory, in bytes, that the web server's processes ever held."""
    assert hub.process is not None
    family = [psutil.Process(hub.process.pid), *psutil.Process(hub.process.pid).children(recursive=True)]
    return sum(_high_water(process.pid) for process in family if process.is_running())


def _high_water(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmHWM"))
