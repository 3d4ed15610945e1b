"""The blob store in an S3 bucket: hashed on the local disk first, then uploaded under its digest."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from hub.lib.errors import Unavailable
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
from storage.blobs.digesting import Digesting
from storage.blobs.direct import Arrived, DirectPut
from storage.blobs.staging import StagingArea

_PART = 16 * 1024 * 1024
_BYTES = "application/octet-stream"
_MISSING = {"404", "NoSuchKey", "NotFound"}


class S3Store:
    """Blobs as `<prefix>/ab/cd/<digest>` in one bucket, each object whole from its first moment."""

    def __init__(self, bucket: str, prefix: str, stage_folder: Path, *, endpoint: str = "") -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.staging = StagingArea(stage_folder)
        self._transfer = TransferConfig(multipart_threshold=_PART, multipart_chunksize=_PART, max_concurrency=4)
        config = Config(
            retries={"mode": "standard", "max_attempts": 4},
            connect_timeout=10,
            read_timeout=60,
            # The older signature, which boto3 takes for addresses of some regions, does not bind a size.
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint else "auto"},
            # GCS and others that speak S3 refuse the checksums that boto3 sends unasked.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        self._client: Any = boto3.client("s3", endpoint_url=endpoint or None, config=config)

    def stage(self, chunks: Iterable[bytes], wanted: Digests = SHA256) -> AbstractContextManager[Staged]:
        """Receive `chunks` into the staging area on the local disk; see BlobStore."""
        return self.staging.receive(chunks, wanted)

    def publish(self, staged: Staged) -> Written:
        """Upload the staged file under its digest, unless it is there already. Raises Unavailable."""
        if not self.exists(staged.written.sha256):
            self._send(staged, self._key(staged.written.sha256))
        return staged.written

    def _send(self, staged: Staged, key: str) -> None:
        try:
            self._client.upload_file(str(staged.path), self.bucket, key, Config=self._transfer)
        except (BotoCoreError, ClientError, boto3.exceptions.S3UploadFailedError) as error:
            raise _unavailable() from error

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
            return BodyBlocks(None)
        answer = self._call("get_object", Key=self._key(sha256), Range=f"bytes={offset}-{last}")
        return BodyBlocks(answer["Body"])

    def exists(self, sha256: str) -> bool:
        """Whether the bucket holds this digest. Raises Unavailable."""
        return self._size(sha256) is not None

    def delete(self, sha256: str) -> bool:
        """Remove the content; False when it was not there. Raises Unavailable."""
        if not self.exists(sha256):
            return False
        self._call("delete_object", Key=self._key(sha256))
        return True

    def iter_digests(self) -> Iterator[str]:
        """Every digest below the prefix, in the bucket's order."""
        for name, _ in self._listed(self.prefix):
            if len(name) == 64:
                yield name

    def keep_part(self, name: str, staged: Staged) -> None:
        """Upload the staged file as a part, so that any of several web servers can join it. Raises Unavailable."""
        self._send(staged, self._part_key(name))

    def open_part(self, name: str) -> ByteBlocks:
        """The bytes of a part. Raises PartMissing, Unavailable."""
        try:
            return BodyBlocks(self._call("get_object", Key=self._part_key(name))["Body"])
        except BlobMissing:
            raise PartMissing(f"The part {name} is gone.") from None

    def drop_part(self, name: str) -> None:
        """Remove a part, if it is there. Raises Unavailable."""
        self._call("delete_object", Key=self._part_key(name))

    def iter_parts(self) -> Iterator[tuple[str, datetime]]:
        """Every part's name and when it was uploaded."""
        return self._listed(f"{self.prefix}parts/")

    def _part_key(self, name: str) -> str:
        return f"{self.prefix}parts/{checked_part(name)}"

    def _listed(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        for page in pages:
            for entry in page.get("Contents", []):
                yield str(entry["Key"]).rsplit("/", 1)[-1], entry["LastModified"]

    def alone(self, name: str) -> AbstractContextManager[None]:
        """One at a time on this machine does what `name` stands for."""
        return self.staging.alone(checked_part(name))

    def direct_url(self, sha256: str, *, seconds: int) -> str | None:
        """A presigned address in the bucket. It says "attachment", whatever the content looks like."""
        wanted = {
            "Bucket": self.bucket,
            "Key": self._key(sha256),
            # SECURITY: other people's files must not be shown as pages of the store's address.
            "ResponseContentDisposition": "attachment",
            "ResponseContentType": _BYTES,
        }
        return str(self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds))

    def direct_put(self, part: str, *, size: int, sha256: str, seconds: int) -> DirectPut:
        """A presigned address for one part. S3 refuses another length, and where it can another SHA-256."""
        checksum = b64encode(bytes.fromhex(sha256)).decode()
        wanted = {
            "Bucket": self.bucket,
            "Key": self._part_key(part),
            # SECURITY: both are signed, so that the address fills no bucket and takes nothing but this content.
            "ContentLength": size,
            "ChecksumSHA256": checksum,
        }
        href = self._client.generate_presigned_url("put_object", Params=wanted, ExpiresIn=seconds)
        return DirectPut(str(href), {"x-amz-checksum-sha256": checksum, "Content-Type": _BYTES})

    def part_size(self, part: str) -> int:
        """The bytes of a part, by a HEAD. Raises PartMissing, Unavailable."""
        try:
            return int(self._call("head_object", Key=self._part_key(part))["ContentLength"])
        except BlobMissing:
            raise PartMissing(f"The part {part} is gone.") from None

    @contextmanager
    def read_back(self, part: str) -> Iterator[Arrived]:
        """A hashed copy of the part that nobody has an address of; gone at the end. Raises PartMissing, Unavailable."""
        # SECURITY: the sender's address still works and could change the bytes after they were hashed.
        own = f"{part[:40]}-{token_hex(8)}"
        try:
            self._copy(self._part_key(part), self._part_key(own))
        except BlobMissing:
            raise PartMissing(f"The part {part} is gone.") from None
        try:
            yield Arrived(self._hashed(own), own)
        finally:
            with suppress(Unavailable):
                self.drop_part(own)

    def publish_arrived(self, arrived: Arrived) -> None:
        """Copy it to its digest inside the bucket, unless that is there already. Raises Unavailable."""
        if not self.exists(arrived.written.sha256):
            self._copy(self._part_key(arrived.part), self._key(arrived.written.sha256))

    def _copy(self, source: str, target: str) -> None:
        """SECURITY: what the sender said of the bytes, such as an encoding, is not copied along."""
        place = {"Bucket": self.bucket, "Key": source}
        self._call("copy_object", Key=target, CopySource=place, MetadataDirective="REPLACE", ContentType=_BYTES)

    def _hashed(self, part: str) -> Written:
        size = 0
        try:
            with Digesting(SHA256) as digesting, closing(self.open_part(part)) as blocks:
                for block in blocks:
                    digesting.update(block)
                    size += len(block)
                return digesting.finish(size)
        except BotoCoreError as error:
            raise _unavailable() from error

    def sweep_stage(self, *, older_than: timedelta) -> int:
        """Remove local temporary files of interrupted uploads; the number removed."""
        return self.staging.sweep(older_than=older_than)

    def _key(self, sha256: str) -> str:
        return self.prefix + relative_path(sha256)

    def _size(self, sha256: str) -> int | None:
        try:
            return int(self._call("head_object", Key=self._key(sha256))["ContentLength"])
        except BlobMissing:
            return None

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(Bucket=self.bucket, **arguments)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                raise BlobMissing("The bucket does not hold this content.") from error
            raise _unavailable() from error
        except BotoCoreError as error:
            raise _unavailable() from error
        return answer


class BodyBlocks:
    """The body of an S3 answer in blocks; hands the connection back at its end."""

    def __init__(self, body: Any | None) -> None:
        self._body = body

    def __iter__(self) -> BodyBlocks:
        return self

    def __next__(self) -> bytes:
        block: bytes = self._body.read(BLOCK_SIZE) if self._body is not None else b""
        if not block:
            self.close()
            raise StopIteration
        return block

    def close(self) -> None:
        """Close the answer; more blocks will not come."""
        if self._body is not None:
            self._body.close()
            self._body = None


def _unavailable() -> Unavailable:
    return Unavailable(
        "The object store does not answer as it should; nothing was changed.",
        next_step="Try again in a minute; an administrator finds the cause in the hub's log.",
    )
