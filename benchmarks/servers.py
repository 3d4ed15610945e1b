"""Starts the servers that are compared, each in a fresh folder: this hub, `mlflow server`, FastTrackML, PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Server:
    """A running server: where it listens, what goes before each path, its processes and its database."""

    name: str
    port: int
    prefix: str
    headers: str
    process: psutil.Process
    first_answer: float
    database: str
    artifacts: bool = True

    def all_processes(self) -> list[psutil.Process]:
        """The server with all its children."""
        return [self.process, *self.process.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """CPU that all its processes have used."""
        found = [process.cpu_times() for process in self.all_processes()]
        return float(sum(times.user + times.system for times in found))

    def resident_mb(self, only: str = "") -> float:
        """Memory it would give back (proportional), of all its processes or of those with `only` in their words."""
        chosen = [process for process in self.all_processes() if only in " ".join(process.cmdline())]
        if only:  # What they started belongs to them.
            chosen = list({each.pid: each for one in chosen for each in [one, *one.children(recursive=True)]}.values())
        return float(sum(process.memory_full_info().pss for process in chosen)) / 2**20


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def started(
    name: str, command: list[str], port: int, probe: str, environment: Mapping[str, str], folder: Path, **more: Any
) -> Iterator[Server]:
    """A server from its start to its end; the time to its first answer is taken."""
    begun = time.perf_counter()
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        answered = wait_for(process, port, probe, folder / f"{name}.log") - begun
        yield Server(name, port, process=psutil.Process(process.pid), first_answer=answered, **more)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a server to end, and make it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(process: subprocess.Popen[bytes], port: int, probe: str, log: Path) -> float:
    """The time of the first good answer; raises RuntimeError when there is none within three minutes."""
    deadline = time.perf_counter() + 180
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped:\n{log.read_text()[-3000:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(f"GET {probe} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            if client.recv(16).startswith(b"HTTP/1.1 200"):
                return time.perf_counter()
        time.sleep(0.01)
    raise RuntimeError("the server did not answer within three minutes")


def compile_sources() -> None:
    """Byte code of this tree, as pip makes it of what it installs: the peers have it."""
    rooms = sorted(str(each.parent) for each in ROOT.glob("*/__init__.py"))
    subprocess.run([sys.executable, "-m", "compileall", "-q", *rooms], check=True, stdout=subprocess.DEVNULL)


class HubHome:
    """A hub that was set up once with a user, a token and the repository bench/work, to be started several times."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder = folder
        self.home = folder / "home"
        self.database = database or f"sqlite:///{self.home}/hub.sqlite3"
        self.environment = {
            "HUB_HOME": str(self.home), "HUB_ENV": "prod", "PYTHONPATH": str(ROOT), "HUB_DATABASE": database,
        }  # fmt: skip
        self.port = 0
        compile_sources()
        self.manage("migrate", "--verbosity", "0")
        self.manage("user", "create", "boss", "--email", "boss@example.org", "--admin")
        self.manage("user", "create", "bench", "--email", "bench@example.org")
        self.token = self.manage("token", "create", "bench").splitlines()[-1]
        self.manage("repo", "create", "bench/work")
        login = b64encode(f"bench:{self.token}".encode()).decode()
        self.headers = f"Authorization: Basic {login}\r\n"

    def manage(self, *words: str) -> str:
        """What a management command says; raises RuntimeError when it fails."""
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        surroundings = {**os.environ, **self.environment}
        done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stderr}")
        return done.stdout.strip()

    def started(self, port: int = 0) -> contextlib.AbstractContextManager[Server]:
        """The whole hub, running: `manage.py up`, with the same words each time unless a port is given."""
        self.port = port = port or self.port or free_port()
        command = [sys.executable, str(ROOT / "manage.py"), "up", "--port", str(port)]
        more = {"prefix": "/bench/work.mlflow", "headers": self.headers, "database": self.database}
        return started("hub", command, port, "/healthz", self.environment, self.folder, **more)


def mlflow(folder: Path, database: str = "") -> contextlib.AbstractContextManager[Server]:
    """`mlflow server` as it comes, with its default number of workers."""
    port = free_port()
    uri = database.replace("postgres://", "postgresql+psycopg://") or f"sqlite:///{folder}/mlflow.db"
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--backend-store-uri", uri, "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    more = {"prefix": "", "headers": "", "database": database or uri}
    return started("mlflow", command, port, "/health", {"MLFLOW_DISABLE_TELEMETRY": "true"}, folder, **more)


def fasttrackml(folder: Path, program: str) -> contextlib.AbstractContextManager[Server]:
    """FastTrackML as it comes, on SQLite."""
    port = free_port()
    command = [
        program, "server", "--listen-address", f"127.0.0.1:{port}", "--log-level", "error",
        "--database-uri", f"sqlite://{folder}/fml.db", "--default-artifact-root", str(folder / "artifacts"),
    ]  # fmt: skip
    more = {"prefix": "", "headers": "", "artifacts": False, "database": f"sqlite:///{folder}/fml.db"}
    return started("fml", command, port, "/health", {}, folder, **more)


@contextlib.contextmanager
def postgres_cluster(folder: Path) -> Iterator[str]:
    """A PostgreSQL of its own with its default settings, ended with the run; the address of its server (postgres://…).

    PostgreSQL refuses to run as root: then it runs as the user `postgres`, if there is one.
    """
    programs = [*Path("/usr/lib/postgresql").glob("*/bin"), Path(shutil.which("pg_ctl") or "/nowhere").parent]
    bin_folder = next((str(each) for each in programs if (each / "pg_ctl").exists()), "")
    if not bin_folder:
        raise SystemExit("PostgreSQL's pg_ctl is not installed; give --postgres an address in place of `own`.")
    data, port = folder / "cluster", free_port()
    data.mkdir()
    person = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if person is not None:
        os.chown(data, person.pw_uid, person.pw_gid)
        folder.chmod(0o711)  # It must reach its own folder in ours.

    def run(*words: str) -> None:
        who: dict[str, Any] = {"user": person.pw_uid, "group": person.pw_gid} if person else {}
        subprocess.run([f"{bin_folder}/{words[0]}", *words[1:]], check=True, cwd="/", stdout=subprocess.DEVNULL, **who)

    run("initdb", "-D", str(data), "-U", "bench", "--auth", "trust", "--encoding", "UTF8", "--no-locale")
    options = f"-p {port} -k {data} -c listen_addresses=127.0.0.1"
    run("pg_ctl", "-D", str(data), "-o", options, "-w", "-l", str(data / "log"), "start")
    try:
        yield f"postgres://bench@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")


@contextlib.contextmanager
def postgres_database(server: str, name: str) -> Iterator[str]:
    """An empty database on a PostgreSQL server, dropped at the end; its address."""
    import psycopg

    def say(statement: str) -> None:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(statement)

    say(f"CREATE DATABASE {name}")
    try:
        yield f"{server}/{name}"
    finally:
        say(f"DROP DATABASE {name} WITH (FORCE)")
