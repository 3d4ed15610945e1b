"""`manage.py up`: a whole hub from one command."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection, connections

from hub import startup
from hub.supervisor import Child, Supervisor


class Command(BaseCommand):
    """Starts web server, worker and beat, and watches over them until Ctrl-C."""

    help = "Start the hub: web server, background worker and scheduler."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen; `--home` is read by manage.py before settings are."""
        parser.add_argument("--host", default=settings.HUB_HOST, help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--only", choices=["web", "worker", "beat"], help="start one part, where each has a machine or container"
        )
        parser.add_argument("--port", type=int, default=settings.HUB_PORT, help="port (default: %(default)s)")

    def handle(self, *args: Any, host: str, port: int, only: str | None, **options: Any) -> None:
        """Prepare, start, watch, stop."""
        self.check()
        startup.make_folders()
        wanted = [child for child in children(host, port) if only in (None, child.name)]
        supervisor = Supervisor(wanted, say=self.say)
        with startup.only_one(only or "up"):
            try:
                if only in (None, "web"):
                    self.open_doors(supervisor, host, port)
                connections.close_all()
                supervisor.watch_signals()
                # Later than the web server, so that the first page does not compete with their start.
                supervisor.start(["worker", "beat"])
                status = supervisor.run()
            finally:
                supervisor.stop()
        self.say("Stopped.")
        sys.exit(status)

    def open_doors(self, supervisor: Supervisor, host: str, port: int) -> None:
        """Prepare what pages need, start the web server, and tell where it is once it answers."""
        startup.check_port(host, port)
        startup.collect_static(self.say)
        startup.migrate(self.say)
        supervisor.watch_signals()
        supervisor.start(["web"])
        wait_for(supervisor, host, port)
        if not supervisor.stopping:
            self.introduce(host, port)

    def say(self, text: str) -> None:
        """A line for whoever sits at the terminal."""
        self.stdout.write(text)
        self.stdout.flush()

    def introduce(self, host: str, port: int) -> None:
        """Print where the hub is, where its data is, and the way in while nobody administers it."""
        from accounts.services import new_setup_link

        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        address = settings.HUB_URL.rstrip("/") or f"http://{shown}:{port}"
        self.say(f"\n  Cairn   {address}\n  Data    {settings.HUB_HOME}")
        path = new_setup_link()
        if path:
            self.say(f"  Create the first administrator (once, within 15 minutes):\n          {address}{path}")
        self.say("  Stop with Ctrl-C.\n")


def children(host: str, port: int) -> list[Child]:
    """The processes of a hub on one machine."""
    sqlite = connection.vendor == "sqlite"
    workers, threads = ("1", "128") if sqlite else ("2", "64")
    home = {
        "HUB_HOME": str(settings.HUB_HOME),
        "HUB_HOST": host,
        "HUB_PORT": str(port),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "hub.settings"),
        # Few memory arenas: many threads would otherwise each keep what they once needed.
        "MALLOC_ARENA_MAX": "2",
    }
    celery = [sys.executable, "-m", "celery", "--app", "hub.celery", "--quiet"]
    quiet = ["--loglevel", settings.LOG_LEVEL]
    web = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", workers, "--blocking-threads", threads, "--backlog", "2048", "--no-ws",
        "--workers-kill-timeout", "10", "--respawn-failed-workers", "--log-level", "error",
        "hub.wsgi:application",
    ]  # fmt: skip
    worker = [
        *celery, "worker", "--pool", "threads", "--concurrency", "2", "--queues", "default,git,render",
        "--without-gossip", "--without-mingle", "--without-heartbeat", *quiet,
    ]  # fmt: skip
    beat = [*celery, "beat", "--schedule", str(settings.RUN_DIR / "beat.db"), "--pidfile", "", *quiet]
    return [Child("web", web, home), Child("worker", worker, home), Child("beat", beat, home)]


def wait_for(supervisor: Supervisor, host: str, port: int, *, most: float = 30.0) -> None:
    """Return once the web server answers, or when it is clear that it will not."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    target = f"http://[{shown}]:{port}/healthz" if ":" in shown else f"http://{shown}:{port}/healthz"
    deadline = time.monotonic() + most
    while time.monotonic() < deadline and not supervisor.stopping:
        try:
            with urlopen(target, timeout=2):  # noqa: S310
                return
        except URLError:
            web = supervisor.children[0]
            if not web.is_alive:
                return
            time.sleep(0.05)
        except OSError:
            time.sleep(0.05)
