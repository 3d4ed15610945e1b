"""mlflow-artifacts/… and artifacts/list: files of runs and models. The bytes are the storage room's business."""

from __future__ import annotations

import base64
import mimetypes
import posixpath
import re

from hub.lib.errors import Invalid, NotFound
from storage import selectors as storage
from storage.models import StoredObject
from storage.services import delete_object, delete_tree, put_object
from tracking.locations import SPACE, storage_key
from tracking.mlflow import answers, asks
from tracking.mlflow.wire import Call, File, LengthRequired
from tracking.paths import place_of, safe_path
from tracking.selectors import runs

TEXT_ENDINGS = frozenset(
    [
        "txt", "log", "err", "cfg", "conf", "cnf", "cf", "ini", "properties", "prop", "hocon", "toml", "yaml", "yml",
        "xml", "json", "js", "py", "py3", "csv", "tsv", "md", "rst", "ipynb", "MLmodel", "MLproject",
    ]
)  # fmt: skip


def upload(call: Call, body: asks.Raw) -> answers.Empty:
    """PUT mlflow-artifacts/artifacts/{path}: whole or not at all; an existing file is replaced."""
    place = place_of(call.repository, call.path["path"])
    sha256 = _announced_sha256(call)
    put_object(
        repository=call.repository,
        space=SPACE,
        key=place.key,
        chunks=call.upload.chunks(),
        content_type=media_type(place.key),
        expected_size=call.upload.size if sha256 is not None else sent_length(call),
        sha256=sha256,
        actor=call.actor,
    )
    return answers.Empty()


def sent_length(call: Call) -> int:
    """Bytes that the body must have. Raises LengthRequired when the client did not say.

    The server cannot tell a chunked body that was cut from one that ended. The stock client announces the length of
    every file, but an empty one, which comes as a chunked body without chunks: none is what must arrive then.
    """
    if call.upload.size is not None:
        return call.upload.size
    if next(call.upload.chunks(), b""):
        raise LengthRequired(
            "A body of unknown length is not taken: one that was cut would look whole.",
            next_step="Send Content-Length, or Repr-Digest with the SHA-256 of the file.",
        )
    return 0


_sha256 = re.compile(r"(?:^|[, ])sha-256=:([A-Za-z0-9+/]{43}=):")


def _announced_sha256(call: Call) -> str | None:
    """The file's SHA-256 in hexadecimal, if the client says it as RFC 9530 does."""
    match = _sha256.search(call.upload.header("Repr-Digest") or call.upload.header("Content-Digest"))
    return base64.b64decode(match[1]).hex() if match else None


def download(call: Call, body: asks.Nothing) -> File:
    """GET mlflow-artifacts/artifacts/{path}"""
    key, stored = stored_file(call)
    name = posixpath.basename(key)
    return File(
        name=name,
        size=stored.size,
        content_type=media_type(name),
        open_range=lambda offset, length: iter(storage.read_object(stored, offset, length)),
        etag=stored.blob.sha256,
        sha256=stored.blob.sha256,
    )


def stored_file(call: Call) -> tuple[str, StoredObject]:
    """The key that the path names, and the file there; raises NotFound, or Invalid for a folder."""
    key = safe_path(call.path["path"])
    try:
        return key, storage.get_object(call.repository, SPACE, key)
    except NotFound:
        if storage.list_dir(call.repository, SPACE, key, limit=1):
            raise Invalid(f"{key} is a folder. List it instead.", field="path") from None
        raise NotFound(f"No such artifact: '{key}'", field="path") from None


def list_files(call: Call, body: asks.ListFiles) -> answers.Files:
    """GET mlflow-artifacts/artifacts?path=: one level, by base name; nothing for a file or a missing folder."""
    return answers.Files(files=_files(call, safe_path(body.path or ""), ""))


def delete(call: Call, body: asks.Nothing) -> answers.Empty:
    """DELETE mlflow-artifacts/artifacts/{path}: a file, or a folder with all below."""
    key = safe_path(call.path["path"])
    if not key:
        raise Invalid("Invalid path: name a file or a folder to delete.", field="path")
    below = delete_tree(repository=call.repository, space=SPACE, prefix=key)
    try:
        delete_object(repository=call.repository, space=SPACE, key=key)
    except NotFound:
        if not below:
            raise NotFound(f"No such artifact: '{key}'", field="path") from None
    return answers.Empty()


def list_of_run(call: Call, body: asks.ListArtifacts) -> answers.Files:
    """GET artifacts/list: one level, paths relative to the run's root."""
    return list_below(call, runs.run_row(call.repository, body.run_id or "").artifact_uri, body.path or "")


def list_below(call: Call, root: str, path: str) -> answers.Files:
    """One level of a folder below an artifact root; raises Invalid for a root that lies elsewhere."""
    folder = safe_path(path)
    key = storage_key(root)
    if key is None:
        raise Invalid(f"The artifacts at {root} are not kept by this hub; list them where they lie.", field="path")
    return answers.Files(root, _files(call, f"{key}/{folder}" if folder else key, f"{folder}/" if folder else ""))


def _files(call: Call, key: str, shown: str) -> list[answers.FileInfo]:
    entries = storage.list_dir(call.repository, SPACE, key)
    return [answers.FileInfo(f"{shown}{entry.name}", entry.is_dir, entry.size) for entry in entries]


def media_type(name: str) -> str:
    """What the protocol calls a file by its ending: readable kinds are plain text, unknown ones bytes."""
    base = posixpath.basename(name)
    ending = posixpath.splitext(base)[1].replace(".", "") or base
    if ending in TEXT_ENDINGS:
        return "text/plain"
    return mimetypes.guess_type(base)[0] or "application/octet-stream"


def no_presigned_url(call: Call, body: asks.Nothing) -> answers.Empty:
    """artifacts/presigned-upload-url, presigned-download-url: refused for artifacts that the server itself serves."""
    raise Invalid("Presigned URLs are not given out for artifacts that go through this server. Use mlflow-artifacts.")
