"""Pushes and fetches that break: clients that die, lie or send nonsense; and that big ones do not fill memory."""

from __future__ import annotations

import gzip
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.support.git_checkout import Checkout, folder_of, published
from tests.support.git_raw import (
    RECEIVE,
    UPLOAD,
    ZERO,
    children,
    chunk,
    leftovers,
    open_post,
    pack_of,
    packet,
    post,
    push_head,
)
from tests.support.live import LiveHub

pytestmark = pytest.mark.wire


def noise(count: int) -> bytes:
    return random.Random(count).randbytes(count)


def wait_until(holds: Callable[[], bool], seconds: float = 120) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


@pytest.fixture
def here(hub: LiveHub, tmp_path: Path) -> Checkout:
    """A checkout of a fresh repository, `alice/<name of the folder>`."""
    return published(hub, tmp_path / "w", tmp_path.name.replace("_", ""))


@pytest.fixture
def repo(here: Checkout) -> str:
    return f"alice/{here.folder.parent.name.replace('_', '')}"


@pytest.fixture
def big_push(here: Checkout) -> bytes:
    """The body of a push of 8 MB to a new branch."""
    new = here.commit("big", big_bin=noise(8_000_000))
    pack = pack_of(here, new, f"{new}^{{tree}}", f"{new}:big.bin")
    return push_head((ZERO, new, "refs/heads/big")) + pack


@pytest.mark.parametrize("sized", [True, False], ids=["sized", "chunked"])
def test_push_that_is_cut_leaves_nothing(hub: LiveHub, here: Checkout, repo: str, big_push: bytes, sized: bool) -> None:
    folder = folder_of(hub, repo)
    held = {path for path in folder.rglob("*") if path.is_file()}
    half = big_push[: len(big_push) // 2]
    with open_post(hub, repo, length=len(big_push) if sized else None) as connection:
        connection.sendall(half if sized else chunk(half))
        assert wait_until(lambda: leftovers(folder) != []), "the quarantine was never opened"
    assert wait_until(lambda: children(hub) == []), children(hub)
    assert wait_until(lambda: leftovers(folder) == [])
    assert {path for path in folder.rglob("*") if path.is_file()} == held
    assert "refs/heads/big" not in here.remote_refs()
    here.git("push", "--quiet", "origin", "HEAD:big")


def test_client_killed_while_pushing_leaves_nothing(hub: LiveHub, here: Checkout, repo: str) -> None:
    folder = folder_of(hub, repo)
    here.commit("big", big_bin=noise(40_000_000))
    pushing = subprocess.Popen(
        ["git", "-c", "http.postBuffer=65536", "-c", "core.compression=0", "push", "origin", "HEAD:big"],
        cwd=here.folder,
        env=here.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert wait_until(lambda: leftovers(folder) != [])
    import os

    os.killpg(pushing.pid, signal.SIGKILL)
    pushing.wait()
    assert wait_until(lambda: children(hub) == [] and leftovers(folder) == [])
    assert "refs/heads/big" not in here.remote_refs()


def test_client_that_leaves_a_clone_ends_git(hub: LiveHub, here: Checkout, repo: str) -> None:
    new = here.commit("big", big_bin=noise(40_000_000))
    here.git("push", "--quiet", "origin", "HEAD:big")
    wants = packet(f"want {new} side-band-64k ofs-delta\n".encode()) + b"0000" + packet(b"done\n")
    with open_post(hub, repo, UPLOAD, length=len(wants)) as connection:
        connection.sendall(wants)
        assert b"200 OK" in connection.recv(200)
        assert wait_until(lambda: any("upload-pack" in line for line in children(hub)))
    assert wait_until(lambda: children(hub) == []), children(hub)


def test_damaged_pack_is_refused_with_a_report(hub: LiveHub, here: Checkout, repo: str, big_push: bytes) -> None:
    damaged = bytearray(big_push)
    damaged[len(damaged) // 2] ^= 0xFF
    status, answer = post(hub, repo, bytes(damaged))
    assert status == 200
    assert b"ng refs/heads/big unpacker error" in answer
    assert leftovers(folder_of(hub, repo)) == []


def test_expect_100_continue_is_answered_before_the_body(
    hub: LiveHub, here: Checkout, repo: str, big_push: bytes
) -> None:
    with open_post(hub, repo, length=len(big_push), Expect="100-continue") as connection:
        assert connection.recv(25).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(big_push)
        answer = b""
        while not answer.endswith(b"0\r\n\r\n"):
            block = connection.recv(65536)
            assert block, answer
            answer += block
    assert b"ok refs/heads/big" in answer


def test_expect_100_continue_is_not_answered_where_nobody_may_push(hub: LiveHub, here: Checkout) -> None:
    with open_post(hub, "bob/nothing", length=10**9, Expect="100-continue") as connection:
        answer = connection.recv(25)
    assert answer.startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"zzzz",
        b"0003",
        b"00",
        b"0010not a comm",
        b"000cnonsense0000",
        b"ffff" + b"x" * 70000,
        push_head((ZERO, "z" * 40, "refs/heads/x")),
        push_head((ZERO, "1" * 39, "refs/heads/x")),
        push_head((ZERO, "1" * 40, "refs/heads/x"))[:-4],
    ],
)
def test_body_that_is_no_push_is_400(hub: LiveHub, here: Checkout, repo: str, body: bytes) -> None:
    status, answer = post(hub, repo, body)
    assert status == 400
    assert answer.startswith(b"This is no push: ")


@pytest.mark.parametrize("ref", ["HEAD", "main", "refs/heads/../../x", "refs/heads/a b", "refs/heads/x.lock", "--x"])
def test_names_that_git_does_not_take_are_refused(hub: LiveHub, here: Checkout, repo: str, ref: str) -> None:
    """The attack: a ref name that is a path out of the refs folder, or an option."""
    tip = here.git("rev-parse", "HEAD")
    status, answer = post(hub, repo, push_head((ZERO, tip, ref)) + pack_of(here, tip))
    assert status == 200
    assert b"ng " + ref.encode() in answer
    assert b"ok " + ref.encode() not in answer


def test_forms_and_other_types_are_415(hub: LiveHub, here: Checkout, repo: str) -> None:
    """The attack: a form on another site, posted with the credentials a browser remembers."""
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
        assert post(hub, repo, b"0000", Content_Type=kind)[0] == 415
        assert post(hub, repo, b"0000", service=UPLOAD, Content_Type=kind)[0] == 415
    assert post(hub, repo, b"0000", Content_Encoding="br")[0] == 415


def test_gzip_bodies_are_read_and_damaged_ones_refused(hub: LiveHub, here: Checkout, repo: str) -> None:
    tip = here.git("rev-parse", "HEAD")
    body = push_head((ZERO, tip, "refs/heads/zipped")) + pack_of(here, tip)
    status, answer = post(hub, repo, gzip.compress(body), Content_Encoding="gzip")
    assert (status, b"ok refs/heads/zipped" in answer) == (200, True)
    assert post(hub, repo, b"this is not gzip", Content_Encoding="gzip")[0] == 400
    assert post(hub, repo, gzip.compress(body)[:20], Content_Encoding="gzip")[0] == 400


def server_memory(hub: LiveHub) -> int:
    """Bytes that the web server and its worker hold, without the git processes that the worker started."""
    assert hub.process is not None
    root = psutil.Process(hub.process.pid)
    return sum(process.memory_info().rss for process in (root, *root.children()))


def test_bomb_of_gzip_is_read_in_flat_memory(hub: LiveHub, here: Checkout, repo: str) -> None:
    """The attack: a body of 1 MB that unpacks to 250 MB of `have` lines."""
    before = server_memory(hub)
    line = packet(b"have " + b"1" * 40 + b"\n")
    bomb = gzip.compress(packet(f"want {here.git('rev-parse', 'HEAD')}\n".encode()) + b"0000" + line * 5_000_000)
    status, _ = post(hub, repo, bomb, service=UPLOAD, Content_Encoding="gzip")
    assert status == 200
    assert server_memory(hub) - before < 40_000_000


def test_big_push_and_clone_need_little_memory(hub: LiveHub, here: Checkout, tmp_path: Path) -> None:
    here.git("config", "core.compression", "0")
    here.commit("big", **{f"big{number}_bin": noise(12_000_000 + number) for number in range(8)})
    before = server_memory(hub)
    peaks = [before]
    pushing = subprocess.Popen(["git", "push", "-q", "origin", "HEAD"], cwd=here.folder, env=here.environment)
    while pushing.poll() is None:
        peaks.append(server_memory(hub))
        time.sleep(0.02)
    assert pushing.returncode == 0
    cloning = subprocess.Popen(
        ["git", "clone", "-q", "--bare", here.git("remote", "get-url", "origin"), str(tmp_path / "copy")],
        env=here.environment,
    )
    while cloning.poll() is None:
        peaks.append(server_memory(hub))
        time.sleep(0.02)
    assert cloning.returncode == 0
    assert max(peaks) - before < 40_000_000


def test_slow_reader_holds_no_answer_in_memory(hub: LiveHub, here: Checkout, repo: str) -> None:
    """The attack: asking for everything and reading nothing, many times over."""
    new = here.commit("big", big_bin=noise(30_000_000))
    here.git("push", "--quiet", "origin", "HEAD")
    wants = packet(f"want {new} side-band-64k ofs-delta\n".encode()) + b"0000" + packet(b"done\n")
    before = server_memory(hub)
    idle: list[socket.socket] = []
    for _ in range(4):
        connection = open_post(hub, repo, UPLOAD, length=len(wants))
        connection.sendall(wants)
        idle.append(connection)
    time.sleep(2)
    assert server_memory(hub) - before < 40_000_000
    for connection in idle:
        connection.close()
    assert wait_until(lambda: children(hub) == [])


def test_empty_push_is_a_probe_and_harmless(hub: LiveHub, here: Checkout, repo: str) -> None:
    assert post(hub, repo, b"0000", service=RECEIVE) == (200, b"")
