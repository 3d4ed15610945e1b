"""A hub that really runs: its own home, its own port, its own processes, reached as its users reach it."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tests.support.groups import Group

ROOT = Path(__file__).resolve().parent.parent.parent
# Seconds for a server to answer, and for a command to end: what is done in time costs none of them, and a busy machine
# is no fault of theirs.
START = 180
COMMAND = 300

CAST = """
import json
from accounts.actor import Actor
from accounts.authn import token_text
from accounts.levels import Level
from accounts.services import create_token, create_user
from repos.services.people import set_collaborator
from repos.services.repositories import create_repository
users = {name: create_user(username=name, password="correct horse battery", email=name + "@example.org",
                           is_admin=name == "rootadmin")
         for name in ("alice", "bob", "carol", "mallory", "rootadmin")}
owner = Actor(user=users["alice"])
stones = create_repository(actor=owner, owner=users["alice"].owner, name="stones")
set_collaborator(actor=owner, repository=stones, user=users["bob"], level=Level.WRITE)
set_collaborator(actor=owner, repository=stones, user=users["carol"], level=Level.READ)
tokens = {name: token_text(create_token(user=user, name="live", scope=Level.ADMIN)) for name, user in users.items()}
tokens["alice-read"] = token_text(create_token(user=users["alice"], name="reader", scope=Level.READ))
print("CAST " + json.dumps(tokens))
"""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class LiveHub:
    """A running web server with the cast of tests in it: alice owns alice/stones, bob writes, carol reads."""

    home: Path
    port: int
    environment: dict[str, str]
    tokens: dict[str, str] = field(default_factory=dict)
    group: Group | None = None
    process: subprocess.Popen[bytes] | None = None

    password = "correct horse battery"

    @property
    def url(self) -> str:
        """Address without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *words: str, input: str | None = None) -> str:
        """Run a management command against this hub's home; returns its standard output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            input=input,
            capture_output=True,
            text=True,
            timeout=COMMAND,
        )
        assert done.returncode == 0, f"manage.py {words[0]} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def run_code(self, code: str) -> str:
        """Run Python inside the hub's own settings; returns what it prints."""
        return self.manage("shell", "--no-imports", "--command", code)

    def git_url(self, repo: str, who: str | None = None) -> str:
        """The clone address, with somebody's token in it."""
        login = f"{who}:{self.tokens[who]}@" if who else ""
        return f"http://{login}127.0.0.1:{self.port}/{repo}.git"

    def new_repo(self, name: str, *, visibility: str = "private") -> str:
        """Another repository of alice; returns `alice/name`."""
        body = json.dumps({"name": name, "visibility": visibility}).encode()
        headers = {"Authorization": f"Bearer {self.tokens['alice']}", "Content-Type": "application/json"}
        with urlopen(Request(f"{self.url}/api/v1/user/repos", body, headers), timeout=120) as answer:
            assert answer.status == 201
        return f"alice/{name}"

    def start(self) -> None:
        """Start the web server and wait until it answers."""
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", "1", "--blocking-threads", "32", "--no-ws", "--log-level", "warning", "hub.wsgi:application",
        ]  # fmt: skip
        self.group = Group(command, cwd=ROOT, env=self.environment, log=self.home / "web.log")
        self.process = self.group.process
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.home / "web.log").read_text()
            with contextlib.suppress(URLError, OSError), urlopen(f"{self.url}/healthz", timeout=120):
                return
            time.sleep(0.1)
        raise AssertionError(f"the hub did not answer within {START} s:\n" + (self.home / "web.log").read_text())

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stop it, and make sure that nothing stays."""
        if self.group is not None:
            self.group.end(number)
        self.group = self.process = None


def environment_of(home: Path, database: str, **settings: str) -> dict[str, str]:
    """Variables for a hub that runs in `home`, without those of the tests; `settings` are further HUB_* variables."""
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("HUB_", "DJANGO_", "PYTEST_"))},
        "HUB_ENV": "live",
        "HUB_HOME": str(home),
        "HUB_DATABASE": database,
        "HUB_REDIS": os.environ.get("HUB_REDIS", ""),
        **settings,
    }


@contextlib.contextmanager
def live_hub(home: Path, **settings: str) -> Iterator[LiveHub]:
    """A migrated, populated, running hub in `home`; `settings` are further HUB_* variables."""
    ready = with_cast()
    shutil.copytree(ready.home, home, dirs_exist_ok=True)
    with own_database(ready.database) as database:
        hub = LiveHub(home, free_port(), environment_of(home, database, **settings), tokens=dict(ready.tokens))
        try:
            hub.start()
            yield hub
        finally:
            hub.stop()


@dataclass(frozen=True)
class Ready:
    """A home to copy, with its database: that is a file in it, or one beside HUB_DATABASE."""

    home: Path
    database: str
    tokens: dict[str, str] = field(default_factory=dict)


@cache
def migrated() -> Ready:
    """A home with every table, made once in a process."""
    ready = _made_ready()
    hub = LiveHub(ready.home, 0, environment_of(ready.home, ready.database))
    hub.run_code("from hub import schema, startup; startup.make_folders(); schema.migrate(print)")
    return ready


@cache
def with_cast() -> Ready:
    """The same with the cast in it."""
    ready = _made_ready(migrated())
    hub = LiveHub(ready.home, 0, environment_of(ready.home, ready.database))
    line = next(line for line in hub.run_code(CAST).splitlines() if line.startswith("CAST "))
    ready.tokens.update(json.loads(line.removeprefix("CAST ")))
    return ready


def _made_ready(source: Ready | None = None) -> Ready:
    """A home and a database that stay until the tests end: new, or copies of a `source`."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cairn-ready-")))
    if source:
        shutil.copytree(source.home, home, dirs_exist_ok=True)
    return Ready(home, stack.enter_context(own_database(source.database if source else "")))


@contextlib.contextmanager
def own_database(template: str = "") -> Iterator[str]:
    """A database nobody else uses: "" for SQLite in the home folder, or a fresh one beside HUB_DATABASE.

    `template` is the address of one to copy, which nobody is connected to.
    """
    url = os.environ.get("HUB_DATABASE", "")
    if not url.startswith("postgres"):
        yield ""
        return
    import psycopg

    name = f"cairn_live_{secrets.token_hex(6)}"
    source = f'TEMPLATE "{urlsplit(template).path[1:]}"' if template else ""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" {source}')
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
