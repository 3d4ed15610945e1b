"""Large uploads through the API on a running hub: flat memory, chunked bodies, and bodies that end in the middle."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.live import LiveHub

pytestmark = pytest.mark.wire
BLOCK = 1024 * 1024
HEAD = (
    b'--b\r\nContent-Disposition: form-data; name="versioning"\r\n\r\ndvc\r\n'
    b'--b\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n'
)
TAIL = b"\r\n--b--\r\n"


def send(hub: LiveHub, repo: str, blocks: Iterator[bytes], length: int | None) -> tuple[int, bytes]:
    """One PUT of these bytes, chunked when no length is told; status and body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=120)
    headers = {"Authorization": f"Bearer {hub.tokens['alice']}", "Content-Type": "multipart/form-data; boundary=b"}
    if length is not None:
        headers["Content-Length"] = str(length)
    try:
        connection.request("PUT", f"/api/v1/repos/{repo}/content/main", blocks, headers, encode_chunked=length is None)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def resident(hub: LiveHub, field: str) -> int:
    """VmRSS or VmHWM (its peak) of the processes that answer, in bytes."""
    assert hub.process is not None
    found = 0
    for process in psutil.Process(hub.process.pid).children(recursive=True):
        if field == "VmRSS":
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        found += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))
    return found


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks of memory are told by Linux alone")
@pytest.mark.parametrize("framing", ["sized", "chunked"])
def test_memory_stays_flat_for_300_mib(hub: LiveHub, framing: str) -> None:
    repo, digest, count, block = hub.new_repo(f"api-large-{framing}"), hashlib.md5(), 300, os.urandom(BLOCK)
    head = HEAD % b"big.bin"

    def body(blocks: int) -> Iterator[bytes]:
        yield head.replace(b"big", b"warm") if blocks == 1 else head
        for _ in range(blocks):
            if blocks > 1:
                digest.update(block)
            yield block
        yield TAIL

    assert send(hub, repo, body(1), None)[0] == 200
    before = resident(hub, "VmRSS")
    size = len(head) + count * BLOCK + len(TAIL) if framing == "sized" else None
    status, said = send(hub, repo, body(count), size)
    assert status == 200, said
    assert resident(hub, "VmHWM") - before < 64 * BLOCK
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=120)
    token = {"Authorization": f"Bearer {hub.tokens['alice']}"}
    connection.request("GET", f"/api/v1/repos/{repo}/content/main/big.bin", headers=token)
    entry = json.loads(connection.getresponse().read())
    connection.close()
    assert (entry["size"], entry["hash"]) == (count * BLOCK, digest.hexdigest())


def test_bodies_that_end_in_the_middle_change_nothing(hub: LiveHub) -> None:
    repo = hub.new_repo("api-cut")
    whole = [HEAD % b"a.bin", b"x" * 3 * BLOCK]
    status, said = send(hub, repo, iter(whole), None)  # Chunked, and without the last boundary.
    assert (status, json.loads(said)["error"]) == (400, "invalid")
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=120)
    connection.putrequest("PUT", f"/api/v1/repos/{repo}/content/main")
    connection.putheader("Authorization", f"Bearer {hub.tokens['alice']}")
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", str(10 * BLOCK))
    connection.endheaders()
    connection.send(b"".join(whole))
    connection.close()
    code = f"from repos.models import Repository; from storage.models import StoredObject; print(Repository.objects.get(name={repo.partition('/')[2]!r}).is_empty, StoredObject.objects.filter(bucket__repository__name={repo.partition('/')[2]!r}).count())"
    assert hub.run_code(code).split()[-2:] == ["True", "0"]
