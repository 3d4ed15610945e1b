"""`manage.py up`: a whole hub from one command."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core.checks import run_checks
from django.core.management.base import BaseCommand
from django.db import connection, connections

from accounts.services.setup import has_administrator, new_setup_link
from hub import restart, schema, startup
from hub.lib.address import listening_address, note_listening
from hub.supervisor import become


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
        """Prepare, then become the supervisor."""
        self.check(tags=["hub"])
        startup.make_folders()
        restart.forget(settings.RUN_DIR)
        # Any number of web servers and workers may share one home; two schedulers would do everything twice.
        held = [startup.lock(only or "up")] if only in (None, "beat") else []
        opens_doors = only in (None, "web")
        if opens_doors:
            startup.check_port(host, port)
            startup.collect_static(self.say)
            schema.migrate(self.say)
            note_listening(host, port)
        introduction = self.introduction(host, port) if opens_doors else f"Started {only}."
        plan = {
            "children": [asdict(child) for child in children(host, port) if only in (None, child.name)],
            "probe": probe(host, port) if opens_doors else "",
            "introduction": introduction,
        }
        # A way in that is new each time, or a warning, must be told by each start.
        if only is None and connection.vendor == "sqlite" and has_administrator() and not run_checks(tags=["hub"]):
            startup.note_for_next_time(plan, host, port)
        connections.close_all()
        become({**plan, "locks": held})

    def say(self, text: str) -> None:
        """A line for whoever sits at the terminal."""
        self.stdout.write(text)
        self.stdout.flush()

    def introduction(self, host: str, port: int) -> str:
        """Where the hub is, where its data is, and the way in while nobody administers it."""
        address = settings.HUB_URL.rstrip("/") or listening_address(host, port)
        lines = ["", f"  Cairn   {address}", f"  Data    {settings.HUB_HOME}"]
        path = new_setup_link()
        if path:
            lines += ["  Create the first administrator (once, within 15 minutes):", f"          {address}{path}"]
        return "\n".join([*lines, "  Stop with Ctrl-C.", ""])


def probe(host: str, port: int) -> str:
    """The address at which this machine can ask whether the web server answers."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{shown}]:{port}/healthz" if ":" in shown else f"http://{shown}:{port}/healthz"


@dataclass(frozen=True, slots=True)
class Process:
    """The name, words and environment of a child of the supervisor."""

    name: str
    command: list[str]
    environment: dict[str, str]


def children(host: str, port: int) -> list[Process]:
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
        # Celery warns of root for the sake of pickled messages; ours are JSON.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
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
    return [Process("web", web, home), Process("worker", worker, home), Process("beat", beat, home)]
