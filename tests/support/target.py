"""A web server of our own on the loopback address, for requests that the hub sends."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass
class Received:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Target:
    """The server: what it received, and what it answers next (the last answer is given again and again)."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(200, b"thanks")])
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"


def _handler(target: Target) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            target.received.append(Received("POST", self.path, dict(self.headers), body))
            status, text = target.answers.pop(0) if len(target.answers) > 1 else target.answers[0]
            self.send_response(status)
            for name, value in target.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self._send(text)

        def _send(self, text: bytes) -> None:
            if not target.drip:
                self.wfile.write(text)
                return
            for byte in text:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(target.drip)

        def log_message(self, *args: object) -> None:
            """Silent."""

    return Handler


@contextlib.contextmanager
def running_target(wrap: Callable[[], ssl.SSLContext] | None = None) -> Iterator[Target]:
    """A server that answers until the block ends; `wrap` gives it a certificate."""
    target = Target()
    server = HTTPServer(("127.0.0.1", 0), _handler(target))
    # A client that refuses our certificate hangs up in the handshake; that is its right, not our fault.
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    if wrap is not None:
        server.socket = wrap().wrap_socket(server.socket, server_side=True)
    target.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield target
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
