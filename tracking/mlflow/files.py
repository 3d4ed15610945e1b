"""/get-artifact and its kin: one file of a run or logged model, named by what it belongs to, and small uploads."""

from __future__ import annotations

from dataclasses import replace

from hub.lib.errors import Invalid, TooLarge
from storage.services import put_object
from tracking.locations import SPACE, below, storage_key
from tracking.mlflow import answers, artifacts, asks
from tracking.mlflow.wire import Call, File, Upload
from tracking.paths import safe_path
from tracking.selectors.logged_models import model_detail
from tracking.selectors.runs import run_row

RUNS = "runs:"
MAX_UPLOAD = 10 * 1024 * 1024


class TooBig(TooLarge):
    """The file is larger than this address takes; artifacts of any size go by PUT."""

    status = 400


def of_run(call: Call, body: asks.FileOfRun) -> File:
    """GET /get-artifact?run_id=&path="""
    return file_below(call, run_row(call.repository, body.run_id or "").artifact_uri, body.path or "")


def of_model(call: Call, body: asks.FileOfModel) -> File:
    """GET logged-models/{model_id}/artifacts/files?artifact_file_path="""
    found = model_detail(call.repository, call.path["model_id"])
    return file_below(call, found.row.artifact_uri, body.artifact_file_path or "")


def file_below(call: Call, root: str, path: str) -> File:
    """A file below an artifact root. Raises NotFound; Invalid for a folder, and for a root that lies elsewhere."""
    return artifacts.download(replace(call, path={"path": key_below(root, path)}), asks.Nothing())


def file_at(call: Call, uri: str, path: str) -> File:
    """A file below any address that a model may be registered from: `runs:/<run>/…` or an artifact root."""
    if not uri.startswith(RUNS):
        return file_below(call, uri, path)
    run, _, folder = uri.removeprefix(RUNS).lstrip("/").partition("/")
    root = run_row(call.repository, run).artifact_uri
    return file_below(call, below(root, *([folder.strip("/")] if folder.strip("/") else [])), path)


def key_below(root: str, path: str) -> str:
    """The key of a file below an artifact root that the hub keeps; raises Invalid for another."""
    name, folder = safe_path(path), storage_key(root)
    if not name:
        raise Invalid("Invalid path: name a file.", field="path")
    if folder is None:
        raise Invalid(f"The artifacts at {root} are not kept by this hub; read them where they lie.", field="path")
    return f"{folder}/{name}"


def upload(call: Call, body: asks.UploadToRun) -> answers.Empty:
    """POST upload-artifact?run_uuid=&path=: the body is the file, 10 MiB at most"""
    key = key_below(run_row(call.repository, body.run_id or "").artifact_uri, body.path or "")
    artifacts.sent_length(call)
    data = _small(call.upload)
    put_object(
        repository=call.repository,
        space=SPACE,
        key=key,
        chunks=[data],
        content_type=artifacts.media_type(key),
        expected_size=len(data),
        actor=call.actor,
    )
    return answers.Empty()


def _small(upload: Upload) -> bytes:
    parts: list[bytes] = []
    size = upload.size or 0
    for chunk in upload.chunks() if size <= MAX_UPLOAD else ():
        size += len(chunk) if upload.size is None else 0
        parts.append(chunk)
        if size > MAX_UPLOAD:
            break
    if size > MAX_UPLOAD:
        raise TooBig("Artifact size is too large. Max size is 10MB.")
    if not parts:
        raise Invalid("Request must specify data.")
    return b"".join(parts)
