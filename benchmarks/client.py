"""Requests of the benchmarks: prepared bytes over kept connections, so that the client takes little of the machine."""

from __future__ import annotations

import json
import socket
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

from servers import Server

CONNECTIONS = 8
API = "/api/2.0/mlflow/"


class Connection:
    """One kept connection that sends prepared bytes."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.open()

    def open(self) -> None:
        """Connect, anew where the server has closed a connection that was idle."""
        self.socket = socket.create_connection(("127.0.0.1", self.server.port), timeout=600)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.used = time.perf_counter()

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

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
        """The body of the answer, which must be 200; raises RuntimeError for others, OSError without one.

        Once more where the connection broke: MLflow's own supervisor ends workers that a busy machine makes slow.
        """
        try:
            status, body = self.try_send(request)
        except OSError:
            self.close()
            self.open()
            status, body = self.try_send(request)
        if status != 200:
            raise RuntimeError(f"{self.server.name}: {status} {body[:300]!r} for {request[:120]!r}")
        return body

    def try_send(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer, whatever it is; raises OSError when there is none."""
        if time.perf_counter() - self.used > 2:
            self.close()
            self.open()
        self.socket.sendall(request)
        while b"\r\n\r\n" not in self.rest:
            self.rest += self._more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        body = self._chunked() if "chunked" in headers.get("transfer-encoding", "") else self._sized(headers)
        self.used = time.perf_counter()
        return int(lines[0].split()[1]), body

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an answer."""
        return json.loads(self.send(self.prepare(method, path, body)) or b"{}")

    def _more(self) -> bytes:
        block = self.socket.recv(1 << 20)
        if not block:
            raise ConnectionError(f"{self.server.name} closed the connection")
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
        connection.close()
    if errors:
        raise errors[0]
    return count / seconds, 1000 * cpu / count


def median_ms(times: int, work: Callable[[], object]) -> float:
    """The median of several tries, in milliseconds."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - begun))
    return statistics.median(found)
