"""Requests to outside stores: each connection through the guard of hub.lib.outbound, all of them bounded.

No redirect is followed, no proxy or configuration of the environment used.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError

from hub.lib import outbound
from hub.lib.errors import HubError
from storage.connected.answers import StoreFault, clean
from storage.connected.places import Place, Signed

CONNECT_SECONDS = 5.0
HEAD_SECONDS = 15.0
"""Within which an answer must have begun; the handshake of TLS has as long."""
READ_SECONDS = 20.0
"""The longest silence within a body."""
SLOWEST = 32 * 1024
"""Bytes a second that a store must give on the whole."""
SMALL_SECONDS = 20.0
SMALL_BYTES = 8 * 1024 * 1024
"""The longest and largest a listing may be."""
TRIES = 3
_AGAIN = {429, 500, 502, 503, 504}
_PAUSE = 0.3
BLOCK = 256 * 1024

Answer = urllib3.BaseHTTPResponse


class _Guarded(HTTPConnection):
    """SECURITY: the host is resolved, judged and connected to in one step, whoever asked for the connection."""

    _scheme = "http"
    _watch: threading.Timer | None = None

    def _new_conn(self) -> socket.socket:
        plain = outbound.dial(self._scheme, self.host, int(self.port or 80), timeout=CONNECT_SECONDS)
        # A timeout of a socket holds for one read; the watch bounds a handshake that arrives byte by byte.
        self._watch = _cut_later(plain, HEAD_SECONDS)
        return plain

    def connect(self) -> None:
        try:
            super().connect()
        finally:
            if self._watch is not None:
                self._watch.cancel()

    def getresponse(self) -> Any:
        watch = _cut_later(self.sock, HEAD_SECONDS)
        try:
            return super().getresponse()
        finally:
            watch.cancel()


class _GuardedTLS(_Guarded, HTTPSConnection):
    _scheme = "https"


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Guarded


class _PoolTLS(urllib3.HTTPSConnectionPool):
    ConnectionCls = _GuardedTLS


def _cut_later(wire: Any, seconds: float) -> threading.Timer:
    watch = _Watch(seconds, socket.socket(fileno=socket.dup(wire.fileno())))
    watch.start()
    return watch


class _Watch(threading.Timer):
    """Cuts a connection when its time is over; holds a second handle on it, since TLS takes the first."""

    def __init__(self, seconds: float, wire: socket.socket) -> None:
        super().__init__(seconds, _cut, [wire])
        self.daemon = True
        self._wire = wire

    def cancel(self) -> None:
        super().cancel()
        self._wire.close()


def _cut(wire: socket.socket) -> None:
    with contextlib.suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)


@cache
def _pools() -> urllib3.PoolManager:
    pools = urllib3.PoolManager(
        num_pools=32,
        maxsize=4,
        ssl_context=ssl.create_default_context(),
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
    )
    pools.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}
    return pools


def ask(place: Place, method: str, signed: Signed) -> Answer:
    """The answer to a request, its body not read yet; tried again when the store is in trouble. Raises StoreFault."""
    for turn in range(1, TRIES + 1):
        try:
            answer = _once(method, signed)
        except (HTTPError, OSError) as error:
            if turn == TRIES or isinstance(error, SSLError):
                raise _unreachable(place, error) from None
        except HubError as refused:  # The guard's word, which trying again would not change.
            step = refused.next_step or "Try again in a minute, or check the endpoint."
            raise StoreFault(f"{place.words}: {refused.message}", next_step=step) from None
        else:
            if turn == TRIES or answer.status not in _AGAIN:
                return answer
            answer.close()
        time.sleep(_PAUSE * turn)
    raise AssertionError("unreachable")


def _once(method: str, signed: Signed) -> Answer:
    url, headers = signed()
    return _pools().request(
        method, url, headers=headers, redirect=False, retries=False, preload_content=False, decode_content=False
    )  # fmt: skip


def _unreachable(place: Place, error: Exception) -> StoreFault:
    # Errors of urllib3 hold the path and query, which may hold a SAS token; only what kind of error it was is told.
    if isinstance(error, SSLError):
        why = "its certificate is not accepted"
    elif isinstance(error, (urllib3.exceptions.TimeoutError, TimeoutError)):
        why = "it took too long"
    else:
        why = f"the connection broke ({clean(type(error).__name__)})"
    return StoreFault(
        f"{place.words} cannot be reached: {why}.", next_step="Try again in a minute, or check the endpoint."
    )


def small_body(place: Place, answer: Answer) -> bytes:
    """The whole body of a listing or a refusal, within bounds of bytes and time. Raises StoreFault."""
    until, parts, size = time.monotonic() + SMALL_SECONDS, [], 0
    try:
        while part := answer.read1(BLOCK):
            parts.append(part)
            size += len(part)
            if size > SMALL_BYTES or time.monotonic() > until:
                answer.close()
                raise StoreFault(f"{place.words} answers more, or more slowly, than a listing may be.")
    except (HTTPError, OSError) as error:
        raise _unreachable(place, error) from None
    answer.release_conn()
    return b"".join(parts)


class RangeBlocks(Iterator[bytes]):
    """A body in blocks, at most `length` bytes of it; raises StoreFault when it ends before, or hardly moves."""

    def __init__(self, place: Place, answer: Answer, length: int) -> None:
        self._place, self._answer, self._left = place, answer, length
        self._patience = READ_SECONDS

    def __next__(self) -> bytes:
        if self._left <= 0:
            self.close()
            raise StopIteration
        try:
            block = self._gather()
        except (HTTPError, OSError) as error:
            self.close()
            raise _unreachable(self._place, error) from None
        if not block:
            self.close()
            raise StoreFault(f"{self._place.words} ended before the object did.", next_step="Try again.")
        self._left -= len(block)
        return block

    def _gather(self) -> bytes:
        """The next block. Only time spent waiting for the store counts, not that of a slow reader of ours."""
        parts, wanted = [], min(BLOCK, self._left)
        while wanted:
            started = time.monotonic()
            part = self._answer.read1(wanted)
            # SECURITY: a store that sends a byte now and then would hold a thread of the hub for ever.
            self._patience += len(part) / SLOWEST - (time.monotonic() - started)
            if self._patience < 0:
                raise TimeoutError
            if not part:
                break
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Let go of the connection; it is used again only when the body was read to its end."""
        self._left = 0
        if self._answer.closed:
            self._answer.release_conn()
        else:
            self._answer.close()
