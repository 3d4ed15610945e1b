"""`manage.py up` is the whole hub: it starts, answers, works in the background, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from tests.support.live import COMMAND, ROOT, START, free_port
from tests.support.up import RunningUp, running_up

pytestmark = pytest.mark.wire


@pytest.fixture
def up(tmp_path: Path) -> Iterator[RunningUp]:
    with running_up(tmp_path / "home") as running:
        yield running


def wait_for_children(up: RunningUp) -> list[psutil.Process]:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        words = [" ".join(process.cmdline()) for process in up.family()]
        if any(" beat " in line for line in words) and any(" worker " in line for line in words):
            return up.family()
        time.sleep(0.2)
    raise AssertionError(up.output)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stops_cleanly_and_leaves_no_child(up: RunningUp, number: int):
    up.wait_until_printed("Stop with Ctrl-C")
    family = wait_for_children(up)
    assert len(family) >= 4
    up.process.send_signal(number)
    assert up.process.wait(60) == 0
    _, alive = psutil.wait_procs(family, timeout=120)
    assert alive == []
    assert up.output.rstrip().endswith("Stopped.")
    assert "Traceback" not in up.output


def test_killed_outright_takes_its_children_along(up: RunningUp):
    up.wait_until_printed("Stop with Ctrl-C")
    family = wait_for_children(up)
    up.process.kill()
    up.process.wait()
    _, alive = psutil.wait_procs(family, timeout=120)
    assert [process.cmdline() for process in alive] == []


def test_first_start_prints_the_link_that_makes_one_administrator(tmp_path: Path):
    with running_up(tmp_path / "home", first=True) as up:
        link = up.wait_until_printed(r"http://\S+(/-/setup/\S+)").group(1)
        assert "password" in up.get(link)
        assert str(up.home) in up.output


def test_background_work_is_done(up: RunningUp):
    """A job written into the database reaches the worker and comes back as done."""
    up.wait_until_printed("Stop with Ctrl-C")
    code = (
        "import time\n"
        "from jobs import services\n"
        "from jobs.models import Job\n"
        "job = services.enqueue('repos.maintain', 0, queue='git')\n"
        "for _ in range(1200):\n"
        "    job.refresh_from_db()\n"
        "    if job.state in ('done', 'failed'): break\n"
        "    time.sleep(0.1)\n"
        "print('ENDED ' + job.state)"
    )
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "--command", code],
        cwd=ROOT, env={**up.environment, "HUB_HOME": str(up.home)}, capture_output=True, text=True, timeout=COMMAND,
    )  # fmt: skip
    assert re.search(r"ENDED (done|failed)", done.stdout), done.stdout + done.stderr + up.output


def test_second_hub_on_the_same_home_is_refused(up: RunningUp):
    up.wait_until_printed("Stop with Ctrl-C")
    second = subprocess.run(
        [sys.executable, "manage.py", "up", "--port", str(free_port()), "--home", str(up.home)],
        cwd=ROOT, env=up.environment, capture_output=True, text=True, timeout=COMMAND,
    )  # fmt: skip
    assert second.returncode == 1
    assert "Another hub is running" in second.stderr
    assert json.loads(up.get("/healthz"))["status"] == "ok"


def test_taken_port_is_told(up: RunningUp, tmp_path: Path):
    up.wait_until_printed("Stop with Ctrl-C")
    second = subprocess.run(
        [sys.executable, "manage.py", "up", "--port", str(up.port), "--home", str(tmp_path / "other")],
        cwd=ROOT, env=up.environment, capture_output=True, text=True, timeout=COMMAND,
    )  # fmt: skip
    assert second.returncode == 1
    assert "Choose another port" in second.stderr


def test_parts_run_apart_and_web_servers_share_a_home(up: RunningUp):
    """As on several machines: the home is shared, only the scheduler is alone."""
    up.wait_until_printed("Stop with Ctrl-C")
    port = free_port()
    second = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--only", "web", "--port", str(port), "--home", str(up.home)],
        cwd=ROOT, env=up.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/healthz", timeout=120) as answer:
                assert json.loads(answer.read())["status"] == "ok"
                break
            assert second.poll() is None
            time.sleep(0.1)
        words = [" ".join(child.cmdline()) for child in psutil.Process(second.pid).children(recursive=True)]
        assert words
        assert all("granian" in line or "spawn" in line or "resource_tracker" in line for line in words), words
    finally:
        second.send_signal(signal.SIGTERM)
        assert second.wait(60) == 0


def test_later_start_on_the_same_home(up: RunningUp):
    """The first start with an administrator looks at everything; the next has nothing to prepare and says the same."""
    up.wait_until_printed("Stop with Ctrl-C")
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(60) == 0
    subprocess.run(
        [sys.executable, "manage.py", "user", "create", "alice", "--admin"],
        cwd=ROOT, env={**up.environment, "HUB_HOME": str(up.home)}, capture_output=True, timeout=COMMAND, check=True,
    )  # fmt: skip
    told = []
    for _ in range(2):
        again = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(up.port), "--home", str(up.home)],
            cwd=ROOT, env=up.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        with again:
            try:
                assert again.stdout is not None
                lines = takewhile(lambda line: "Ctrl-C" not in line, again.stdout)
                told.append([line for line in lines if line.strip()])
                assert json.loads(up.get("/healthz"))["status"] == "ok"
                assert "Sign in" in up.get("/")
            finally:
                again.send_signal(signal.SIGTERM)
            assert again.wait(60) == 0
    assert told[0] == told[1]
    assert [line.split()[0] for line in told[1]] == ["Cairn", "Data"]
    sqlite = (up.home / "hub.sqlite3").exists()
    assert (up.home / "run" / "start.json").exists() == sqlite
