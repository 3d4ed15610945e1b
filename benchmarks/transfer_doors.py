"""The hub's doors without a client program: one address each to put bytes to and get them from, over plain sockets."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from client import Connection
from servers import Server

CHUNK = 1024 * 1024
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Door:
    """Where a protocol keeps content: `put` and `get` make its addresses from a name, its MD5 and its SHA-256."""

    name: str
    put: Callable[[str, str, str], str]
    get: Callable[[str, str, str], str]
    verb: str = "PUT"
    is_chunked: bool = False


def doors(s3: Any, run: str) -> list[Door]:
    """The four doors. `s3` is a boto3 client of the hub, which signs links; `run` takes the artifacts."""

    def link(verb: str) -> Callable[[str, str, str], str]:
        def of(name: str, md5: str, sha256: str) -> str:
            parts = urlsplit(s3.generate_presigned_url(verb, Params={"Bucket": "work", "Key": name}))
            return f"{parts.path}?{parts.query}"

        return of

    def artifact(name: str, md5: str, sha256: str) -> str:
        return f"/bench/work.mlflow/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/{name}"

    def dvc(name: str, md5: str, sha256: str) -> str:
        return f"/bench/work.dvc/files/md5/{md5[:2]}/{md5[2:]}"

    def lfs(name: str, md5: str, sha256: str) -> str:
        return f"/bench/work.git/info/lfs/objects/{sha256}"

    return [
        Door("MLflow", artifact, artifact),
        Door("S3", link("put_object"), link("get_object")),
        Door("DVC", dvc, dvc, verb="POST", is_chunked=True),
        Door("LFS", lfs, lfs),
    ]


def plain(server: Server, door: str = "") -> Server:
    """The server without a prefix of its own; the S3 door takes no credentials beside those of the link."""
    return replace(server, prefix="", headers="" if door == "S3" else server.headers)


def send_file(server: Server, door: Door, address: str, file: Path) -> None:
    """Send a file as one stream over a new connection; raises RuntimeError when it is refused."""
    with contextlib.closing(Connection(server)) as connection:
        _send(connection, door, address, file)


def fetch(server: Server, address: str) -> None:
    """Get an address and let go of its bytes. Raises RuntimeError for another status than 200."""
    with contextlib.closing(Connection(server)) as connection:
        _fetch(connection, address)


def _send(connection: Connection, door: Door, address: str, file: Path) -> None:
    size = file.stat().st_size
    framing = "Transfer-Encoding: chunked" if door.is_chunked else f"Content-Length: {size}"
    connection.socket.sendall(_head(connection, door.verb, address, framing))
    with file.open("rb") as source, contextlib.suppress(BrokenPipeError):  # A refusal may come early: it is read below.
        if door.is_chunked:
            while block := source.read(CHUNK):
                connection.socket.sendall(b"%x\r\n%b\r\n" % (len(block), block))
            connection.socket.sendall(b"0\r\n\r\n")
        else:
            connection.socket.sendfile(source)
    answer = connection.socket.recv(BLOCK)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{door.name}: {answer!r}")


def _fetch(connection: Connection, address: str) -> None:
    connection.socket.sendall(_head(connection, "GET", address, "Accept: */*"))
    rest = b""
    while b"\r\n\r\n" not in rest:
        rest += connection.socket.recv(BLOCK)
    head, _, rest = rest.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    if " 200" not in lines[0]:
        raise RuntimeError(f"{connection.server.name}: {lines[0]} for {address[:120]}")
    left, room = int(headers["content-length"]) - len(rest), memoryview(bytearray(BLOCK))
    while left:
        got = connection.socket.recv_into(room, min(left, BLOCK))
        if not got:
            raise ConnectionError(f"{connection.server.name} closed the connection")
        left -= got


def small_put(connection: Connection, door: Door, address: str, content: bytes) -> bytes:
    """The bytes of a request that sends a small file."""
    if not door.is_chunked:
        return connection.prepare(door.verb, address, content)
    head = _head(connection, door.verb, address, "Transfer-Encoding: chunked")
    return head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)


def _head(connection: Connection, verb: str, address: str, framing: str) -> bytes:
    server = connection.server
    return f"{verb} {address} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{server.headers}{framing}\r\n\r\n".encode()


def digests(file: Path) -> tuple[str, str]:
    """MD5 and SHA-256 of a file."""
    with file.open("rb") as source:
        md5 = hashlib.file_digest(source, "md5").hexdigest()
        source.seek(0)
        return md5, hashlib.file_digest(source, "sha256").hexdigest()


class Peak:
    """How far the memory of the hub's web processes rises above what it was."""

    def __init__(self, server: Server) -> None:
        everybody = server.all_processes()
        self._processes = [each for each in everybody if "granian" in " ".join(each.cmdline()).lower()]

    @contextlib.contextmanager
    def watched(self, note: Callable[[float], None]) -> Iterator[None]:
        """Tell `note` the growth in MB of the process that grew most, by the kernel's own high-water mark."""
        before = {each.pid: _status(each, "VmRSS") for each in self._processes}
        for each in self._processes:
            Path(f"/proc/{each.pid}/clear_refs").write_text("5")  # Resets the high-water mark.
        yield
        note(max(_status(each, "VmHWM") - before[each.pid] for each in self._processes) / 1024)


def _status(process: psutil.Process, word: str) -> int:
    """A line of /proc/PID/status, in KiB."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(word))
