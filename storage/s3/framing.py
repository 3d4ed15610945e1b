"""aws-chunked bodies: sized chunks, each perhaps signed, and checksums in a trailer; decoded as they stream."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator

from storage.s3.errors import S3Error

LONGEST_LINE = 2048
MOST_TRAILERS = 16
_size = re.compile(rb"[0-9a-fA-F]{1,12}")
_EMPTY = hashlib.sha256().hexdigest()

Sign = Callable[[str], str]
"""The signature of a text: 64 hexadecimal digits."""


class ChunkChain:
    """The chain of chunk signatures: each is made over the one before and over its chunk."""

    def __init__(self, sign: Callable[[bytes], str], seed: str, stamp: str, scope: str) -> None:
        self._sign, self._last, self._where = sign, seed, f"{stamp}\n{scope}"

    def check(self, signature: str, digest: str) -> None:
        """Verify the next chunk, whose bytes have this SHA-256. Raises S3Error SignatureDoesNotMatch."""
        self._follow("AWS4-HMAC-SHA256-PAYLOAD", f"{_EMPTY}\n{digest}", signature)

    def check_trailer(self, signature: str, digest: str) -> None:
        """Verify the trailer, which closes the chain."""
        self._follow("AWS4-HMAC-SHA256-TRAILER", digest, signature)

    def _follow(self, kind: str, rest: str, signature: str) -> None:
        right = self._sign(f"{kind}\n{self._where}\n{self._last}\n{rest}".encode())
        if not hmac.compare_digest(right.encode(), signature.encode()):
            raise S3Error("SignatureDoesNotMatch", "The signature of a chunk of the body is wrong; nothing was kept.")
        self._last = right


class Frames:
    """A body taken apart: iterate for its bytes; afterwards `trailers` holds what came behind them.

    Raises S3Error IncompleteBody when the body is cut or no aws-chunked, SignatureDoesNotMatch for a wrong chunk.
    """

    def __init__(self, blocks: Iterator[bytes], chain: ChunkChain | None = None) -> None:
        self._blocks, self._chain = blocks, chain
        self._block, self._at = b"", 0
        self.trailers: dict[str, str] = {}

    def __iter__(self) -> Iterator[bytes]:
        while True:
            size, signature = self._chunk_head()
            digest = hashlib.sha256() if self._chain else None
            for piece in self._exactly(size):
                if digest is not None:
                    digest.update(piece)
                yield piece
            if self._chain and digest is not None:
                self._chain.check(signature, digest.hexdigest())
            if not size:
                break
            if self._line():
                raise _broken("a chunk is longer than it says")
        self._read_trailers()

    def _chunk_head(self) -> tuple[int, str]:
        head, _, extension = self._line().partition(b";")
        name, _, signature = extension.partition(b"=")
        if not _size.fullmatch(head) or (self._chain and name != b"chunk-signature"):
            raise _broken("a chunk does not begin with its size" + (" and signature" if self._chain else ""))
        return int(head, 16), signature.decode("latin-1")

    def _read_trailers(self) -> None:
        signed, signature, count = "", "", 0
        while line := self._line(or_end=True):
            name, colon, value = line.decode("latin-1").partition(":")
            name, value = name.strip(" \t").lower(), value.strip(" \t")
            count += 1
            if not colon or count > MOST_TRAILERS:
                raise _broken("its trailer cannot be read")
            if name == "x-amz-trailer-signature":
                signature = value
            else:
                self.trailers[name] = value
                signed += f"{name}:{value}\n"
        if self._chain and self.trailers:
            self._chain.check_trailer(signature, hashlib.sha256(signed.encode("latin-1")).hexdigest())
        if self._at < len(self._block) or next(self._blocks, b""):
            raise _broken("there are bytes behind its end")

    def _line(self, *, or_end: bool = False) -> bytes:
        """Up to the end of the line, without it; "" at the end of the body when `or_end`."""
        while (end := self._block.find(b"\n", self._at, self._at + LONGEST_LINE)) < 0:
            more = next(self._blocks, b"") if len(self._block) - self._at < LONGEST_LINE else b""
            if not more:
                if or_end and self._at == len(self._block):
                    return b""
                raise _broken("it ends in the middle")
            self._block, self._at = self._block[self._at :] + more, 0
        line, self._at = self._block[self._at : end], end + 1
        if not line.endswith(b"\r"):
            raise _broken("a line of its framing does not end in CR LF")
        return line[:-1]

    def _exactly(self, size: int) -> Iterator[bytes]:
        """Pieces of the next `size` bytes; a position moves along, so that small chunks copy nothing but themselves."""
        while size:
            if self._at == len(self._block):
                self._block, self._at = next(self._blocks, b""), 0
                if not self._block:
                    raise _broken("it ends in the middle")
            piece = self._block[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            yield piece


def _broken(why: str) -> S3Error:
    return S3Error("IncompleteBody", f"The body is no complete aws-chunked one: {why}; nothing was kept.")
