"""The blob store in an Azure container: hashed on the local disk first, then uploaded under its digest."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import urllib3
from urllib3.exceptions import HTTPError

from hub.lib.errors import Unavailable
from storage.blobs.azure_requests import account_key, is_sas, request
from storage.blobs.base import (
    BLOCK_SIZE,
    SHA256,
    BlobMissing,
    ByteBlocks,
    Digests,
    PartMissing,
    Staged,
    Written,
    checked_part,
    relative_path,
    write_whole,
)
from storage.blobs.staging import StagingArea

_BLOCK = 16 * 1024 * 1024
_TRIES = urllib3.Retry(3, redirect=0, status_forcelist=(500, 502, 503, 504), backoff_factor=0.2, allowed_methods=None)
_MOST_BLOCKS = 50_000
# Refusals that are none when the blob is there: another was first, and has put the same under this name.
_LATE = {400, 409, 412}


@dataclass(frozen=True, slots=True)
class Account:
    """A storage account: where its blobs are asked for, and its key or a SAS token."""

    base: str
    name: str
    secret: str = field(repr=False)


def read_account(connection: str) -> Account:
    """The account that a connection string of Azure names. Raises ValueError for what is none."""
    words = dict(each.split("=", 1) for each in connection.strip().strip(";").split(";") if "=" in each)
    name = words.get("AccountName", "")
    secret = words.get("AccountKey") or words.get("SharedAccessSignature", "").lstrip("?")
    suffix = words.get("EndpointSuffix", "core.windows.net")
    base = words.get("BlobEndpoint") or (f"https://{name}.blob.{suffix}" if name else "")
    if not base.startswith(("https://", "http://")) or not secret or not (name or is_sas(secret)):
        raise ValueError("A connection string of Azure holds AccountName and AccountKey, or a SharedAccessSignature.")
    if not is_sas(secret):
        account_key(secret)
    return Account(base.rstrip("/"), name, secret)


class AzureStore:
    """Blobs as `<prefix>/ab/cd/<digest>` in one container, each whole from its first moment."""

    def __init__(self, container: str, prefix: str, stage_folder: Path, *, account: Account) -> None:
        self.container, self.account = container, account
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.staging = StagingArea(stage_folder)
        self._pool = urllib3.PoolManager(
            maxsize=16, retries=_TRIES, timeout=urllib3.Timeout(connect=10, read=60)
        )  # fmt: skip

    def stage(self, chunks: Iterable[bytes], wanted: Digests = SHA256) -> AbstractContextManager[Staged]:
        """Receive `chunks` into the staging area on the local disk; see BlobStore."""
        return self.staging.receive(chunks, wanted)

    def publish(self, staged: Staged) -> Written:
        """Upload the staged file under its digest, unless it is there already. Raises Unavailable."""
        if not self.exists(staged.written.sha256):
            self._send(staged, self._key(staged.written.sha256), {"If-None-Match": "*"})
        return staged.written

    def _send(self, staged: Staged, key: str, condition: Mapping[str, str]) -> None:
        """In blocks that are nothing until the list of them is sent; a small file at once."""
        size = staged.path.stat().st_size
        with staged.path.open("rb") as file:
            if size <= _BLOCK:
                self._finish(key, {}, {**condition, "x-ms-blob-type": "BlockBlob"}, file.read())
                return
            names: list[str] = []
            while block := file.read(max(_BLOCK, -(-size // _MOST_BLOCKS))):
                names.append(base64.b64encode(f"{len(names):08}".encode()).decode())
                self._call("PUT", key, {"comp": "block", "blockid": names[-1]}, {}, block, good={201})
        listed = "".join(f"<Latest>{name}</Latest>" for name in names)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'.encode()
        self._finish(key, {"comp": "blocklist"}, condition, body)

    def _finish(self, key: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> None:
        """The request after which the blob is there. Raises Unavailable when it is not."""
        answer = self._call("PUT", key, query, headers, body, good={201} | _LATE)
        if answer.status != 201 and not self._is_there(key):
            raise _unavailable()

    def write(self, chunks: Iterable[bytes]) -> Written:
        """Stage and publish in one go."""
        return write_whole(self, chunks)

    def open(self, sha256: str, offset: int = 0, length: int | None = None) -> ByteBlocks:
        """The bytes from `offset`, at most `length`. Raises BlobMissing, Unavailable."""
        size = self._size(sha256)
        if size is None:
            raise BlobMissing(f"No content with the digest {sha256} is stored.")
        last = size - 1 if length is None else min(size, offset + length) - 1
        if last < offset:
            return AnswerBlocks(None)
        return self._open(self._key(sha256), {"Range": f"bytes={offset}-{last}"})

    def exists(self, sha256: str) -> bool:
        """Whether the container holds this digest. Raises Unavailable."""
        return self._is_there(self._key(sha256))

    def delete(self, sha256: str) -> bool:
        """Remove the content; False when it was not there. Raises Unavailable."""
        return bool(self._call("DELETE", self._key(sha256), good={202, 404}).status == 202)

    def iter_digests(self) -> Iterator[str]:
        """Every digest below the prefix, in the container's order."""
        for name, _ in self._listed(self.prefix):
            if len(name) == 64:
                yield name

    def keep_part(self, name: str, staged: Staged) -> None:
        """Upload the staged file as a part, so that any of several web servers can join it. Raises Unavailable."""
        self._send(staged, self._part_key(name), {})

    def open_part(self, name: str) -> ByteBlocks:
        """The bytes of a part. Raises PartMissing, Unavailable."""
        try:
            return self._open(self._part_key(name), {})
        except BlobMissing:
            raise PartMissing(f"The part {name} is gone.") from None

    def drop_part(self, name: str) -> None:
        """Remove a part, if it is there. Raises Unavailable."""
        self._call("DELETE", self._part_key(name), good={202, 404})

    def iter_parts(self) -> Iterator[tuple[str, datetime]]:
        """Every part's name and when it was uploaded."""
        return self._listed(f"{self.prefix}parts/")

    def alone(self, name: str) -> AbstractContextManager[None]:
        """One at a time on this machine does what `name` stands for."""
        return self.staging.alone(checked_part(name))

    def direct_url(self, sha256: str, *, seconds: int) -> str | None:
        """None: clients fetch through the hub."""
        return None

    def sweep_stage(self, *, older_than: timedelta) -> int:
        """Remove local temporary files of interrupted uploads; the number removed."""
        return self.staging.sweep(older_than=older_than)

    def _key(self, sha256: str) -> str:
        return self.prefix + relative_path(sha256)

    def _part_key(self, name: str) -> str:
        return f"{self.prefix}parts/{checked_part(name)}"

    def _is_there(self, key: str) -> bool:
        return self._call("HEAD", key, good={200, 404}).status == 200

    def _size(self, sha256: str) -> int | None:
        answer = self._call("HEAD", self._key(sha256), good={200, 404})
        return int(answer.headers["Content-Length"]) if answer.status == 200 else None

    def _listed(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        query = {"restype": "container", "comp": "list", "prefix": prefix}
        while True:
            answer = self._call("GET", "", query)
            root = ElementTree.fromstring(answer.data)  # noqa: S314 -- the hub's own account answers
            for blob in root.iter("Blob"):
                changed = blob.findtext("Properties/Last-Modified") or ""
                yield (blob.findtext("Name") or "").rsplit("/", 1)[-1], parsedate_to_datetime(changed)
            query["marker"] = root.findtext("NextMarker") or ""
            if not query["marker"]:
                return

    def _open(self, key: str, headers: Mapping[str, str]) -> AnswerBlocks:
        answer = self._call("GET", key, {}, headers, good={200, 206, 404}, stream=True)
        if answer.status == 404:
            answer.drain_conn()
            answer.release_conn()
            raise BlobMissing("The container does not hold this content.")
        return AnswerBlocks(answer)

    def _call(
        self,
        method: str,
        key: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        good: Iterable[int] = (200,),
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        path = f"{self.container}/{key}" if key else self.container
        named = dict(headers or {}) if body is None else {**(headers or {}), "Content-Length": str(len(body))}
        account = self.account
        url, signed = request(
            account.base, path, query or {}, method=method, headers=named, account=account.name, secret=account.secret
        )
        try:
            answer = self._pool.request(
                method, url, headers=signed, body=body, preload_content=not stream, redirect=False
            )  # fmt: skip
        except HTTPError:
            raise _unavailable() from None  # SECURITY: its words hold the address, and that a SAS token.
        if answer.status not in good:
            answer.close()
            raise _unavailable()
        return answer


class AnswerBlocks:
    """The body of an answer in blocks; hands the connection back at its end."""

    def __init__(self, answer: Any | None) -> None:
        self._answer = answer

    def __iter__(self) -> AnswerBlocks:
        return self

    def __next__(self) -> bytes:
        try:
            block: bytes = self._answer.read(BLOCK_SIZE) if self._answer is not None else b""
        except HTTPError:
            self.close()
            raise _unavailable() from None
        if not block:
            self.close()
            raise StopIteration
        return block

    def close(self) -> None:
        """Close the answer; more blocks will not come."""
        if self._answer is not None:
            self._answer.close()
            self._answer = None


def _unavailable() -> Unavailable:
    return Unavailable(
        "The object store does not answer as it should; nothing was changed.",
        next_step="Try again in a minute; an administrator finds the cause in the hub's log.",
    )
