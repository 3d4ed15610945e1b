"""A small S3 in memory over real HTTP: put, multipart, ranged get, head, delete and list by folder, path style."""

from __future__ import annotations

import hashlib
import re
import threading
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.support.presigned import presigned_fault


class _S3(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: dict[str, bytes]
    uploads: dict[str, dict[int, bytes]]
    failing: threading.Event

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output quiet."""

    def do_PUT(self) -> None:
        key, query = self._address()
        body = self._body()
        if self.failing.is_set():
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
            return
        if "X-Amz-Signature" in query and not self._is_let_in(query, body):
            return
        source = unquote(self.headers.get("x-amz-copy-source", "")).lstrip("/").partition("/")[2]
        if source:
            self._copy(source, key)
            return
        if "uploadId" in query:
            self.uploads[query["uploadId"]][int(query["partNumber"])] = body
        else:
            self.objects[key] = body
        self._answer(200, headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})

    def do_POST(self) -> None:
        key, query = self._address()
        self._body()
        if "uploads" in query:
            upload = uuid.uuid4().hex
            self.uploads[upload] = {}
            name = "InitiateMultipartUploadResult"
            self._xml(f"<{name}><UploadId>{upload}</UploadId></{name}>")
            return
        parts = self.uploads.pop(query["uploadId"])
        self.objects[key] = b"".join(parts[number] for number in sorted(parts))
        self._xml('<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>')

    def do_HEAD(self) -> None:
        key, _ = self._address()
        if key not in self.objects:
            self._answer(404)
            return
        self._answer(200, headers={"Content-Length": str(len(self.objects[key])), **self._facts(key)})

    def do_GET(self) -> None:
        key, query = self._address()
        if "X-Amz-Signature" in query and not self._is_let_in(query):
            return
        if "list-type" in query:
            self._list(query)
        elif self.headers.get("If-Match", self._tag(key)) != self._tag(key):
            self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        elif key not in self.objects:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif match := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            self._answer(206, self.objects[key][int(match[1]) : int(match[2]) + 1])
        else:
            self._answer(200, self.objects[key], self._wished(query))

    def do_DELETE(self) -> None:
        self.objects.pop(self._address()[0], None)
        self._answer(204)

    def _list(self, query: dict[str, str]) -> None:
        prefix, most = query.get("prefix", ""), int(query.get("max-keys", "1000"))
        found: dict[str, str] = {}
        for key in sorted(key for key in self.objects if key.startswith(prefix)):
            head, cut, _ = key.removeprefix(prefix).partition("/")
            if cut and query.get("delimiter") == "/":
                found[prefix + head + "/"] = (
                    f"<CommonPrefixes><Prefix>{quote(prefix + head)}/</Prefix></CommonPrefixes>"
                )
            else:
                found[key] = (
                    f"<Contents><Key>{quote(key)}</Key><Size>{len(self.objects[key])}</Size>"
                    f"<ETag>{escape(self._tag(key))}</ETag>"
                    "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
                )
        left = [name for name in sorted(found) if name > query.get("continuation-token", "")]
        more = f"<NextContinuationToken>{escape(left[most - 1])}</NextContinuationToken>" if len(left) > most else ""
        self._xml(
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>'
            f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{more}"
            f"{''.join(found[name] for name in left[:most])}</ListBucketResult>"
        )

    def _copy(self, source: str, key: str) -> None:
        if source not in self.objects:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        self.objects[key] = self.objects[source]
        self._xml(f"<CopyObjectResult><ETag>{escape(self._tag(key))}</ETag></CopyObjectResult>")

    def _is_let_in(self, query: dict[str, str], body: bytes | None = None) -> bool:
        """Whether a presigned address is good, and what came with it is what was signed; else it is refused."""
        if fault := presigned_fault(self.command, self.path, dict(self.headers.items())):
            self._answer(403, f"<Error><Code>{fault}</Code></Error>".encode())
            return False
        wanted = self.headers.get("x-amz-checksum-sha256")
        if body is not None and wanted and wanted != b64encode(hashlib.sha256(body).digest()).decode():
            self._answer(400, b"<Error><Code>BadDigest</Code></Error>")
            return False
        return True

    def _wished(self, query: dict[str, str]) -> dict[str, str]:
        wishes = {"Content-Type": "response-content-type", "Content-Disposition": "response-content-disposition"}
        return {name: query[word] for name, word in wishes.items() if word in query}

    def _tag(self, key: str) -> str:
        return f'"{hashlib.md5(self.objects.get(key, b"")).hexdigest()}"'

    def _facts(self, key: str) -> dict[str, str]:
        return {"ETag": self._tag(key), "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}

    def _address(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        return unquote(parts.path).lstrip("/").partition("/")[2], query

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _xml(self, text: str) -> None:
        self._answer(200, f'<?xml version="1.0"?>{text}'.encode(), {"Content-Type": "application/xml"})

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class RunningS3:
    """The server's address and what it holds; `failing` makes every write be refused."""

    def __init__(self, server: ThreadingHTTPServer, handler: type[_S3]) -> None:
        self.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        self.objects = handler.objects
        self.uploads = handler.uploads
        self.failing = handler.failing


@contextmanager
def running_s3() -> Iterator[RunningS3]:
    """Serve an empty bucket space until the context ends."""
    handler = type("S3", (_S3,), {"objects": {}, "uploads": {}, "failing": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield RunningS3(server, handler)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
