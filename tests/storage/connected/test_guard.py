"""Attacks by outside stores, and by those who name their addresses: nothing private is reached, nothing waits for ever."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from hub.lib import outbound
from storage.connected import Place, StoreFault, find, list_folder, open_range, web
from tests.storage.azure_server import ACCOUNT
from tests.storage.s3_server import RunningS3

Talk = Callable[[socket.socket], None]
EMPTY = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
NAMED = {"kind": "s3", "bucket": "outside"}


def answer(status: str, body: bytes = b"", *headers: str) -> Talk:
    """A talk that answers every request in the same way."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""])
    return lambda wire: wire.sendall(head.encode() + body)


@contextmanager
def talking(*talks: Talk) -> Iterator[tuple[str, list[str]]]:
    """A server whose connections are answered by one talk after the other, the last again and again, and closed."""
    server = socket.create_server(("127.0.0.1", 0))
    asked: list[str] = []
    left = list(talks)

    def serve() -> None:
        while True:
            try:
                wire, _ = server.accept()
            except OSError:
                return
            with wire, suppress(OSError):
                asked.append(wire.recv(65536).decode(errors="replace"))
                (left.pop(0) if len(left) > 1 else left[0])(wire)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


@pytest.fixture(autouse=True)
def swift(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ALLOW_PRIVATE_TARGETS = True
    monkeypatch.setattr(web, "_PAUSE", 0.0)


def place(endpoint: str) -> Place:
    return Place(**NAMED, endpoint=endpoint)


@pytest.mark.parametrize(
    "endpoint", ["https://127.0.0.1", "https://169.254.169.254", "https://[::1]", "http://1.1.1.1"]
)
def test_private_addresses_and_plain_http_are_not_asked(settings: Any, endpoint: str) -> None:
    settings.ALLOW_PRIVATE_TARGETS = False
    with pytest.raises(StoreFault, match=r"not a public address|URL scheme"):
        list_folder(place(endpoint))


def test_a_name_that_turns_private_later_gains_nothing(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack: DNS rebinding. The name was public when it was saved, and leads to the cloud's own address now."""
    settings.ALLOW_PRIVATE_TARGETS = False
    reached: list[str] = []
    # First what it was when it was saved, then what it is later.
    answers = iter(["93.184.216.34", "169.254.169.254"])

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(address: tuple[str, int], **_: object) -> socket.socket:
        reached.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(outbound.socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(outbound.socket, "create_connection", connect)
    for expected in ("could not be reached", "169.254.169.254, which is not a public"):
        with pytest.raises(StoreFault, match=expected):
            list_folder(place("https://rebinding.example.org"))
    assert reached == ["93.184.216.34"]


def test_redirects_are_not_followed(s3: RunningS3) -> None:
    """The attack: a store that answers with the address of something private."""
    with talking(answer("302 Found", b"", f"Location: {s3.endpoint}/outside?list-type=2")) as (endpoint, asked):
        with pytest.raises(StoreFault, match="status 302") as fault:
            list_folder(place(endpoint))
        with pytest.raises(StoreFault, match="status 302"):
            open_range(place(endpoint), "x", 0, 1)
    assert len(asked) == 2 and "not followed" in fault.value.next_step


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with talking(answer("200 OK", EMPTY)) as (endpoint, asked):
        assert list_folder(place(endpoint)).files == ()
    assert asked[0].startswith("GET /outside?")


def test_keys_of_the_server_itself_are_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack: a connection without keys, to a store that waits for the hub's own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-hubs-own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    with talking(answer("200 OK", EMPTY)) as (endpoint, asked):
        list_folder(place(endpoint))
    assert "the-hubs-own" not in asked[0] and "authorization" not in asked[0].lower()


@pytest.mark.parametrize("status", ["500 Oh", "503 Slow Down", "429 Too Many"])
def test_trouble_is_tried_again_a_few_times(status: str) -> None:
    with talking(answer(status), answer(status), answer("200 OK", EMPTY)) as (endpoint, asked):
        assert list_folder(place(endpoint)).files == ()
    assert len(asked) == 3
    with talking(answer(status)) as (endpoint, asked), pytest.raises(StoreFault, match="status"):
        list_folder(place(endpoint))
    assert len(asked) == web.TRIES


def test_a_store_that_hangs_up_is_told() -> None:
    with talking(lambda _: None) as (endpoint, asked), pytest.raises(StoreFault, match="cannot be reached"):
        list_folder(place(endpoint))
    assert len(asked) == web.TRIES


def drip(first: bytes, byte: bytes) -> Talk:
    def talk(wire: socket.socket) -> None:
        wire.sendall(first)
        for _ in range(1200):
            wire.sendall(byte)
            time.sleep(0.05)

    return talk


def test_heads_that_arrive_byte_by_byte_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack: a store that holds a thread of the hub with a header a minute."""
    monkeypatch.setattr(web, "HEAD_SECONDS", 0.4)
    monkeypatch.setattr(web, "TRIES", 1)
    started = time.monotonic()
    with talking(drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x")) as (endpoint, _), pytest.raises(StoreFault):
        find(place(endpoint), "x")
    assert time.monotonic() - started < 40


def test_objects_that_arrive_byte_by_byte_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "READ_SECONDS", 0.4)
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 100000\r\n\r\n"
    with talking(drip(head, b"x")) as (endpoint, _), pytest.raises(StoreFault, match="took too long"):
        list(open_range(place(endpoint), "x", 0, 100000))


def test_a_slow_reader_of_ours_is_not_the_stores_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "READ_SECONDS", 0.3)
    monkeypatch.setattr(web, "BLOCK", 5)
    with talking(answer("206 Partial Content", b"0123456789")) as (endpoint, _):
        blocks = open_range(place(endpoint), "x", 0, 10)
        first = next(blocks)
        time.sleep(0.5)
        assert first + b"".join(blocks) == b"0123456789"


def test_more_entries_than_asked_for_are_no_listing() -> None:
    entry = b"<Contents><Key>%d</Key><Size>1</Size></Contents>"
    body = EMPTY.replace(b"<IsT", b"".join(entry % n for n in range(11)) + b"<IsT")
    with talking(answer("200 OK", body)) as (endpoint, _):
        assert len(list_folder(place(endpoint), limit=11).files) == 11
        with pytest.raises(StoreFault, match="like such a store"):
            list_folder(place(endpoint), limit=10)


def test_listings_that_arrive_byte_by_byte_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SMALL_SECONDS", 0.4)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with talking(drip(head, b"x")) as (endpoint, _), pytest.raises(StoreFault, match="more slowly"):
        list_folder(place(endpoint))


def test_listings_without_an_end_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SMALL_BYTES", 100_000)
    with talking(answer("200 OK", b"x" * 1_000_000)) as (endpoint, _), pytest.raises(StoreFault, match="answers more"):
        list_folder(place(endpoint))


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff\xfe", b"{}", b"<a/>", b"<ListBucketResult><Contents/></ListBucketResult>"]
)
def test_answers_that_are_no_listing_are_told(body: bytes) -> None:
    with talking(answer("200 OK", body)) as (endpoint, _), pytest.raises(StoreFault, match="like such a store"):
        list_folder(place(endpoint))


@pytest.mark.parametrize("length", ["-1", "x", "9" * 40])
def test_sizes_that_are_none_are_told(length: str) -> None:
    def talk(wire: socket.socket) -> None:
        wire.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())

    with talking(talk) as (endpoint, _), pytest.raises(StoreFault):
        find(place(endpoint), "x")


def test_a_store_without_ranges_is_not_taken_for_one() -> None:
    with talking(answer("200 OK", b"whole")) as (endpoint, _):
        with pytest.raises(StoreFault, match="does not give parts"):
            open_range(place(endpoint), "x", 2, 2)
        assert b"".join(open_range(place(endpoint), "x", 0, 2)) == b"wh"


def test_a_sas_token_is_neither_logged_nor_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "sv=2021&sig=hush%2Fhush"
    for talk in (answer("403 No"), lambda _: None, answer("200 OK")):
        with talking(talk) as (endpoint, asked), pytest.raises(StoreFault) as fault:
            list_folder(Place(kind="azure", bucket="outside", account=ACCOUNT, endpoint=endpoint, secret=secret))
        assert "sig=hush" in asked[0]
        assert "hush" not in f"{fault.value.message} {fault.value.next_step} {caplog.text}"
