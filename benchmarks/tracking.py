"""Compares the MLflow door with `mlflow server` and FastTrackML: the same REST work on each, in one run.

    python benchmarks/tracking.py [--fml PATH] [--quick] [--only hub,mlflow,fml] [--runs N]

Each server gets a fresh folder and SQLite. The hub answers with authentication on; the others have none. FastTrackML
is measured when `fml` is found (`pip install fasttrackml` in an environment of its own). Requests are sent as
prepared bytes over kept connections, so that little of the machine goes to the client. Times are medians; the ratios
are what counts, and only between servers of one run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = 8
API = "/api/2.0/mlflow/"
ARTIFACT = 20 * 1024 * 1024
Reading = dict[str, float]


@dataclass
class Server:
    """A running server: where it listens, what goes before each path, and its processes."""

    name: str
    port: int
    prefix: str
    headers: str
    process: psutil.Process
    first_answer: float
    artifacts: bool = True
    readings: Reading = field(default_factory=dict)

    def all_processes(self) -> list[psutil.Process]:
        """The server with all its children."""
        return [self.process, *self.process.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """CPU that all its processes have used."""
        found = [process.cpu_times() for process in self.all_processes()]
        return sum(times.user + times.system for times in found)

    def resident_mb(self) -> float:
        """Memory that it would give back: proportional where the kernel tells."""
        return sum(process.memory_full_info().pss for process in self.all_processes()) / 2**20


class Connection:
    """One kept connection that sends prepared bytes."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.open()

    def open(self) -> None:
        """Connect, anew where the server has closed a connection that was idle."""
        self.socket = socket.create_connection(("127.0.0.1", self.server.port), timeout=300)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.used = time.perf_counter()

    def prepare(self, method: str, path: str, body: Any = None) -> bytes:
        """The bytes of a request."""
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        head = (
            f"{method} {self.server.prefix}{path} HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\n"
            f"{self.server.headers}Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        return head.encode() + data

    def send(self, request: bytes) -> bytes:
        """The body of the answer, which must be 200."""
        if time.perf_counter() - self.used > 2:
            self.socket.close()
            self.open()
        self.socket.sendall(request)
        while b"\r\n\r\n" not in self.rest:
            self.rest += self._more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        body = self._chunked() if "chunked" in headers.get("transfer-encoding", "") else self._sized(headers)
        self.used = time.perf_counter()
        if " 200 " not in lines[0] + " ":
            raise RuntimeError(f"{self.server.name}: {lines[0]} {body[:300]!r}")
        return body

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an answer."""
        return json.loads(self.send(self.prepare(method, path, body)) or b"{}")

    def _more(self) -> bytes:
        block = self.socket.recv(1 << 20)
        if not block:
            raise RuntimeError(f"{self.server.name} closed the connection")
        return block

    def _sized(self, headers: dict[str, str]) -> bytes:
        return self._exactly(int(headers.get("content-length", "0")))

    def _exactly(self, size: int) -> bytes:
        parts, have = [self.rest], len(self.rest)
        while have < size:
            parts.append(self._more())
            have += len(parts[-1])
        whole = b"".join(parts)
        self.rest = whole[size:]
        return whole[:size]

    def _chunked(self) -> bytes:
        parts = []
        while True:
            while b"\r\n" not in self.rest:
                self.rest += self._more()
            line, _, self.rest = self.rest.partition(b"\r\n")
            size = int(line.split(b";")[0], 16)
            parts.append(self._exactly(size))
            self._exactly(2)
            if not size:
                return b"".join(parts)


# --- starting servers


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def started(
    name: str, command: list[str], port: int, probe: str, environment: dict[str, str], folder: Path, **more: Any
) -> Iterator[Server]:
    """A server from its start to its end; the time to its first answer is taken."""
    begun = time.perf_counter()
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        answered = _wait(process, port, probe, folder / f"{name}.log") - begun
        yield Server(name, port, process=psutil.Process(process.pid), first_answer=answered, **more)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, probe: str, log: Path) -> float:
    deadline = time.perf_counter() + 180
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped:\n{log.read_text()[-3000:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(f"GET {probe} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            if client.recv(16).startswith(b"HTTP/1.1 200"):
                return time.perf_counter()
        time.sleep(0.02)
    raise RuntimeError("the server did not answer within three minutes")


@contextlib.contextmanager
def hub(folder: Path) -> Iterator[Server]:
    """This hub with a user, a token and a repository."""
    port = free_port()
    environment = {"HUB_HOME": str(folder / "home"), "HUB_ENV": "prod", "PYTHONPATH": str(ROOT)}

    def manage(*words: str) -> str:
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stderr}")
        return done.stdout.strip()

    manage("migrate", "--verbosity", "0")
    manage("user", "create", "bench", "--email", "bench@example.org")
    token = manage("token", "create", "bench").splitlines()[-1]
    manage("repo", "create", "bench/work")
    login = b64encode(f"bench:{token}".encode()).decode()
    command = [sys.executable, str(ROOT / "manage.py"), "up", "--port", str(port)]
    more = {"prefix": "/bench/work.mlflow", "headers": f"Authorization: Basic {login}\r\n"}
    with started("hub", command, port, "/healthz", environment, folder, **more) as server:
        yield server


@contextlib.contextmanager
def mlflow(folder: Path) -> Iterator[Server]:
    """`mlflow server` as it comes, on SQLite."""
    port = free_port()
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    environment = {"MLFLOW_DISABLE_TELEMETRY": "true"}
    with started("mlflow", command, port, "/health", environment, folder, prefix="", headers="") as server:
        yield server


@contextlib.contextmanager
def fasttrackml(folder: Path, program: str) -> Iterator[Server]:
    """FastTrackML as it comes, on SQLite."""
    port = free_port()
    command = [
        program, "server", "--listen-address", f"127.0.0.1:{port}", "--log-level", "error",
        "--database-uri", f"sqlite://{folder}/fml.db", "--default-artifact-root", str(folder / "artifacts"),
    ]  # fmt: skip
    more = {"prefix": "", "headers": "", "artifacts": False}
    with started("fml", command, port, "/health", {}, folder, **more) as server:
        yield server


# --- the work


def at_once(server: Server, count: int, request: Callable[[Connection, int], bytes]) -> tuple[float, float]:
    """Requests a second over CONNECTIONS connections, and milliseconds of the server's CPU for each."""
    plans: list[tuple[Connection, list[bytes]]] = []
    for lane in range(CONNECTIONS):
        connection = Connection(server)
        plans.append((connection, [request(connection, number) for number in range(lane, count, CONNECTIONS)]))
    errors: list[BaseException] = []

    def work(connection: Connection, requests: list[bytes]) -> None:
        try:
            for each in requests:
                connection.send(each)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=plan) for plan in plans]
    cpu, begun = server.cpu_seconds(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, cpu = time.perf_counter() - begun, server.cpu_seconds() - cpu
    for connection, _ in plans:
        connection.socket.close()
    if errors:
        raise errors[0]
    return count / seconds, 1000 * cpu / count


def median_ms(times: int, work: Callable[[], object]) -> float:
    """The median of several tries, in milliseconds, after one that does not count."""
    work()
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - begun))
    return statistics.median(found)


def metric(number: int, key: str = "m") -> dict[str, object]:
    """A metric point."""
    return {"key": key, "value": number / 7, "timestamp": 1_700_000_000_000 + number, "step": number}


def small_requests(server: Server, main: Connection, scale: int) -> None:
    """Create run, log-metric, get run."""
    experiment = main.ask("POST", API + "experiments/create", {"name": "small"})["experiment_id"]

    def create(connection: Connection, number: int) -> bytes:
        body = {"experiment_id": experiment, "start_time": number, "tags": [{"key": "mlflow.user", "value": "x"}]}
        return connection.prepare("POST", API + "runs/create", body)

    readings = server.readings
    readings["create run/s"], readings["create run, CPU ms"] = at_once(server, 100 * scale, create)
    runs = [new_run(main, experiment) for _ in range(CONNECTIONS)]

    def log(connection: Connection, number: int) -> bytes:
        body = {"run_id": runs[number % CONNECTIONS], **metric(number)}
        return connection.prepare("POST", API + "runs/log-metric", body)

    readings["log-metric/s"], readings["log-metric, CPU ms"] = at_once(server, 300 * scale, log)

    def get(connection: Connection, number: int) -> bytes:
        return connection.prepare("GET", f"{API}runs/get?run_id={runs[number % CONNECTIONS]}")

    readings["get run/s"], readings["get run, CPU ms"] = at_once(server, 300 * scale, get)


def new_run(main: Connection, experiment: str, start: int = 1) -> str:
    """A run's id."""
    body = {"experiment_id": experiment, "start_time": start}
    return str(main.ask("POST", API + "runs/create", body)["run"]["info"]["run_id"])


def batches(server: Server, main: Connection, scale: int) -> None:
    """log-batch of 1,000 metrics, and the history of 100 of them."""
    experiment = main.ask("POST", API + "experiments/create", {"name": "batches"})["experiment_id"]
    runs = [new_run(main, experiment) for _ in range(CONNECTIONS)]

    def batch(connection: Connection, number: int) -> bytes:
        metrics = [metric(number * 1000 + place, f"k{place % 20}") for place in range(1000)]
        body = {"run_id": runs[number % CONNECTIONS], "metrics": metrics, "params": [], "tags": []}
        return connection.prepare("POST", API + "runs/log-batch", body)

    count = 8 * scale
    rate, cpu = at_once(server, count, batch)
    server.readings["log-batch, metrics/s"], server.readings["log-batch, CPU us/metric"] = 1000 * rate, cpu
    long = new_run(main, experiment)
    for number in range(10 * scale):
        body = {"run_id": long, "metrics": [metric(number * 1000 + place) for place in range(1000)]}
        main.ask("POST", API + "runs/log-batch", {**body, "params": [], "tags": []})
    request = main.prepare("GET", f"{API}metrics/get-history?run_id={long}&metric_key=m")
    server.readings[f"history of {10 * scale},000 points, ms"] = median_ms(3, lambda: main.send(request))


def searches(server: Server, main: Connection, runs: int) -> None:
    """Search among `runs` runs with five metrics and five parameters."""
    experiment = main.ask("POST", API + "experiments/create", {"name": "searches"})["experiment_id"]
    for number in range(runs):
        run = new_run(main, experiment, 1000 + number)
        metrics = [{**metric(0, f"m{key}"), "value": (number * (key + 7)) % 1000 / 1000} for key in range(5)]
        params = [{"key": f"p{key}", "value": str((number + key) % 10)} for key in range(5)]
        main.ask("POST", API + "runs/log-batch", {"run_id": run, "metrics": metrics, "params": params, "tags": []})
    for name, body in {
        "search: 1,000 by a metric, ms": {"max_results": 1000, "order_by": ["metrics.m1 DESC"]},
        "search: first 100 by filter, ms": {"max_results": 100, "filter": "metrics.m0 > 0.5 and params.p0 = '3'"},
        "search: first 100, ms": {"max_results": 100},
    }.items():
        request = main.prepare("POST", API + "runs/search", {"experiment_ids": [experiment], **body})
        server.readings[name] = median_ms(5, lambda request=request: main.send(request))  # type: ignore[misc]


def files(server: Server, main: Connection) -> None:
    """A file of 20 MB up and down."""
    run = new_run(main, "0")
    path = f"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/large.bin"
    put, get = main.prepare("PUT", path, secrets.token_bytes(ARTIFACT)), main.prepare("GET", path)
    server.readings["PUT 20 MB, ms"] = median_ms(3, lambda: main.send(put))
    server.readings["GET 20 MB, ms"] = median_ms(3, lambda: main.send(get))


def measure(server: Server, runs: int, scale: int) -> Reading:
    """All readings of one server."""
    print(f"  {server.name}: first answer after {server.first_answer:.1f} s", flush=True)
    server.readings["first answer, ms"] = 1000 * server.first_answer
    time.sleep(3)
    server.readings["idle, MB"] = server.resident_mb()
    main = Connection(server)
    small_requests(server, main, scale)
    batches(server, main, scale)
    searches(server, main, runs)
    if server.artifacts:
        files(server, main)
    main.socket.close()
    return server.readings


# --- the table


def table(readings: dict[str, Reading]) -> str:
    """Readings side by side, with how many times better the hub is."""
    others = [name for name in readings if name != "hub"]
    ours = readings.get("hub", {})
    lines = [["work", *readings, *[f"hub : {name}" for name in others]]]
    for name in dict.fromkeys(name for found in readings.values() for name in found):
        cells = [_shown(found.get(name)) for found in readings.values()]
        ratios = [_ratio(name, ours.get(name), readings[other].get(name)) for other in others]
        lines.append([name, *cells, *ratios])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    return "\n".join([rows[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *rows[1:]])


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _ratio(name: str, ours: float | None, theirs: float | None) -> str:
    if not ours or not theirs:
        return "–"
    return f"{ours / theirs if name.endswith('/s') else theirs / ours:.1f}x"


def main() -> None:
    """Measure what was asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fml", default=shutil.which("fml") or "", help="path of FastTrackML's fml")
    parser.add_argument("--only", default="hub,mlflow,fml", help="servers to measure, comma-separated")
    parser.add_argument("--runs", type=int, default=2000, help="runs to search among")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    options = parser.parse_args()
    scale, runs = (1, min(options.runs, 200)) if options.quick else (10, options.runs)
    servers: dict[str, Callable[[Path], contextlib.AbstractContextManager[Server]]] = {"hub": hub, "mlflow": mlflow}
    if options.fml:
        servers["fml"] = lambda folder: fasttrackml(folder, options.fml)
    readings: dict[str, Reading] = {}
    for name in options.only.split(","):
        if name not in servers:
            continue
        with tempfile.TemporaryDirectory(prefix="cairn-bench-") as folder, servers[name](Path(folder)) as server:
            readings[name] = measure(server, runs, scale)
    print(f"\n{CONNECTIONS} connections, {runs} runs, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print(table(readings))


if __name__ == "__main__":
    main()
