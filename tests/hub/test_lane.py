"""The lane of quick calls: one at a time, nothing lost, and nobody waits for a holder who is held up."""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from hub import lane as module
from hub.lane import Lane

PATIENCE = 20.0


class Proto:
    """What the server hands along with a request: takes one answer, from any thread."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.done = threading.Event()

    def answer(self, what: Any) -> None:
        self.answers.append(what)
        self.done.set()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answer(status)


class Body:
    """What a client sends: the server takes it back when the thread that it called returns."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, size: int) -> bytes:
        return self.data[:size]


class Server:
    """Threads that take requests from a queue, as Granian's do; one more whenever none is idle, up to `most`."""

    def __init__(self, lane: Lane, most: int = 32) -> None:
        self.lane, self.most = lane, most
        self.requests: deque[tuple[Proto, dict[str, Any]] | None] = deque()
        self.news, self.idle, self.threads = threading.Condition(), 0, 0

    def ask(self, **scope: Any) -> Proto:
        proto = Proto()
        self.put((proto, {"CONTENT_LENGTH": "4", "wsgi.input": Body(b"body"), **scope}))
        return proto

    def put(self, request: tuple[Proto, dict[str, Any]] | None) -> None:
        with self.news:
            self.requests.append(request)
            self.news.notify()
            if len(self.requests) > self.idle and self.threads < self.most and request is not None:
                self.threads += 1
                threading.Thread(target=self.work, daemon=True).start()

    def work(self) -> None:
        while request := self.take():
            self.lane(*request)
            request[1]["wsgi.input"].data = b""

    def take(self) -> tuple[Proto, dict[str, Any]] | None:
        with self.news:
            self.idle += 1
            while not self.requests:
                self.news.wait()
            self.idle -= 1
            return self.requests.popleft()


class Work:
    """What is answered: counts who is at it at the same time; `hold` keeps a request until it is set."""

    def __init__(self) -> None:
        self.guard, self.now, self.most = threading.Lock(), 0, 0

    def __call__(self, proto: Proto, scope: Mapping[str, Any]) -> None:
        if scope.get("fails"):
            raise ValueError("no")
        with self.counted(scope):
            if (hold := scope.get("hold")) is not None:
                assert hold.wait(PATIENCE)
        assert scope["wsgi.input"].read(4) == b"body"
        proto.answer(scope.get("name"))

    @contextmanager
    def counted(self, scope: Mapping[str, Any]) -> Iterator[None]:
        if not scope.get("quick"):
            yield
            return
        with self.guard:
            self.now += 1
            self.most = max(self.most, self.now)
        yield
        with self.guard:
            self.now -= 1


def is_quick(scope: Mapping[str, Any]) -> bool:
    return bool(scope.get("quick"))


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def server(work: Work) -> Iterator[Server]:
    made = Server(Lane(work, is_quick))
    yield made
    for _ in range(made.threads):
        made.put(None)
    for spare in made.lane._spares:
        spare.release()


def answered(*protos: Proto) -> None:
    """Each has exactly one answer."""
    for proto in protos:
        assert proto.done.wait(PATIENCE)
    assert [len(proto.answers) for proto in protos] == [1] * len(protos)


def settled(lane: Lane) -> Callable[[], bool]:
    return lambda: lane._turn == 0 and not lane._queue and lane._ready >= 1


def test_quick_calls_are_answered_one_at_a_time(server: Server, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICK", PATIENCE)  # A busy machine may hold anybody up.
    protos = [server.ask(quick=True, name=number) for number in range(500)]
    answered(*protos)
    assert [proto.answers[0] for proto in protos] == list(range(500))
    assert work.most == 1


def test_what_comes_meanwhile_is_handed_over_and_the_thread_parks(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TICK", PATIENCE)
    hold = threading.Event()
    first = server.ask(quick=True, hold=hold)
    others = [server.ask(quick=True) for _ in range(5)]
    until(lambda: len(server.lane._queue) == 5 and len(server.lane._spares) == 5)
    hold.set()
    answered(first, *others)
    until(settled(server.lane))
    assert server.lane._ready == 1


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; fails where it does not within PATIENCE."""
    for _ in range(int(PATIENCE * 200)):
        if holds():
            return
        threading.Event().wait(0.005)
    assert holds()


def test_nobody_waits_for_a_holder_who_is_held_up(server: Server) -> None:
    holds = [threading.Event() for _ in range(10)]
    stuck = [server.ask(quick=True, hold=hold) for hold in holds]
    answered(*[server.ask(quick=True) for _ in range(20)])
    assert not any(proto.done.is_set() for proto in stuck)
    for hold in holds:
        hold.set()
    answered(*stuck)
    until(settled(server.lane))


def test_what_was_handed_over_is_answered_though_no_other_request_comes(server: Server) -> None:
    hold = threading.Event()
    stuck = server.ask(quick=True, hold=hold)
    until(lambda: server.lane._turn != 0)
    answered(server.ask(quick=True))
    hold.set()
    answered(stuck)


def test_a_server_with_one_thread_more_than_are_held_up_still_answers(work: Work) -> None:
    server = Server(Lane(work, is_quick), most=2)
    hold = threading.Event()
    stuck = server.ask(quick=True, hold=hold)
    answered(server.ask(quick=True), server.ask(quick=True), server.ask())
    hold.set()
    answered(stuck)


def test_long_requests_run_side_by_side_and_keep_no_quick_one_waiting(server: Server) -> None:
    answered(*[server.ask(quick=True) for _ in range(50)])
    hold = threading.Event()
    long = [server.ask(hold=hold) for _ in range(8)]
    answered(*[server.ask(quick=True) for _ in range(50)])
    hold.set()
    answered(*long)


def test_a_thread_that_the_server_ends_is_not_counted_on() -> None:
    held: list[Proto] = []

    def answer(proto: Proto, scope: Mapping[str, Any]) -> None:
        held.append(proto)
        assert scope["hold"].wait(PATIENCE)
        proto.answer(None)

    server, hold = Server(Lane(answer, is_quick)), threading.Event()
    long = [server.ask(hold=hold) for _ in range(4)]
    until(lambda: len(held) == 4)
    hold.set()
    answered(*long)
    until(lambda: server.lane._ready == server.threads == 4)
    for _ in range(server.threads - 1):
        server.put(None)
    until(lambda: server.lane._ready == 1)


def test_a_call_that_fails_in_the_server_is_answered_500_and_the_next_goes_on(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    failed, fine = server.ask(quick=True, fails=True), server.ask(quick=True, name="fine")
    answered(failed, fine)
    assert failed.answers == [500]
    assert fine.answers == ["fine"]
    assert "A call failed in the server" in caplog.text


@pytest.mark.parametrize("seed", range(6))
def test_any_mixture_is_answered_once_each(work: Work, seed: int) -> None:
    dice = random.Random(seed)
    server = Server(Lane(work, is_quick), most=dice.choice([2, 3, 8, 40]))
    holds: list[threading.Event] = []
    protos = []
    for _ in range(400):
        scope: dict[str, Any] = {"quick": dice.random() < 0.8}
        if dice.random() < 0.02 and sum(not each.is_set() for each in holds) < server.most - 1:
            holds.append(threading.Event())
            scope["hold"] = holds[-1]
        protos.append(server.ask(**scope))
        if holds and dice.random() < 0.05:
            dice.choice(holds).set()
    for hold in holds:
        hold.set()
    answered(*protos)
    until(lambda: settled(server.lane)() and server.lane._ready + len(server.lane._spares) <= server.threads)


class Unreadable(Body):
    """A body whose client is gone."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__(b"")
        self.meanwhile = meanwhile

    def read(self, size: int) -> bytes:
        self.meanwhile()
        raise ConnectionError("gone")


def ask_in_vain(lane: Lane, meanwhile: Callable[[], None] = lambda: None) -> None:
    """This thread brings a quick call that cannot be read, while somebody else has the lane."""
    lane._turn = 1
    with pytest.raises(ConnectionError):
        lane(Proto(), {"quick": True, "CONTENT_LENGTH": "4", "wsgi.input": Unreadable(meanwhile)})


def test_a_call_that_cannot_be_read_costs_no_thread(work: Work) -> None:
    lane = Lane(work, is_quick)
    ask_in_vain(lane)
    ask_in_vain(lane)
    assert lane._ready == 1


def test_a_spare_is_woken_when_the_last_thread_waits_for_what_a_client_sends(work: Work) -> None:
    lane, spare = Lane(work, is_quick), threading.Lock()
    spare.acquire()
    lane._spares.append(spare)
    woken: list[bool] = []
    ask_in_vain(lane, lambda: woken.append(not spare.locked()))
    assert woken == [True]
