"""Stock clients as people run them: boto3, dvc over HTTP and S3, git-lfs; each in a fresh folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from servers import ROOT

KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")
THREADS = 8


def s3_client(endpoint: str, key: str, secret: str) -> Any:
    """A boto3 client, as stock as it comes but for the number of connections that it keeps."""
    return boto3.session.Session().client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret,
        config=Config(signature_version="s3v4", max_pool_connections=2 * THREADS, s3={"addressing_style": "path"}),
    )  # fmt: skip


def boto3_large(client: Any, bucket: str, file: Path, target: Path) -> tuple[float, float]:
    """Seconds of `upload_file` and of `download_file`, which take parts of 8 MB side by side."""
    begun = time.perf_counter()
    client.upload_file(str(file), bucket, file.name)
    sent = time.perf_counter()
    client.download_file(bucket, file.name, str(target))
    got = time.perf_counter()
    assert target.stat().st_size == file.stat().st_size
    target.unlink()
    return sent - begun, got - sent


def boto3_small(client: Any, bucket: str, files: list[Path]) -> tuple[float, float]:
    """Seconds of as many `put_object` and of as many `get_object`, by eight threads."""

    def put(file: Path) -> None:
        client.put_object(Bucket=bucket, Key=file.name, Body=file.read_bytes())

    def get(file: Path) -> None:
        assert len(client.get_object(Bucket=bucket, Key=file.name)["Body"].read()) == file.stat().st_size

    with ThreadPoolExecutor(THREADS) as pool:
        begun = time.perf_counter()
        list(pool.map(put, files))
        sent = time.perf_counter()
        list(pool.map(get, files))
        return sent - begun, time.perf_counter() - sent


def run(command: Iterable[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Seconds of a program; raises RuntimeError with all it said when it fails."""
    words, begun = list(command), time.perf_counter()
    done = subprocess.run(words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout.decode(errors='replace')[-3000:]}")
    return time.perf_counter() - begun


@dataclass(frozen=True)
class Remote:
    """A DVC remote: its address and the lines of its configuration."""

    url: str
    options: Mapping[str, str]


class DvcFolder:
    """A folder under stock dvc with several remotes and no memory of what they hold."""

    def __init__(self, folder: Path, remotes: Mapping[str, Remote]) -> None:
        sys.path.append(str(ROOT))
        from tests.support.clients import program

        self.folder, self.program, self.site = folder, program("dvc", "dvc"), folder.parent / f"{folder.name}-site"
        folder.mkdir(parents=True)
        self.environment = {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            "HOME": str(folder.parent), "DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(self.site),
            "DVC_GLOBAL_CONFIG_DIR": str(self.site), "DVC_SYSTEM_CONFIG_DIR": str(self.site), "NO_PROXY": "127.0.0.1",
        }  # fmt: skip
        self.dvc("init", "--quiet", "--no-scm")
        lines = []
        for name, remote in remotes.items():
            options = {"url": remote.url, **remote.options}
            lines += [f"['remote \"{name}\"']", *(f"    {key} = {value}" for key, value in options.items())]
        (folder / ".dvc" / "config").write_text("\n".join(["[core]", "    no_scm = true", *lines, ""]))

    def dvc(self, *words: str) -> float:
        """Seconds of a command."""
        return run([self.program, *words], self.folder, self.environment)

    def pushed(self, remote: str) -> float:
        """Seconds of a push by somebody who does not know what the remote holds."""
        shutil.rmtree(self.site, ignore_errors=True)
        return self.dvc("push", "--quiet", "--remote", remote)

    def pulled(self, remote: str, *data: str) -> float:
        """Seconds of a pull by somebody who has nothing but the .dvc files."""
        for place in (self.site, self.cache, *(self.folder / each for each in data)):
            if place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)
        return self.dvc("pull", "--quiet", "--remote", remote)

    @property
    def cache(self) -> Path:
        """Where dvc keeps content by its MD5."""
        return self.folder / ".dvc" / "cache"


class LfsFolder:
    """A Git repository of which stock git-lfs keeps every `*.bin`."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.environment = {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            "HOME": str(folder.parent), "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "NO_PROXY": "127.0.0.1",
        }  # fmt: skip
        for words in (
            "init --quiet --initial-branch main", "config user.name bench", "config user.email bench@example.org",
            f"remote add origin {origin}", "lfs install --local", "lfs track *.bin",
        ):  # fmt: skip
            self.git(*words.split())

    def git(self, *words: str) -> float:
        """Seconds of a command."""
        return run(["git", *words], self.folder, self.environment)

    def committed(self) -> None:
        """Everything in the folder is committed."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "more")

    def pushed(self) -> float:
        """Seconds of sending all objects of the branch."""
        return self.git("lfs", "push", "origin", "main")

    def fetched(self) -> float:
        """Seconds of fetching all objects of the branch anew."""
        shutil.rmtree(self.folder / ".git" / "lfs" / "objects")
        return self.git("lfs", "fetch", "origin", "main")
