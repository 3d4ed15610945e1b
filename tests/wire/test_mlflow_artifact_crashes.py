"""The server is killed outright while artifacts arrive: nothing acknowledged is lost, nothing partial is visible."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import signal
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.live import LiveHub, live_hub

pytestmark = pytest.mark.wire

MIB = 1 << 20
BASE = "/alice/stones.mlflow/api/2.0/mlflow-artifacts"


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """A hub of its own, to be killed."""
    with live_hub(tmp_path_factory.mktemp("mortal") / "home") as running:
        yield running


def restart(hub: LiveHub) -> None:
    """Kill every process of the server at once, and start it anew."""
    hub.stop(signal.SIGKILL)
    hub.start()


def request(hub: LiveHub, method: str, path: str, body: bytes = b"", kind: str = "x/y") -> tuple[int, Any, str]:
    """Status, body and ETag of an answer; status 0 when the server went away."""
    login = b64encode(f"alice:{hub.tokens['alice']}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=120)
    with contextlib.closing(connection):
        try:
            connection.request(method, path, body, {"Authorization": f"Basic {login}", "Content-Type": kind})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers.get("ETag", "")
        except (OSError, http.client.HTTPException):
            return 0, b"", ""


def told(hub: LiveHub, path: str, body: Any) -> tuple[int, Any]:
    status, answer, _ = request(hub, "POST", path, json.dumps(body).encode(), "application/json")
    return status, json.loads(answer or b"null")


def test_a_server_killed_while_a_file_arrives_keeps_the_former(mortal: LiveHub) -> None:
    path = f"{BASE}/artifacts/file.bin"
    assert request(mortal, "PUT", path, b"former" * MIB)[0] == 200
    for sent in (1, 3 * MIB, 8 * MIB - 1):
        connection = http.client.HTTPConnection("127.0.0.1", mortal.port, timeout=120)
        login = b64encode(f"alice:{mortal.tokens['alice']}".encode()).decode()
        connection.putrequest("PUT", path)
        connection.putheader("Authorization", f"Basic {login}")
        connection.putheader("Content-Length", str(8 * MIB))
        connection.endheaders()
        connection.send(b"x" * sent)
        time.sleep(0.2)
        restart(mortal)
        connection.close()
        assert request(mortal, "GET", path)[:2] == (200, b"former" * MIB)


def test_what_was_acknowledged_is_there_after_a_kill(mortal: LiveHub) -> None:
    acknowledged: dict[str, str] = {}
    stop = threading.Event()

    def write(letter: str) -> None:
        for number in range(200):
            content = os.urandom(300_000)
            name = f"kept/{letter}{number}"
            status, _, _ = request(mortal, "PUT", f"{BASE}/artifacts/{name}", content)
            if status == 200:
                acknowledged[name] = hashlib.sha256(content).hexdigest()
            if stop.is_set():
                return

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abc"]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    mortal.stop(signal.SIGKILL)
    stop.set()
    for thread in threads:
        thread.join()
    mortal.start()
    assert acknowledged
    for name, digest in acknowledged.items():
        status, content, _ = request(mortal, "GET", f"{BASE}/artifacts/{name}")
        assert (status, hashlib.sha256(content).hexdigest()) == (200, digest), name


@pytest.mark.parametrize("delay", [0.05, 0.2, 0.6])
def test_a_server_killed_while_it_joins_parts_can_join_them_later(mortal: LiveHub, delay: float) -> None:
    folder, name = "joined", f"after-{delay}.bin"
    _, made = told(mortal, f"{BASE}/mpu/create/{folder}", {"path": name, "num_parts": 12})
    piece, whole, parts = os.urandom(16 * MIB), hashlib.sha256(), []
    for credential in made["credentials"]:
        address, content = urlsplit(credential["url"]), piece[credential["part_number"] :]
        whole.update(content)
        status, _, etag = request(mortal, "PUT", f"{address.path}?{address.query}", content)
        assert status == 200
        parts.append({"part_number": credential["part_number"], "etag": etag})
    body = {"path": name, "upload_id": made["upload_id"], "parts": parts}
    completing = threading.Thread(target=told, args=(mortal, f"{BASE}/mpu/complete/{folder}", body))
    completing.start()
    time.sleep(delay)
    restart(mortal)
    completing.join()
    path = f"{BASE}/artifacts/{folder}/{name}"
    status, content, _ = request(mortal, "GET", path)
    assert status == 404 or hashlib.sha256(content).digest() == whole.digest()
    assert told(mortal, f"{BASE}/mpu/complete/{folder}", body) == (200, {})
    status, content, _ = request(mortal, "GET", path)
    assert (status, hashlib.sha256(content).digest()) == (200, whole.digest())
    assert request(mortal, "DELETE", path)[0] == 200
