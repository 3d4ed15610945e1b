"""Times `manage.py up` to its first page and adds up its idle memory: on a fresh home, then on the same one with an
administrator, where the second start looks at everything and the third finds nothing changed.

python benchmarks/startup.py [--runs N]
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

ROOT = Path(__file__).resolve().parent.parent
IDLE_AFTER = 8.0  # seconds until worker and scheduler have settled


QUIET = {key: value for key, value in os.environ.items() if not key.startswith("HUB_")}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path, port: int, *, settle: float) -> tuple[float, float]:
    """Seconds from the command to the first page, and MB resident in all processes after `settle` seconds."""
    begun = time.monotonic()
    words = [sys.executable, "manage.py", "up", "--port", str(port), "--home", str(home)]
    hub = subprocess.Popen(words, cwd=ROOT, env=QUIET, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            except (URLError, OSError):
                if hub.poll() is not None or time.monotonic() - begun > 60:
                    raise SystemExit("the hub does not start") from None
                time.sleep(0.02)
        seconds = time.monotonic() - begun
        time.sleep(settle)
        family = [psutil.Process(hub.pid), *psutil.Process(hub.pid).children(recursive=True)]
        return seconds, sum(process.memory_info().rss for process in family) / 2**20
    finally:
        hub.send_signal(signal.SIGTERM)
        hub.wait(30)


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    fresh, again, unchanged, memory = [], [], [], []
    for _ in range(parser.parse_args().runs):
        with tempfile.TemporaryDirectory(prefix="cairn-start-") as folder:
            home, port = Path(folder) / "home", free_port()
            fresh.append(start(home, port, settle=0)[0])
            words = [sys.executable, "manage.py", "user", "create", "boss", "--admin", "--home", str(home)]
            subprocess.run(words, cwd=ROOT, env=QUIET, check=True, stdout=subprocess.DEVNULL)
            again.append(start(home, port, settle=0)[0])
            seconds, size = start(home, port, settle=IDLE_AFTER)
            unchanged.append(seconds)
            memory.append(size)
    print(f"first page, fresh home: {statistics.median(fresh):.1f} s")
    print(f"first page, later start: {statistics.median(again):.1f} s")
    print(f"first page, nothing changed since the last: {statistics.median(unchanged):.1f} s")
    print(f"idle, all processes: {statistics.median(memory):.0f} MB resident")


if __name__ == "__main__":
    main()
