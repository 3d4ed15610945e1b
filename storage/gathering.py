"""Work that many threads ask for at the same time, done together by whichever of them gets to it first.

While one thread is at it, what the others ask for gathers, and is the next one's share: nobody waits for company.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741  (an item; the other is its result)
R = TypeVar("R")


class _Asked(Generic[I, R]):
    """One thread's item, and what became of it."""

    def __init__(self, item: I) -> None:
        self.item = item
        self.done = False
        self.answer: R | None = None
        self.error: Exception | None = None

    def result(self) -> R:
        if self.error is not None:
            raise self.error
        return self.answer  # type: ignore[return-value]


class Gathering(Generic[I, R]):
    """`work` takes items that are `alike` and gives a result for each, in their order, or raises having done nothing.

    When it raises for several, each is done alone, so that one bad item spoils no other.
    """

    def __init__(
        self, work: Callable[[list[I]], list[R]], *, alike: Callable[[I], Hashable] = lambda item: None, most: int = 100
    ) -> None:
        self._work, self._alike, self._most = work, alike, most
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._waiting: list[_Asked[I, R]] = []

    def do(self, item: I) -> R:
        """The item's result; raises what `work` raises for it."""
        mine: _Asked[I, R] = _Asked(item)
        with self._lock:
            self._waiting.append(mine)
        with self._turn:
            while not mine.done:
                self._do_share()
        return mine.result()

    def _do_share(self) -> None:
        with self._lock:
            share, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        groups: dict[Hashable, list[_Asked[I, R]]] = {}
        for asked in share:
            groups.setdefault(self._alike(asked.item), []).append(asked)
        for group in groups.values():
            self._do_group(group)

    def _do_group(self, group: list[_Asked[I, R]]) -> None:
        try:
            for asked, answer in zip(group, self._work([each.item for each in group]), strict=True):
                asked.answer = answer
        except Exception as error:  # Whatever it is, it belongs to the thread that asked.
            if len(group) > 1:
                for asked in group:
                    self._do_group([asked])
                return
            group[0].error = error
        for asked in group:
            asked.done = True
