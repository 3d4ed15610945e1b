"""The stock mlflow client: files up and down, tables, figures, images; and bodies as clients really send them."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.live import LiveHub
from tests.support.mlflow_client import Calls, tracking_on

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice for these tests."""
    return hub.new_repo("mlflow-artifacts")


@pytest.fixture
def calls(hub: LiveHub, home: str) -> Iterator[Calls]:
    """mlflow, pointed there."""
    with tracking_on(hub, home) as made:
        yield made


def paths(run_id: str, folder: str | None = None) -> list[str]:
    import mlflow

    return [entry.path for entry in mlflow.MlflowClient().list_artifacts(run_id, folder)]


def test_files_of_all_kinds(calls: Calls, tmp_path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import mlflow
    import numpy
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3])
    (tmp_path / "tree" / "inner").mkdir(parents=True)
    (tmp_path / "tree" / "a.txt").write_text("a")
    (tmp_path / "tree" / "inner" / "b c.txt").write_text("b")
    (tmp_path / "empty.bin").write_bytes(b"")
    with mlflow.start_run() as run:
        mlflow.log_dict({"a": 1}, "config/a.json")
        mlflow.log_text("häuser", "text/ü.txt")
        mlflow.log_figure(figure, "plots/line.png")
        mlflow.log_image(numpy.zeros((4, 4, 3), dtype="uint8"), "image.png")
        mlflow.log_image(numpy.zeros((4, 4, 3), dtype="uint8"), key="steps", step=1)
        mlflow.log_table({"x": [1, 2], "y": ["a", "b"]}, "table.json")
        mlflow.log_table({"x": [3], "y": ["c"]}, "table.json")
        mlflow.log_artifacts(str(tmp_path / "tree"), "tree")
        mlflow.log_artifact(str(tmp_path / "empty.bin"))
    run_id = run.info.run_id
    assert paths(run_id) == [
        "config", "empty.bin", "image.png", "images", "plots", "table.json", "text", "tree",
    ]  # fmt: skip
    assert paths(run_id, "tree") == ["tree/a.txt", "tree/inner"]
    assert mlflow.artifacts.load_dict(f"runs:/{run_id}/config/a.json") == {"a": 1}
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/text/ü.txt") == "häuser"
    assert mlflow.artifacts.load_image(f"runs:/{run_id}/image.png").size == (4, 4)
    assert list(mlflow.load_table("table.json", run_ids=[run_id])["x"]) == [1, 2, 3]
    local = Path(mlflow.artifacts.download_artifacts(run_id=run_id, dst_path=str(tmp_path / "down")))
    assert (local / "tree" / "inner" / "b c.txt").read_text() == "b"
    assert (local / "empty.bin").read_bytes() == b""
    assert (local / "plots" / "line.png").read_bytes().startswith(b"\x89PNG")


def test_a_large_file_comes_back_the_same(calls: Calls, tmp_path: Path) -> None:
    import mlflow

    source = tmp_path / "large.bin"
    block = os.urandom(1 << 20)
    with source.open("wb") as out:
        for number in range(30):
            out.write(number.to_bytes(4, "big") + block)
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(source))
    back = Path(mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/large.bin", dst_path=str(tmp_path / "d")))
    assert digest(back) == digest(source)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_artifacts_are_deleted(calls: Calls) -> None:
    import mlflow
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    with mlflow.start_run() as run:
        mlflow.log_text("a", "d/a.txt")
        mlflow.log_text("b", "b.txt")
    repository = get_artifact_repository(run.info.artifact_uri)
    repository.delete_artifacts("d")
    assert paths(run.info.run_id) == ["b.txt"]


def test_a_missing_artifact_is_an_error_at_once(calls: Calls) -> None:
    import mlflow
    from mlflow.exceptions import MlflowException

    with mlflow.start_run() as run:
        pass
    with pytest.raises(MlflowException):
        mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/nothing.txt")


class Raw:
    """Requests byte for byte, since the client never sends a cut body."""

    def __init__(self, hub: LiveHub, home: str) -> None:
        import mlflow

        self.hub, self.home = hub, home
        with tracking_on(hub, home), mlflow.start_run() as run:
            self.root = f"/{home}.mlflow/api/2.0/mlflow-artifacts/artifacts/0/{run.info.run_id}/artifacts"
        self.login = "Basic " + b64encode(f"alice:{hub.tokens['alice']}".encode()).decode()

    def open(self, method: str, name: str, **headers: str) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.hub.port, timeout=120)
        connection.putrequest(method, f"{self.root}/{name}")
        for key, value in {"Authorization": self.login, **headers}.items():
            connection.putheader(key.replace("_", "-"), value)
        connection.endheaders()
        return connection

    def get(self, name: str) -> tuple[int, bytes]:
        with contextlib.closing(self.open("GET", name)) as connection:
            answer = connection.getresponse()
            return answer.status, answer.read()


@pytest.fixture(scope="module")
def raw(hub: LiveHub, home: str) -> Raw:
    return Raw(hub, home)


def chunked(raw: Raw, name: str, *blocks: bytes, **headers: str) -> tuple[int, dict[str, str]]:
    """PUT of a body whose length is not said before."""
    connection = raw.open("PUT", name, Transfer_Encoding="chunked", **headers)
    for block in blocks:
        connection.send(f"{len(block):x}\r\n".encode() + block + b"\r\n")
    connection.send(b"0\r\n\r\n")
    with contextlib.closing(connection):
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_a_chunked_body_needs_a_digest(raw: Raw) -> None:
    # The server cannot tell a chunked body that was cut from one that ended.
    status, answer = chunked(raw, "chunked.bin", b"first,", b"second")
    assert (status, answer["error_code"]) == (411, "INVALID_PARAMETER_VALUE")
    assert raw.get("chunked.bin")[0] == 404
    proof = f"sha-256=:{b64encode(hashlib.sha256(b'first,second').digest()).decode()}:"
    assert chunked(raw, "chunked.bin", b"first,", b"second", Repr_Digest=proof) == (200, {})
    assert raw.get("chunked.bin") == (200, b"first,second")


def test_a_cut_chunked_body_with_a_digest_is_refused(raw: Raw) -> None:
    proof = f"sha-256=:{b64encode(hashlib.sha256(b'first,second').digest()).decode()}:"
    connection = raw.open("PUT", "cut-chunked.bin", Transfer_Encoding="chunked", Repr_Digest=proof)
    connection.send(b"6\r\nfirst,\r\n")
    assert connection.sock is not None
    connection.sock.close()
    connection.close()
    time.sleep(0.3)
    assert raw.get("cut-chunked.bin")[0] == 404


def test_an_empty_chunked_body_is_an_empty_file(raw: Raw) -> None:
    # So the stock client sends an empty file.
    assert chunked(raw, "empty.bin") == (200, {})
    assert raw.get("empty.bin") == (200, b"")


def test_a_cut_upload_leaves_nothing_and_replaces_nothing(raw: Raw) -> None:
    first = raw.open("PUT", "cut.bin", Content_Length="5")
    first.send(b"whole")
    with contextlib.closing(first):
        assert first.getresponse().status == 200
    second = raw.open("PUT", "cut.bin", Content_Length="100000")
    second.send(b"x" * 50_000)
    assert second.sock is not None
    second.sock.close()
    second.close()
    assert raw.get("cut.bin") == (200, b"whole")
    assert raw.get("never.bin")[0] == 404


def test_uploads_without_credentials_are_refused(hub: LiveHub, raw: Raw) -> None:
    connection = raw.open("PUT", "x.bin", Content_Length="1", Authorization="Bearer nonsense")
    connection.send(b"x")
    with contextlib.closing(connection):
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["error_code"]) == (401, "UNAUTHENTICATED")
