"""Large artifacts: in parts and in ranges with the stock client, in flat memory, at once, on a full disk."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.live import LiveHub, live_hub
from tests.support.mlflow_client import Calls, tracking_on

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]

BLOCK = 1 << 20
PART = "5242880"
SMALL_PARTS = {
    "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": PART,
    "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": PART,
    "MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE": PART,
}


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice for these tests."""
    return hub.new_repo("mlflow-large")


@pytest.fixture
def calls(hub: LiveHub, home: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """mlflow, pointed there, with small parts."""
    for name, value in SMALL_PARTS.items():
        monkeypatch.setenv(name, value)
    with tracking_on(hub, home) as made:
        yield made


def write_file(path: Path, mebibytes: int) -> str:
    """A file of distinct blocks; its SHA-256."""
    block, digest = os.urandom(BLOCK - 4), hashlib.sha256()
    with path.open("wb") as out:
        for number in range(mebibytes):
            piece = number.to_bytes(4, "big") + block
            out.write(piece)
            digest.update(piece)
    return digest.hexdigest()


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def blob_files(hub: LiveHub, folder: str) -> list[str]:
    """What waits in a folder of the store."""
    where = hub.home / "blobs" / folder
    return sorted(os.listdir(where)) if where.is_dir() else []


def test_the_client_sends_parts_and_fetches_ranges(hub: LiveHub, calls: Calls, tmp_path: Path) -> None:
    import mlflow

    wanted = write_file(tmp_path / "large.bin", 23)
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(tmp_path / "large.bin"), "d")
    base = "/api/2.0/mlflow-artifacts"
    # With the names that the client really uses: an upload of 23 MiB in parts of 5 is 5 parts.
    assert (calls.to(f"{base}/mpu/create"), calls.to(f"{base}/mpu/part"), calls.to(f"{base}/mpu/complete")) == (1, 5, 1)
    assert blob_files(hub, "parts") == []
    found = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/d/large.bin", dst_path=str(tmp_path / "back"))
    assert digest(Path(found)) == wanted
    assert calls.to(f"{base}/presigned/0/{run.info.run_id}/artifacts/d/large.bin") == 1
    ranges = [made for made in calls.made if made[1].startswith(f"{base}/artifacts/") and made[2] == 206]
    assert len(ranges) == 5


def test_an_upload_that_fails_is_aborted_by_the_client(
    hub: LiveHub, calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow
    from mlflow.exceptions import MlflowException
    from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository

    send = HttpArtifactRepository._upload_part

    def failing(credential, local_file, size, start_byte):  # type: ignore[no-untyped-def]
        if credential.part_number == 3:
            raise ConnectionError("the line broke")
        return send(credential, local_file, size, start_byte)

    monkeypatch.setattr(HttpArtifactRepository, "_upload_part", staticmethod(failing))
    write_file(tmp_path / "broken.bin", 16)
    with mlflow.start_run() as run, pytest.raises(MlflowException, match="the line broke"):
        mlflow.log_artifact(str(tmp_path / "broken.bin"))
    assert calls.to("/api/2.0/mlflow-artifacts/mpu/abort") == 1
    assert blob_files(hub, "parts") == []
    assert mlflow.MlflowClient().list_artifacts(run.info.run_id) == []


class Plain:
    """PUT and GET of one run's artifacts, byte for byte."""

    def __init__(self, hub: LiveHub, home: str) -> None:
        import mlflow

        self.hub = hub
        with tracking_on(hub, home), mlflow.start_run() as run:
            self.root = f"/{home}.mlflow/api/2.0/mlflow-artifacts/artifacts/0/{run.info.run_id}/artifacts"
        self.login = "Basic " + b64encode(f"alice:{hub.tokens['alice']}".encode()).decode()

    def ask(self, method: str, name: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.hub.port, timeout=120)
        with contextlib.closing(connection):
            named = {key.replace("_", "-"): value for key, value in headers.items()}
            # Who is refused in the middle of a large body finds the line closed; the answer is there, as for urllib3.
            with contextlib.suppress(ConnectionError):
                connection.request(
                    method, f"{self.root}/{name}", body, {"Authorization": self.login, **named}  # type: ignore[arg-type]
                )  # fmt: skip
            answer = connection.getresponse()
            return answer.status, answer.read()

    def fetch(self, name: str) -> tuple[str, int]:
        """SHA-256 and size of a file, read in flat memory."""
        connection = http.client.HTTPConnection("127.0.0.1", self.hub.port, timeout=120)
        with contextlib.closing(connection):
            connection.request("GET", f"{self.root}/{name}", headers={"Authorization": self.login})
            answer = connection.getresponse()
            assert answer.status == 200
            found, size = hashlib.sha256(), 0
            while block := answer.read(BLOCK):
                found.update(block)
                size += len(block)
            return found.hexdigest(), size


def workers(hub: LiveHub) -> list[psutil.Process]:
    assert hub.process is not None
    return psutil.Process(hub.process.pid).children(recursive=True)


def resident(hub: LiveHub, field: str) -> int:
    """VmRSS or VmHWM (its peak) of the processes that answer, in bytes."""
    found = 0
    for process in workers(hub):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                found += int(line.split()[1]) * 1024
    return found


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks of memory are told by Linux alone")
def test_memory_stays_flat_for_600_mib_up_and_down(hub: LiveHub, home: str) -> None:
    plain, count = Plain(hub, home), 600
    block, wanted = os.urandom(BLOCK - 4), hashlib.sha256()

    def blocks() -> Iterator[bytes]:
        for number in range(count):
            piece = number.to_bytes(4, "big") + block
            wanted.update(piece)
            yield piece

    plain.ask("PUT", "warm.bin", b"x" * BLOCK * 8)
    plain.fetch("warm.bin")
    for process in workers(hub):
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")
    before = resident(hub, "VmRSS")
    assert plain.ask("PUT", "600.bin", blocks(), Content_Length=str(count * BLOCK)) == (200, b"{}")
    assert plain.fetch("600.bin") == (wanted.hexdigest(), count * BLOCK)
    grown = resident(hub, "VmHWM") - before
    assert plain.ask("DELETE", "600.bin")[0] == 200
    assert grown < 64 * BLOCK


def test_two_writers_of_one_path_leave_one_of_the_two(hub: LiveHub, home: str) -> None:
    plain = Plain(hub, home)
    contents = [bytes([letter]) * 3_000_000 for letter in b"abcd"]
    answers: list[int] = []

    def work(content: bytes) -> None:
        for _ in range(3):
            answers.append(plain.ask("PUT", "contended.bin", content)[0])

    threads = [threading.Thread(target=work, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for _ in range(5):
        status, found = plain.ask("GET", "contended.bin")
        assert status == 404 or found in contents
    for thread in threads:
        thread.join()
    assert answers == [200] * 12
    assert plain.ask("GET", "contended.bin")[1] in contents


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[LiveHub]:
    """A hub whose blobs lie on a file system of 24 MiB."""
    blobs = tmp_path / "home" / "blobs"
    blobs.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(blobs)], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small file system")
    try:
        with live_hub(tmp_path / "home") as running:
            yield running
    finally:
        subprocess.run(["umount", str(blobs)], check=True)


def test_a_full_disk_answers_507_and_recovers(small_disk: LiveHub) -> None:
    plain = Plain(small_disk, "alice/stones")
    assert plain.ask("PUT", "first.bin", b"1" * 10 * BLOCK)[0] == 200
    status, answer = plain.ask("PUT", "second.bin", b"2" * 20 * BLOCK)
    assert (status, json.loads(answer)["error_code"]) == (507, "RESOURCE_EXHAUSTED")
    assert plain.ask("GET", "second.bin")[0] == 404
    assert blob_files(small_disk, "stage") == []
    assert plain.ask("GET", "first.bin") == (200, b"1" * 10 * BLOCK)
    assert plain.ask("PUT", "third.bin", b"3" * 10 * BLOCK)[0] == 200
    assert plain.ask("GET", "third.bin") == (200, b"3" * 10 * BLOCK)
