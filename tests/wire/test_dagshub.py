"""The unmodified dagshub client: repositories, uploads, downloads, streaming, buckets, mlflow; and dvc on what it sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import clients
from tests.support.dvc_client import DvcCheckout
from tests.support.live import ROOT, LiveHub

pytestmark = pytest.mark.wire
FLOWS = ROOT / "tests" / "support" / "programs" / "dagshub_flows.py"


def flow(hub: LiveHub, name: str, repo: str, folder: Path) -> dict[str, Any]:
    """Run one flow as alice; what it saw."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    env = clients.environment(
        home, DAGSHUB_CLIENT_HOST=hub.url, DAGSHUB_USER_TOKEN=hub.tokens["alice"], DAGSHUB_QUIET="1",
        DAGSHUB_DISABLE_ANALYTICS="1", LANG="C.UTF-8",
    )  # fmt: skip
    python = clients.program("dagshub", "python")
    said = clients.run([python, str(FLOWS), name, hub.url, repo, str(folder)], env=env, cwd=folder, seconds=300)
    return json.loads(said.rpartition("SEEN ")[2])


@pytest.fixture(scope="module")
def sent(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A repository that the client has made and filled."""
    return flow(hub, "upload", "alice/dags", tmp_path_factory.mktemp("sent"))


def test_uploads(sent: dict[str, Any]) -> None:
    assert sent["branch"] == "main"
    assert sent["refused"] == [
        "UpdateNotAllowedError", "VersioningConflictError", "VersioningConflictError", "InvalidLastCommitError"
    ]  # fmt: skip
    assert sent["again"] == "Repository name is invalid or it already exists."
    assert sent["info"] == ["main", False, True, True]
    assert sent["tip"] is True
    assert sent["list"] == [
        [".dvc", "dir", "git"], [".gitignore", "file", "git"], ["data", "dir", "dvc"], ["data.dvc", "file", "git"],
        ["forced", "dir", "git"], ["models", "dir", "git"], ["notebook.ipynb", "file", "dvc"],
        ["notebook.ipynb.dvc", "file", "git"], ["plain", "dir", "git"], ["src", "dir", "git"],
    ]  # fmt: skip
    assert (sent["files"], sent["one"]) == (131, 2097152)
    assert (sent["raw"], sent["branch raw"]) == ("print(2)\n", "print(2)\n")


def test_downloads(hub: LiveHub, sent: dict[str, Any], tmp_path: Path) -> None:
    assert flow(hub, "download", "alice/dags", tmp_path) == {"data": True, "plain": True, "bytes": True, "all": True}


def test_streams(hub: LiveHub, sent: dict[str, Any], tmp_path: Path) -> None:
    seen = flow(hub, "stream", "alice/dags", tmp_path)
    assert {"data", "models", "plain", "src", ".dagshub"} <= set(seen.pop("root"))
    assert seen == {
        "data": 131, "text": "content of inner/deep/b ä.txt\n", "bucket": ["bucket.txt"],
        "from bucket": "from the bucket", "missing": True,
    }  # fmt: skip


def test_stock_dvc_pulls_what_was_uploaded(hub: LiveHub, sent: dict[str, Any], tmp_path: Path) -> None:
    work = DvcCheckout.clone(hub.git_url("alice/dags", "alice"), tmp_path / "work")
    assert isinstance(work, DvcCheckout)
    assert f"url = {hub.url}/alice/dags.dvc" in (work.folder / ".dvc" / "config").read_text()
    work.dvc("remote", "modify", "--local", "hub", "auth", "basic")
    work.dvc("remote", "modify", "--local", "hub", "user", "alice")
    work.dvc("remote", "modify", "--local", "hub", "password", hub.tokens["alice"])
    work.dvc("pull")
    assert len(list((work.folder / "data").rglob("*.txt"))) == 132
    assert (work.folder / "data/inner/deep/b ä.txt").read_text() == "content of inner/deep/b ä.txt\n"
    assert (work.folder / "models/big.bin").read_bytes() == bytes(range(256)) * 8192
    # The lists and pointers are those that dvc itself would write.
    assert "up to date" in work.dvc("status")
    assert work.git("status", "--porcelain") == ""
    before = (work.folder / "data.dvc").read_text()
    work.dvc("add", "data")
    assert (work.folder / "data.dvc").read_text() == before


def test_buckets(hub: LiveHub, tmp_path: Path) -> None:
    seen = flow(hub, "bucket", hub.new_repo("dags-bucket"), tmp_path)
    assert seen == {
        "boto": ["a/0.bin", "a/1.bin", "a/2.bin"], "got": "xx", "s3fs": "written by s3fs",
        "api": ["s3/dags-bucket/a", "s3/dags-bucket/b", "s3/dags-bucket/up"],
        "below": [["s3/dags-bucket/a/0.bin", 0], ["s3/dags-bucket/a/1.bin", 1], ["s3/dags-bucket/a/2.bin", 2]],
        "down": ["0.bin", "1.bin", "2.bin"],
    }  # fmt: skip


def test_init_makes_a_repository_and_logs(hub: LiveHub, tmp_path: Path) -> None:
    seen = flow(hub, "init", "alice/dags-init", tmp_path)
    assert seen == {"uri": f"{hub.url}/alice/dags-init.mlflow", "loss": 0.5}


def test_commands(hub: LiveHub, tmp_path: Path) -> None:
    seen = flow(hub, "command", hub.new_repo("dags-cli"), tmp_path)
    assert seen["list"] == [["images", "dir", "dvc"], ["images.dvc", "file", "git"], ["notes.txt", "file", "git"]]
    assert seen["count"] == 131
