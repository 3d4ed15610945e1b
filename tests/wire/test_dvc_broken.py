"""DVC uploads that go wrong: cut, corrupt, at once by two, and a hub that is killed in the middle."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import signal
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.dvc_client import DvcCheckout, md5_of
from tests.support.live import LiveHub, live_hub

pytestmark = pytest.mark.wire


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[LiveHub]:
    """A hub of this test alone, which it may kill."""
    with live_hub(tmp_path / "home") as running:
        yield running


def sign_in(hub: LiveHub, who: str = "alice") -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{who}:{hub.tokens[who]}".encode()).decode()}


def path_of(md5: str) -> str:
    return f"/alice/stones.dvc/files/md5/{md5[:2]}/{md5[2:]}"


def status_of(
    hub: LiveHub, verb: str, md5: str, body: bytes | Iterator[bytes] | None = None, who: str = "alice"
) -> int:
    """What one request is answered; an iterator goes chunked, as dvc sends."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", hub.port, timeout=120)) as line:
        line.request(verb, path_of(md5), body, sign_in(hub, who), encode_chunked=body is not None)
        answer = line.getresponse()
        answer.read()
        return answer.status


def cut_upload(hub: LiveHub, md5: str, head: bytes) -> None:
    """Begin a chunked upload and hang up in the middle."""
    with socket.create_connection(("127.0.0.1", hub.port), timeout=120) as line:
        words = f"POST {path_of(md5)} HTTP/1.1\r\nHost: x\r\nAuthorization: {sign_in(hub)['Authorization']}\r\n"
        line.sendall(f"{words}Transfer-Encoding: chunked\r\n\r\n{len(head):x}\r\n".encode() + head + b"\r\n")
        time.sleep(0.3)


def stored_files(hub: LiveHub) -> dict[str, bytes]:
    """What the store really holds, by digest."""
    return {path.name: path.read_bytes() for path in (hub.home / "blobs").glob("??/??/*")}


def test_corrupt_and_cut_uploads_leave_nothing(own_hub: LiveHub) -> None:
    content = os.urandom(1_000_000)
    md5 = md5_of(content)
    assert status_of(own_hub, "POST", md5, iter([content[:-1], b"!"])) == 422
    assert status_of(own_hub, "POST", md5, iter([content[:500_000]])) == 422
    cut_upload(own_hub, md5, content[:500_000])
    assert status_of(own_hub, "GET", md5) == 404
    deadline = time.monotonic() + 180
    while list((own_hub.home / "blobs" / "stage").glob("*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not stored_files(own_hub) and not list((own_hub.home / "blobs" / "stage").glob("*"))
    assert status_of(own_hub, "POST", md5, iter([content])) == 200
    assert status_of(own_hub, "GET", md5) == 200


def test_two_people_send_the_same_at_once(own_hub: LiveHub) -> None:
    contents = [os.urandom(200_000) for _ in range(10)]

    def send(number: int) -> int:
        content = contents[number % 10]
        blocks = (content[at : at + 10_000] for at in range(0, len(content), 10_000))
        return status_of(own_hub, "POST", md5_of(content), blocks, "alice" if number % 2 else "bob")

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(send, [*range(10), *range(1, 11), *range(10)])) == {200}
    assert stored_files(own_hub) == {hashlib.sha256(each).hexdigest(): each for each in contents}
    counted = own_hub.run_code(
        "from storage.models import Bucket; b = Bucket.objects.get(name='dvc'); print(b.object_count, b.total_bytes)"
    )
    assert counted.split()[-2:] == ["10", "2000000"]


@pytest.mark.parametrize("after", [5, 60, 200])
def test_a_hub_killed_in_the_middle_of_a_push(own_hub: LiveHub, tmp_path: Path, after: int) -> None:
    """What was acknowledged is there afterwards, what was not is whole or absent, and pushing again mends the rest."""
    work = DvcCheckout(tmp_path / "work")
    work.write(**{f"data__f{number}": os.urandom(20_000) for number in range(400)})
    work.dvc("add", "--quiet", "data")
    work.use_remote(own_hub, "alice/stones", user="alice", password=own_hub.tokens["alice"])
    files = {md5_of(path.read_bytes()): path.read_bytes() for path in (work.folder / "data").iterdir()}
    acknowledged: list[str] = []

    def send_one_after_another() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            for md5, content in files.items():
                if status_of(own_hub, "POST", md5, iter([content])) == 200:
                    acknowledged.append(md5)

    with ThreadPoolExecutor(1) as pool:
        pushing = work.start_dvc("push")
        sending = pool.submit(send_one_after_another)
        deadline = time.monotonic() + 180
        while len(acknowledged) < after and time.monotonic() < deadline:
            time.sleep(0.005)
        own_hub.stop(signal.SIGKILL)
        sending.result(60)
        pushing.wait(120)
    assert after <= len(acknowledged) < len(files)
    assert all(hashlib.sha256(content).hexdigest() == name for name, content in stored_files(own_hub).items())
    own_hub.start()
    assert [status_of(own_hub, "GET", md5) for md5 in acknowledged] == [200] * len(acknowledged)
    work.dvc("push")
    assert "in sync" in work.dvc("status", "--cloud")
    work.forget_data("data")
    work.dvc("pull")
    assert {md5_of(path.read_bytes()) for path in (work.folder / "data").iterdir()} == set(files)
    assert "0 damaged, 0 lost" in own_hub.manage("storage", "check")
