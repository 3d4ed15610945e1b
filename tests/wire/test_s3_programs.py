"""Programs that speak S3, as they come: the AWS command line, rclone, s3fs and dvc, over http and https."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import program
from tests.support.live import LiveHub
from tests.support.s3_clients import Gate, pairs_of, spare_buckets
from tests.support.secure import secure_front

pytestmark = pytest.mark.wire


@pytest.fixture(scope="module")
def gates(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Gate]]:
    pairs = pairs_of(hub)
    with secure_front(hub, tmp_path_factory.mktemp("secure")) as front:
        yield {"http": Gate(hub, hub.url, None, pairs), "https": Gate(hub, front.url, front.certificate, pairs)}


@pytest.fixture(params=["http", "https"])
def gate(request: pytest.FixtureRequest, gates: dict[str, Gate]) -> Gate:
    return gates[request.param]


@pytest.fixture(scope="module")
def buckets(hub: LiveHub) -> Iterator[str]:
    """Fresh repositories of alice, made together, since each start of a command takes seconds."""
    return spare_buckets(hub, 60)


@pytest.fixture
def bucket(buckets: Iterator[str]) -> str:
    """A fresh repository of alice."""
    return next(buckets)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files as people have them: in folders, with odd names, one larger than a part."""
    root = tmp_path / "tree"
    for name, content in {
        "a.txt": b"a",
        "d/ü b+c.txt": b"b" * 1000,
        "d/e/empty": b"",
        "d/e/100%.bin": b"c" * 70_000,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (root / "big.bin").write_bytes(random.Random(3).randbytes(17 * 1024 * 1024))
    return root


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*")) if path.is_file() and ".dvc" not in path.parts[len(folder.parts) :]
    }  # fmt: skip


def environment(gate: Gate, home: Path, *, token: bool = False) -> dict[str, str]:
    """What these programs read their credentials and certificates from; nothing of the machine's own."""
    key, secret = (gate.hub.tokens["alice"],) * 2 if token else gate.pairs["alice"]
    home.mkdir(exist_ok=True)
    found = {
        "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": gate.endpoint(),
        "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    if gate.certificate:
        found |= {name: str(gate.certificate) for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")}
    return found


def run(*words: str, env: dict[str, str], cwd: Path | None = None, ok: bool = True) -> str:
    done = subprocess.run(words, env=env, cwd=cwd, capture_output=True, text=True, timeout=300)
    assert (done.returncode == 0) is ok, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout if ok else done.stderr


def test_aws_command_line(gate: Gate, bucket: str, tree: Path, tmp_path: Path) -> None:
    """By a key pair over http, by a token as both of its halves over https."""
    env, aws = environment(gate, tmp_path / "home", token=gate.certificate is not None), program("s3", "aws")
    run(aws, "s3", "sync", str(tree), f"s3://{bucket}/x", env=env)
    assert "big.bin" in run(aws, "s3", "ls", "--recursive", f"s3://{bucket}/", env=env)
    assert run(aws, "s3", "sync", str(tree), f"s3://{bucket}/x", env=env) == "", "all is there already"
    run(aws, "s3", "sync", f"s3://{bucket}/x", str(tmp_path / "back"), env=env)
    assert contents(tmp_path / "back") == contents(tree)
    run(aws, "s3", "mv", f"s3://{bucket}/x/big.bin", f"s3://{bucket}/y/big.bin", env=env)
    run(aws, "s3", "rm", "--recursive", f"s3://{bucket}/x", env=env)
    assert run(aws, "s3", "ls", "--recursive", f"s3://{bucket}/", env=env).split()[-1] == "y/big.bin"
    assert "AccessDenied" in run(aws, "s3", "ls", f"s3://{bucket}/", "--no-sign-request", env=env, ok=False)
    assert "Enabled" in run(aws, "s3api", "get-bucket-versioning", "--bucket", bucket, env=env)


def rclone(gate: Gate, tmp_path: Path, *words: str) -> str:
    env = environment(gate, tmp_path / "home")
    env |= {
        "RCLONE_CONFIG_HUB_TYPE": "s3", "RCLONE_CONFIG_HUB_PROVIDER": "Other", "RCLONE_CONFIG_HUB_ENV_AUTH": "true",
        "RCLONE_CONFIG_HUB_ENDPOINT": gate.endpoint(),
    }  # fmt: skip
    env.pop("AWS_CA_BUNDLE", None)  # With it rclone 1.60 does not start.
    certificate = ["--ca-cert", str(gate.certificate)] if gate.certificate else []
    return run("rclone", *words, *certificate, "--retries", "1", env=env)


def test_rclone(gate: Gate, bucket: str, tree: Path, tmp_path: Path) -> None:
    rclone(gate, tmp_path, "copy", str(tree), f"hub:{bucket}/x")
    rclone(gate, tmp_path, "check", "--download", str(tree), f"hub:{bucket}/x")
    (tree / "a.txt").unlink()
    (tree / "new.txt").write_text("new")
    rclone(gate, tmp_path, "sync", str(tree), f"hub:{bucket}/x")
    rclone(gate, tmp_path, "check", str(tree), f"hub:{bucket}/x")
    rclone(gate, tmp_path, "copy", f"hub:{bucket}/x", str(tmp_path / "back"))
    assert contents(tmp_path / "back") == contents(tree)
    rclone(gate, tmp_path, "moveto", f"hub:{bucket}/x/new.txt", f"hub:{bucket}/moved.txt")
    listed = rclone(gate, tmp_path, "lsf", f"hub:{bucket}").split()
    assert sorted(word for word in listed if word.endswith((".txt", "/"))) == ["moved.txt", "x/"]
    rclone(gate, tmp_path, "purge", f"hub:{bucket}/x")
    assert rclone(gate, tmp_path, "lsf", f"hub:{bucket}").split()[-1] == "moved.txt"


S3FS = """
import os, sys
import s3fs
bucket, tree, back, certificate = sys.argv[1:5]
fs = s3fs.S3FileSystem(client_kwargs={"verify": certificate} if certificate else {})
fs.put(tree + "/", bucket + "/x", recursive=True)
assert fs.exists(bucket + "/x/d/e/empty") and not fs.exists(bucket + "/x/none")
fs.invalidate_cache()
assert sorted(path.rpartition("/")[2] for path in fs.ls(bucket + "/x")) == ["a.txt", "big.bin", "d"], fs.ls(bucket + "/x")
with fs.open(bucket + "/x/big.bin") as file:
    file.seek(1_000_000)
    assert file.read(10) == open(tree + "/big.bin", "rb").read()[1_000_000:1_000_010]
with fs.open(bucket + "/written", "wb") as file:
    for _ in range(4):
        file.write(os.urandom(4_000_000))
assert fs.info(bucket + "/written")["size"] == 16_000_000
fs.cp(bucket + "/x/a.txt", bucket + "/copied.txt")
assert fs.cat(bucket + "/copied.txt") == b"a"
fs.get(bucket + "/x/", back, recursive=True)
fs.rm(bucket + "/x", recursive=True)
fs.invalidate_cache()
assert len(fs.find(bucket)) == 2, fs.find(bucket)
"""


def test_s3fs(gate: Gate, bucket: str, tree: Path, tmp_path: Path) -> None:
    env = environment(gate, tmp_path / "home")
    run(
        program("s3", "python"),
        "-c",
        S3FS,
        bucket,
        str(tree),
        str(tmp_path / "back"),
        str(gate.certificate or ""),
        env=env,
    )
    assert contents(tmp_path / "back") == contents(tree)


def test_dvc(gate: Gate, bucket: str, tree: Path, tmp_path: Path) -> None:
    """push, status and pull, and gc, which the remote over HTTP cannot do."""
    env, dvc = environment(gate, tmp_path / "home"), program("dvc", "dvc")
    del env["AWS_ENDPOINT_URL"]
    env |= {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(tmp_path / "site"), "GIT_CONFIG_GLOBAL": "/dev/null"}
    work = tmp_path / "work"
    work.mkdir()
    run("cp", "-r", str(tree), str(work / "data"), env=env)

    def do(*words: str) -> str:
        return run(dvc, *words, env=env, cwd=work)

    do("init", "--no-scm")
    do("remote", "add", "-d", "hub", "s3://dvc")
    do("remote", "modify", "hub", "endpointurl", f"{gate.url}/alice/{bucket}.s3")
    if gate.certificate:
        do("remote", "modify", "hub", "ssl_verify", str(gate.certificate))
    do("add", "data")
    do("push")
    assert "in sync" in do("status", "-c")
    before = contents(work / "data")
    for gone in ("data", ".dvc/cache"):
        run("rm", "-rf", str(work / gone), env=env)
    do("pull")
    assert contents(work / "data") == before == contents(tree)
    (work / "data" / "a.txt").write_text("changed")
    do("add", "data")
    do("push")
    do("gc", "-w", "-c", "-f")
    assert "in sync" in do("status", "-c")
