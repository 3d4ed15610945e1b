"""One lane for quick calls: on SQLite, threads that answer them side by side only stand in each other's way.

A call like log-metric is over in a fifth of a millisecond, and gives the interpreter's lock away at each of its
statements. With eight of them at once every statement became a change of threads: twice the CPU for the same work.
So one thread at a time answers quick calls. Who comes while it is at it hands over what it brought and parks,
and is woken when threads are lacking: when one begins something long, or when the lane's holder is held up (a client
that sends its body slowly, a database that is locked by another process) and a spare has to go on in its place.

The server calls with a protocol object and may be answered by any thread: that is what makes handing over possible.
"""

from __future__ import annotations

import io
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

log = logging.getLogger(__name__)

Answer = Callable[[Any, Mapping[str, Any]], Any]
IsQuick = Callable[[Mapping[str, Any]], bool]

TICK = 0.02  # seconds: a holder that is at one call for longer than one to two of these is held up
QUIET = 1.0  # seconds without a quick call after which nobody watches


class Lane:
    """A callback of the server: `answer(proto, scope)` answers a request, `is_quick(scope)` tells who has to queue."""

    def __init__(self, answer: Answer, is_quick: IsQuick) -> None:
        self._answer = answer
        self._is_quick = is_quick
        self._known = threading.local()
        self._guard = threading.Lock()  # held for a few instructions, never while answering
        self._ready = 0  # threads that wait for requests or are at a quick one: they will be back at once
        self._spares: list[threading.Lock] = []  # parked threads, each behind a lock of its own
        self._queue: deque[tuple[Any, Mapping[str, Any]]] = deque()
        self._turn = 0  # number of the present holder's turn, 0 while the lane is free
        self._turns = 0
        self._since = 0.0
        self._stir = threading.Event()
        self._watched = False

    def __call__(self, proto: Any, scope: Mapping[str, Any]) -> None:
        """Answer a request of the server, or see to it that another thread does."""
        if not hasattr(self._known, "presence"):
            self._known.presence = _Presence(self)
        if self._is_quick(scope):
            self._quick(proto, scope)
        else:
            self._long(proto, scope)

    def count(self, more: int) -> None:
        """So many threads more, or less, are ready."""
        with self._guard:
            self._ready += more

    def _long(self, proto: Any, scope: Mapping[str, Any]) -> None:
        with self._guard:
            spare = self._leave()
        if spare is not None:
            spare.release()
        try:
            self._answer(proto, scope)
        finally:
            self.count(1)

    def _quick(self, proto: Any, scope: Mapping[str, Any]) -> None:
        with self._guard:
            turn = 0 if self._turn else self._begin()
            spare = None if turn else self._leave()  # Who reads what a client sends may be kept waiting by it.
        if spare is not None:
            spare.release()
        place = None
        if not turn:
            try:
                scope = _with_body(scope)
            finally:
                self.count(1)
            with self._guard:
                if self._turn:
                    self._queue.append((proto, scope))
                    place = self._park()
                else:
                    turn = self._begin()
        if turn:
            self._drive(turn, proto, scope)
        elif place is not None:
            place.acquire()
            self._go_on()

    def _begin(self) -> int:
        self._turns += 1
        self._turn = self._turns
        self._since = time.monotonic()
        if not self._watched:
            self._watched = True
            self._stir.set()
            if self._turns == 1:
                threading.Thread(target=self._watch, name="lane", daemon=True).start()
        return self._turn

    def _park(self) -> threading.Lock | None:
        """A locked lock to wait at, unless this thread is the last that the server has."""
        if self._ready < 2:
            return None
        self._ready -= 1
        place = threading.Lock()
        place.acquire()
        self._spares.append(place)
        return place

    def _leave(self) -> threading.Lock | None:
        """This thread begins what may take long; the place of a spare that has to be woken, where it was the last."""
        self._ready -= 1
        return None if self._ready else self._spare()

    def _spare(self) -> threading.Lock | None:
        if not self._spares:
            return None
        self._ready += 1
        return self._spares.pop()

    def _drive(self, turn: int, proto: Any, scope: Mapping[str, Any]) -> None:
        """Answer a call and those that were handed over meanwhile, while the lane is ours."""
        while True:
            try:
                self._answer(proto, scope)
            # Not Exception alone: a panic in granian's Rust comes as pyo3's PanicException, a BaseException. If it got
            # out, the calls queued behind this one would wait for ever, and the lane would stay taken.
            except BaseException:
                log.exception("A call failed in the server")
                proto.response_bytes(500, [], b"")
            with self._guard:
                if self._turn != turn:  # Held up: somebody else has the lane now.
                    self._ready += 1
                    return
                if not self._queue:
                    self._turn = 0
                    return
                proto, scope = self._queue.popleft()
                self._since = time.monotonic()

    def _go_on(self) -> None:
        """A spare that was woken takes what was handed over to a holder who was held up."""
        with self._guard:
            if self._turn or not self._queue:
                return
            turn = self._begin()
            proto, scope = self._queue.popleft()
        self._drive(turn, proto, scope)

    def _watch(self) -> None:
        while True:
            self._stir.wait()
            self._stir.clear()
            while self._look():
                time.sleep(TICK)

    def _look(self) -> bool:
        """Take the lane from a holder who is held up; returns whether to look again."""
        with self._guard:
            late = time.monotonic() - self._since
            if not self._turn:
                self._watched = late < QUIET
                return self._watched
            if late < TICK:
                return True
            self._turn = 0
            self._ready -= 1
            spare = self._spare() if self._queue or not self._ready else None
        if spare is not None:
            spare.release()
        elif self._queue:
            threading.Thread(target=self._go_on_alone, name="lane", daemon=True).start()
        return True

    def _go_on_alone(self) -> None:
        """In place of a spare, where the server has no thread left that could be woken."""
        self.count(1)
        try:
            self._go_on()
        finally:
            self.count(-1)


def _with_body(scope: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request with its body read: the server takes a body back when the thread that it called returns.

    Another thread that would read from it then finds nothing, or keeps the server waiting with the interpreter's lock
    in its hand.
    """
    size = int(scope.get("CONTENT_LENGTH") or 0)
    return {**scope, "wsgi.input": io.BytesIO(scope["wsgi.input"].read(size))} if size else scope


class _Presence:
    """Lies in the memory of a thread: the server ends threads that have had nothing to do for a while."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        lane.count(1)

    def __del__(self) -> None:
        self._lane.count(-1)
