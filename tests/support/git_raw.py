"""Git's HTTP requests made by hand, for what a stock client never does: stop in the middle, lie, or send nonsense."""

from __future__ import annotations

import http.client
import socket
import subprocess
from base64 import b64encode
from pathlib import Path

from tests.support.git_checkout import Checkout
from tests.support.live import LiveHub

RECEIVE = "git-receive-pack"
UPLOAD = "git-upload-pack"
ZERO = "0" * 40


def login_of(hub: LiveHub, who: str = "alice") -> str:
    """The value of an Authorization header."""
    return "Basic " + b64encode(f"{who}:{hub.tokens[who]}".encode()).decode()


def packet(data: bytes) -> bytes:
    """One pkt-line."""
    return b"%04x%s" % (len(data) + 4, data)


def push_head(*commands: tuple[str, str, str], capabilities: str = "report-status side-band-64k") -> bytes:
    """The commands of a push, (old, new, ref) each."""
    lines = [f"{old} {new} {ref}".encode() for old, new, ref in commands]
    lines[0] += b"\0 " + capabilities.encode() + b" agent=test"
    return b"".join(map(packet, lines)) + b"0000"


def pack_of(here: Checkout, *objects: str) -> bytes:
    """A pack of exactly these objects, each an id or an expression for one."""
    ids = here.git("rev-parse", *objects)
    done = subprocess.run(
        ["git", "pack-objects", "--stdout", "-q"],
        cwd=here.folder,
        env=here.environment,
        input=f"{ids}\n".encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout


def post(
    hub: LiveHub, repo: str, body: bytes, *, service: str = RECEIVE, who: str = "alice", **headers: str
) -> tuple[int, bytes]:
    """POST a body with the right type unless `headers` (`_` for `-`) say otherwise; status and content."""
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=120)
    sent = {"Content-Type": f"application/x-{service}-request", "Authorization": login_of(hub, who)}
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    connection.request("POST", f"/{repo}.git/{service}", body=body, headers=sent)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def open_post(
    hub: LiveHub, repo: str, service: str = RECEIVE, *, length: int | None = None, **more: str
) -> socket.socket:
    """Send the head of a POST, chunked unless a length is announced, and hand over the connection."""
    connection = socket.create_connection(("127.0.0.1", hub.port), timeout=120)
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = [
        f"POST /{repo}.git/{service} HTTP/1.1",
        f"Host: 127.0.0.1:{hub.port}",
        f"Authorization: {login_of(hub)}",
        f"Content-Type: application/x-{service}-request",
        size,
        *(f"{name.replace('_', '-')}: {value}" for name, value in more.items()),
    ]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    return connection


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def leftovers(folder: Path) -> list[str]:
    """Names of temporary files and locks that a push left in a repository."""
    return sorted(
        path.name
        for path in folder.rglob("*")
        if path.name.startswith(("tmp_", "incoming")) or (path.name.endswith(".lock") and "hub" not in path.name)
    )


def children(hub: LiveHub, word: str = "git") -> list[str]:
    """Command lines of the live server's descendants that run git."""
    import psutil

    assert hub.process is not None
    found = []
    for process in psutil.Process(hub.process.pid).children(recursive=True):
        try:
            line = process.cmdline()
        except psutil.Error:
            continue
        if line and line[0].rsplit("/", 1)[-1].startswith(word):
            found.append(" ".join(line))
    return found
