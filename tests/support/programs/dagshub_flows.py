"""What a user of the `dagshub` package does; arguments: the flow, the address of the hub, owner/repo, a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagshub
from dagshub.common.api.repo import RepoAPI
from dagshub.upload import Repo
from dagshub.upload.errors import InvalidLastCommitError, UpdateNotAllowedError, VersioningConflictError
from dagshub.upload.wrapper import create_repo

flow, host, full_name, place = sys.argv[1:5]
owner, name = full_name.split("/")
folder = Path(place)
seen: dict[str, Any] = {}


def digits(path: str) -> str:
    """Something that every file has of its own."""
    return f"content of {path}\n"


def tree(top: Path) -> dict[str, str]:
    """Every file below a folder, with its text."""
    return {str(each.relative_to(top)): each.read_text() for each in sorted(top.rglob("*")) if each.is_file()}


def sent_folder() -> Path:
    """130 files, and two folders more."""
    top = folder / "sent"
    for path in [f"{n:03d}.txt" for n in range(130)] + ["inner/a.txt", "inner/deep/b ä.txt"]:
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(digits(path))
    return top


def upload() -> None:
    """A new repository; one file each way, a folder each way, and every refusal."""
    repo = create_repo(name, private=True)
    seen["branch"] = repo.branch
    big, text = folder / "big.bin", folder / "train.py"
    big.write_bytes(bytes(range(256)) * 8192)
    text.write_text("print(1)\n")
    repo.upload(str(text), remote_path="src/train.py", commit_message="One small file")
    repo.upload(str(big), remote_path="models/big.bin")
    repo.upload(str(text), remote_path="forced/dvc.txt", versioning="dvc")
    repo.upload(str(sent_folder()), remote_path="data")
    repo.upload(str(sent_folder()), remote_path="plain", versioning="git")
    text.write_text("print(2)\n")
    for wrong, remote, more in (
        (UpdateNotAllowedError, "src/train.py", {}),
        (VersioningConflictError, "src/train.py", {"versioning": "dvc", "force": True}),
        (VersioningConflictError, "models/big.bin", {"versioning": "git", "force": True}),
        (InvalidLastCommitError, "src/train.py", {"last_commit": "0" * 40}),
    ):
        try:
            repo.upload(str(text), remote_path=remote, **more)
        except wrong:
            seen.setdefault("refused", []).append(wrong.__name__)
    repo.upload(str(text), remote_path="src/train.py", force=True)
    Repo(owner, name, branch="feature/x").upload(str(text), remote_path="only/here.py")
    with big.open("rb") as file:
        repo.upload_files([("/notebook.ipynb", file)], versioning="", force=True)
    try:
        create_repo(name)
    except RuntimeError as error:
        seen["again"] = str(error)
    api = RepoAPI(full_name, host=host)
    seen["info"] = [api.default_branch, api.is_mirror, api.id > 0, api.get_repo_info().permissions["push"]]
    seen["tip"] = api.get_commit_info(api.last_commit_sha("feature/x")).id == api.last_commit_sha("feature/x")
    seen["list"] = sorted([e.path, e.type, e.versioning] for e in api.list_path("/"))
    seen["files"] = len(api.list_path("data"))
    seen["one"] = api.list_path("models/big.bin", include_size=True)[0].size
    seen["raw"] = api.get_file("src/train.py").decode()
    seen["branch raw"] = api.get_file("only/here.py", revision="feature/x").decode()


def download() -> None:
    """All of it, by a folder of DVC, a folder of Git and one file."""
    api = RepoAPI(full_name, host=host)
    sent = tree(sent_folder())
    for path in ("data", "plain"):
        api.download(path, folder / path)
        seen[path] = tree(folder / path) == sent
    api.download("models/big.bin", folder / "got.bin")
    seen["bytes"] = (folder / "got.bin").read_bytes() == bytes(range(256)) * 8192
    api.download("/", folder / "all")
    seen["all"] = (folder / "all/data/inner/deep/b ä.txt").read_text() == digits("inner/deep/b ä.txt")


def stream() -> None:
    """The file system that fetches what is looked at, and the bucket below it."""
    from dagshub import get_repo_bucket_client
    from dagshub.streaming import DagsHubFilesystem

    client = get_repo_bucket_client(full_name)
    client.put_object(Bucket=name, Key="in/bucket.txt", Body=b"from the bucket")
    work = folder / "work"
    work.mkdir()
    fs = DagsHubFilesystem(str(work), repo_url=f"{host}/{full_name}", branch="main")
    seen["root"] = sorted(fs.listdir(str(work)))
    seen["data"] = len(fs.listdir(str(work / "data")))
    with fs.open(str(work / "data/inner/deep/b ä.txt")) as file:
        seen["text"] = file.read()
    top = work / ".dagshub/storage/s3" / name
    seen["bucket"] = fs.listdir(str(top / "in"))
    with fs.open(str(top / "in/bucket.txt"), "rb") as file:
        seen["from bucket"] = file.read().decode()
    try:
        fs.open(str(work / "data/none.txt"))
    except FileNotFoundError:
        seen["missing"] = True


def bucket() -> None:
    """boto3 and s3fs as the package makes them."""
    from dagshub import get_repo_bucket_client

    client = get_repo_bucket_client(full_name)
    for number in range(3):
        client.put_object(Bucket=name, Key=f"a/{number}.bin", Body=b"x" * number)
    seen["boto"] = [each["Key"] for each in client.list_objects_v2(Bucket=name)["Contents"]]
    seen["got"] = client.get_object(Bucket=name, Key="a/2.bin")["Body"].read().decode()
    fs = get_repo_bucket_client(full_name, flavor="s3fs")
    with fs.open(f"{name}/b/s3fs.txt", "w") as file:
        file.write("written by s3fs")
    seen["s3fs"] = fs.cat(f"{name}/b/s3fs.txt").decode()
    (folder / "up").mkdir()
    (folder / "up/c.txt").write_text("c")
    dagshub.upload_files(full_name, str(folder / "up"), remote_path="up", bucket=True)
    api = RepoAPI(full_name, host=host)
    seen["api"] = sorted(each.path for each in api.list_storage_path(f"s3/{name}"))
    seen["below"] = [[each.path, each.size] for each in api.list_storage_path(f"s3/{name}/a")]
    api.download(f"s3:/{name}/a", folder / "down")
    seen["down"] = sorted(tree(folder / "down"))


def init() -> None:
    """dagshub.init makes the repository and points mlflow at it."""
    dagshub.init(repo_name=name, repo_owner=owner, host=host)
    import mlflow

    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 0.5)
        mlflow.log_param("rate", 1)
    seen["uri"] = os.environ["MLFLOW_TRACKING_URI"]
    seen["loss"] = mlflow.MlflowClient().get_run(run.info.run_id).data.metrics["loss"]


def command() -> None:
    """The commands: `dagshub upload` sends no versioning at all."""
    top = sent_folder()
    for what, remote in ((str(top), "images"), (str(top / "000.txt"), "notes.txt")):
        words = [str(Path(sys.executable).parent / "dagshub"), "upload", full_name, what, remote]
        subprocess.run(words, check=True, stdout=sys.stderr)
    api = RepoAPI(full_name, host=host)
    seen["list"] = sorted([e.path, e.type, e.versioning] for e in api.list_path("/") if not e.path.startswith("."))
    seen["count"] = len(api.list_path("images"))


{"upload": upload, "download": download, "stream": stream, "bucket": bucket, "init": init, "command": command}[flow]()
print("SEEN " + json.dumps(seen))  # noqa: T201
