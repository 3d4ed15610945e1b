"""LFS uploads that go wrong: cut, corrupt, at once by two clients, and a hub that is killed in the middle."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.lfs_client import LfsCheckout
from tests.support.live import LiveHub, live_hub

pytestmark = pytest.mark.wire


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[LiveHub]:
    """A hub of this test alone, which it may kill."""
    with live_hub(tmp_path / "hub") as running:
        yield running


def send(hub: LiveHub, content: bytes, oid: str, *, announced: int | None = None) -> int:
    """PUT of an object, cut short when more was announced than comes."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", hub.port, timeout=120)) as line:
        line.putrequest("PUT", f"/alice/stones.git/info/lfs/objects/{oid}")
        line.putheader("Authorization", f"Bearer {hub.tokens['alice']}")
        line.putheader("Content-Length", str(len(content) if announced is None else announced))
        line.endheaders(content)
        if announced is not None:
            assert line.sock is not None
            line.sock.shutdown(1)
        answer = line.getresponse()
        answer.read()
        return answer.status


def stored_files(hub: LiveHub) -> dict[str, bytes]:
    """What the store really holds, by digest."""
    return {path.name: path.read_bytes() for path in (hub.home / "blobs").glob("??/??/*")}


def test_corrupt_and_cut_uploads_leave_nothing(own_hub: LiveHub) -> None:
    content = os.urandom(2_000_000)
    oid = hashlib.sha256(content).hexdigest()
    assert send(own_hub, content[:-1] + b"!", oid) == 422
    assert send(own_hub, content[:-1], oid) == 422
    with contextlib.suppress(OSError, http.client.HTTPException):
        assert send(own_hub, content[:1_000_000], oid, announced=len(content)) >= 400
    assert not stored_files(own_hub)
    assert send(own_hub, content, oid) == 200
    assert stored_files(own_hub) == {oid: content}


def test_two_clients_at_once(own_hub: LiveHub, tmp_path: Path) -> None:
    """Both push the same new content on branches of their own; it is stored once, and both can fetch it."""
    content, barrier = os.urandom(5_000_000), threading.Barrier(2)

    def push(who: str) -> None:
        here = LfsCheckout(tmp_path / who / "work", own_hub.git_url("alice/stones", who))
        here.git("checkout", "-q", "-b", who)
        here.commit_file("same.bin", content)
        barrier.wait(60)
        here.git("push", "--quiet", "origin", who)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(push, ["alice", "bob"]))
    assert stored_files(own_hub) == {hashlib.sha256(content).hexdigest(): content}
    copy = LfsCheckout.clone(own_hub.git_url("alice/stones", "carol"), tmp_path / "carol" / "work", "--branch", "bob")
    assert (copy.folder / "same.bin").read_bytes() == content


def test_a_hub_killed_in_the_middle_of_a_push(own_hub: LiveHub, tmp_path: Path) -> None:
    """What is stored is whole; pushing again sends the rest, and a clone has everything."""
    work = LfsCheckout(tmp_path / "work", own_hub.git_url("alice/stones", "alice"))
    contents = {f"f{number}.bin": os.urandom(1_500_000) for number in range(40)}
    for name, content in contents.items():
        work.write(name, content)
    work.git("add", "--all")
    work.git("commit", "--quiet", "--message", "many")
    with ThreadPoolExecutor(1) as pool:
        pushing = pool.submit(work.attempt, "push", "--quiet", "--set-upstream", "origin", "main")
        while len(list((own_hub.home / "blobs").glob("??/??/*"))) < 5:
            assert not pushing.done(), pushing.result().stderr
        own_hub.stop(signal.SIGKILL)
        assert pushing.result(180).returncode != 0
    files = stored_files(own_hub)
    assert 5 <= len(files) < 40
    assert all(hashlib.sha256(content).hexdigest() == name for name, content in files.items())
    own_hub.start()
    work.git("push", "--quiet", "--set-upstream", "origin", "main")
    copy = LfsCheckout.clone(own_hub.git_url("alice/stones", "alice"), tmp_path / "copy" / "work")
    assert {name: (copy.folder / name).read_bytes() for name in contents} == contents
    assert "0 damaged, 0 lost" in own_hub.manage("storage", "check")
