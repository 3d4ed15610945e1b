"""The body of a request: its framing taken off, and whatever was announced about it verified at its end."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from storage.s3.checksums import ALGORITHMS
from storage.s3.errors import S3Error
from storage.s3.framing import ChunkChain, Frames
from storage.s3.sigv4 import UNSIGNED

SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_CHUNKS_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_FRAMED = {SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER, UNSIGNED_TRAILER}
_CHECKSUM = "x-amz-checksum-"
_digest = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a request, not read yet. Iterate `chunks` once, to its end: only then are they verified."""

    chunks: Iterator[bytes]
    size: int | None
    sha256: str | None
    """64 hex digits that the bytes must have; whoever stores them computes it anyway, and compares."""
    md5: str | None
    """32 hex digits, the same."""

    def read(self, most: int) -> bytes:
        """All of it, verified. Raises S3Error, EntityTooLarge past `most` bytes."""
        parts, seen = [], 0
        for chunk in self.chunks:
            seen += len(chunk)
            if seen > most:
                raise S3Error("EntityTooLarge", f"The body is larger than {most} bytes.")
            parts.append(chunk)
        body = b"".join(parts)
        if self.sha256 is not None and not hmac.compare_digest(hashlib.sha256(body).hexdigest(), self.sha256):
            raise S3Error("XAmzContentSHA256Mismatch", "The body is not the one that was signed.")
        if self.md5 is not None and hashlib.md5(body, usedforsecurity=False).hexdigest() != self.md5:
            raise S3Error("BadDigest", "The body has another Content-MD5.")
        return body


def body_of(
    headers: Mapping[str, str], blocks: Iterator[bytes], payload: str, chain: Callable[[], ChunkChain] | None
) -> Body:
    """The body that `headers` describe. `payload` is what x-amz-content-sha256 said; `chain` begins chunk signatures.

    Raises S3Error for what cannot be told to be complete: no length and no digest.
    """
    size = _length(headers.get("content-length"))
    md5, sha256 = _md5(headers.get("content-md5")), None
    frames = None
    if payload in _FRAMED:
        size = _length(headers.get("x-amz-decoded-content-length"))
        if size is None:
            raise S3Error("MissingContentLength", "An aws-chunked body needs x-amz-decoded-content-length.")
        frames = Frames(blocks, chain() if chain and payload != UNSIGNED_TRAILER else None)
    elif _digest.fullmatch(payload):
        sha256 = payload
    elif payload != UNSIGNED:
        raise S3Error("InvalidArgument", "This x-amz-content-sha256 is neither a digest nor a way of signing.")
    checks = _announced(headers)
    if size is None and sha256 is None and md5 is None and not checks:
        raise S3Error("MissingContentLength", "Send a Content-Length, or a digest of the body.")
    return Body(_verified(blocks, frames, headers, checks, size), size, sha256, md5)


def _verified(
    blocks: Iterator[bytes], frames: Frames | None, headers: Mapping[str, str], wanted: dict[str, str], size: int | None
) -> Iterator[bytes]:
    in_trailer = _in_trailer(headers) if frames else []
    sums = {name: ALGORITHMS[name]() for name in {*wanted, *in_trailer}}
    seen = 0
    for block in frames if frames is not None else blocks:
        seen += len(block)
        if size is not None and seen > size:
            break
        for checksum in sums.values():
            checksum.update(block)
        yield block
    if size not in (None, seen):
        raise S3Error("IncompleteBody", f"{seen} of {size} bytes arrived; nothing was kept.")
    trailers = frames.trailers if frames is not None else {}
    for name, checksum in sums.items():
        said = wanted.get(name) or trailers.get(_CHECKSUM + name, "")
        if not hmac.compare_digest(checksum.text().encode(), said.encode("latin-1", "replace")):
            raise S3Error("BadDigest", f"The {name.upper()} of what arrived is not {said[:90]}; nothing was kept.")


def _announced(headers: Mapping[str, str]) -> dict[str, str]:
    """Checksums in headers, by algorithm."""
    return {name: headers[_CHECKSUM + name] for name in ALGORITHMS if headers.get(_CHECKSUM + name)}


def _in_trailer(headers: Mapping[str, str]) -> list[str]:
    names = [name.strip().lower() for name in headers.get("x-amz-trailer", "").split(",") if name.strip()]
    found = [name.removeprefix(_CHECKSUM) for name in names]
    if not set(found) <= set(ALGORITHMS):
        raise S3Error("InvalidRequest", "The trailer announced is none of the checksums known here.")
    return found


def _length(word: str | None) -> int | None:
    if not word:
        return None
    if not word.isascii() or not word.isdigit() or len(word) > 18:
        raise S3Error("InvalidArgument", "A length is a number of bytes.")
    return int(word)


def _md5(word: str | None) -> str | None:
    if not word:
        return None
    try:
        digest = base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 16:
        raise S3Error("InvalidDigest", "Content-MD5 is the base64 of 16 bytes.")
    return digest.hex()
