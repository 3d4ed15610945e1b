"""Items of many threads are worked on together, each gets its own answer, and one that fails spoils no other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.gathering import Gathering


def test_what_gathers_while_one_is_at_it_is_done_together() -> None:
    first_is_in, go_on, shares = threading.Event(), threading.Event(), []

    def work(items: list[int]) -> list[int]:
        shares.append(sorted(items))
        first_is_in.set()
        assert go_on.wait(120)
        return [item * 2 for item in items]

    gathering = Gathering(work)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(gathering.do, 0)
        assert first_is_in.wait(120)
        others = [pool.submit(gathering.do, number) for number in range(1, 9)]
        while len(gathering._waiting) < 8:  # They have asked and wait for their turn.
            assert not first.done()
        go_on.set()
        assert [each.result(20) for each in [first, *others]] == [number * 2 for number in range(9)]
    assert shares == [[0], list(range(1, 9))]


def test_one_bad_item_fails_alone() -> None:
    gathering = Gathering(lambda items: [100 // item for item in items])
    gathering._waiting = []
    barrier = threading.Barrier(4)

    def ask(item: int) -> int:
        barrier.wait(120)
        return gathering.do(item)

    with ThreadPoolExecutor(4) as pool:
        asked = {item: pool.submit(ask, item) for item in (0, 1, 2, 4)}
        assert {item: asked[item].result(20) for item in (1, 2, 4)} == {1: 100, 2: 50, 4: 25}
        with pytest.raises(ZeroDivisionError):
            asked[0].result(20)


def test_only_what_is_alike_is_done_together() -> None:
    shares: list[list[int]] = []

    def work(items: list[int]) -> list[int]:
        shares.append(items)
        return items

    gathering = Gathering(work, alike=lambda item: item % 2, most=10)
    held = gathering._turn
    held.acquire()
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(gathering.do, item) for item in range(6)]
        while len(gathering._waiting) < 6:
            pass
        held.release()
        assert sorted(each.result(20) for each in asked) == [0, 1, 2, 3, 4, 5]
    assert sorted(sorted(share) for share in shares) == [[0, 2, 4], [1, 3, 5]]
