"""A small Azure Blob service in memory over real HTTP: blocks, whole blobs, ranged get, head, delete and list."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ACCOUNT = "stonesaccount"
KEY = base64.b64encode(b"a key of an account").decode()


class _Azure(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    blobs: dict[str, bytes]
    blocks: dict[str, dict[str, bytes]]
    asked: list[str]
    failing: threading.Event

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output quiet."""

    def do_PUT(self) -> None:
        name, query = self._address()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.failing.is_set():
            self._refuse(403, "AuthorizationFailure", "Not you.")
        elif query.get("comp") == "block":
            self.blocks.setdefault(name, {})[query["blockid"]] = body
            self._answer(201)
        elif self.headers.get("If-None-Match") == "*" and name in self.blobs:
            self._refuse(409, "BlobAlreadyExists", "The specified blob already exists.")
        elif query.get("comp") == "blocklist":
            waiting = self.blocks.pop(name)
            self.blobs[name] = b"".join(waiting[each] for each in re.findall(r"<Latest>(.*?)</Latest>", body.decode()))
            self._answer(201)
        else:
            assert self.headers["x-ms-blob-type"] == "BlockBlob"
            self.blobs[name] = body
            self._answer(201)

    def do_HEAD(self) -> None:
        name, _ = self._address()
        if name in self.blobs:
            self._answer(200, headers={"Content-Length": str(len(self.blobs[name])), **self._facts(name)})
        else:
            self._answer(404, headers={"x-ms-error-code": "BlobNotFound"})

    def do_GET(self) -> None:
        name, query = self._address()
        if query.get("comp") == "list":
            self._list(query)
        elif name not in self.blobs:
            self._refuse(404, "BlobNotFound", "The specified blob does not exist.")
        elif self.headers.get("If-Match", self._tag(name)) != self._tag(name):
            self._refuse(412, "ConditionNotMet", "The condition is not met.")
        elif match := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            self._answer(206, self.blobs[name][int(match[1]) : int(match[2]) + 1])
        else:
            self._answer(200, self.blobs[name])

    def do_DELETE(self) -> None:
        name, _ = self._address()
        if self.blobs.pop(name, None) is None:
            self._refuse(404, "BlobNotFound", "The specified blob does not exist.")
        else:
            self._answer(202)

    def _list(self, query: dict[str, str]) -> None:
        prefix, most = query.get("prefix", ""), int(query.get("maxresults", "5000"))
        found: dict[str, str] = {}
        for name in sorted(name for name in self.blobs if name.startswith(prefix)):
            head, cut, _ = name.removeprefix(prefix).partition("/")
            if cut and query.get("delimiter") == "/":
                folder = f"{prefix}{head}/"
                found[folder] = f"<BlobPrefix><Name>{escape(folder)}</Name></BlobPrefix>"
            else:
                found[name] = (
                    f"<Blob><Name>{escape(name)}</Name><Properties><Etag>{self._tag(name)[1:-1]}</Etag>"
                    f"<Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified>"
                    f"<Content-Length>{len(self.blobs[name])}</Content-Length></Properties></Blob>"
                )
        left = [name for name in sorted(found) if name > query.get("marker", "")]
        more = escape(left[most - 1]) if len(left) > most else ""
        rows = "".join(found[name] for name in left[:most])
        text = f"<EnumerationResults><Blobs>{rows}</Blobs><NextMarker>{more}</NextMarker></EnumerationResults>"
        self._answer(200, f'\ufeff<?xml version="1.0" encoding="utf-8"?>{text}'.encode())

    def _tag(self, name: str) -> str:
        return f'"0x{hashlib.md5(self.blobs[name]).hexdigest()[:16].upper()}"'

    def _facts(self, name: str) -> dict[str, str]:
        return {"ETag": self._tag(name), "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}

    def _address(self) -> tuple[str, dict[str, str]]:
        self.asked.append(self.path)
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        return unquote(parts.path).lstrip("/").partition("/")[2], query

    def _refuse(self, status: int, code: str, message: str) -> None:
        text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        self._answer(status, text.encode(), {"x-ms-error-code": code})

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class RunningAzure:
    """The service's address, what it holds and what it was asked; `failing` makes every write be refused."""

    def __init__(self, server: ThreadingHTTPServer, handler: type[_Azure]) -> None:
        self.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        self.connection = f"AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={self.endpoint}"
        self.blobs, self.blocks, self.asked, self.failing = (
            handler.blobs,
            handler.blocks,
            handler.asked,
            handler.failing,
        )


@contextmanager
def running_azure() -> Iterator[RunningAzure]:
    """Serve an empty account until the context ends."""
    handler = type("Azure", (_Azure,), {"blobs": {}, "blocks": {}, "asked": [], "failing": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield RunningAzure(server, handler)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
