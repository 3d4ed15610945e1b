"""The digests by which DVC 2 named a file: of its bytes, or of its text with Unix line ends."""

from __future__ import annotations

import hashlib

import pytest

from storage.blobs import WrongDigest
from storage.dvc.line_ends import BLOCK, looks_like_text, promised

TEXT = b"one\r\ntwo\r\n" * (BLOCK // 8)
BINARY = b"\0\x01\r\n" * 1000
MIXED = TEXT[:BLOCK] + b"\0" * 100 + b"\r\n" * 100  # Its second block is no text.


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def unix(content: bytes) -> bytes:
    """As DVC does it: block by block, so that a pair cut in two stays."""
    blocks = (content[at : at + BLOCK] for at in range(0, len(content), BLOCK))
    return b"".join(block.replace(b"\r\n", b"\n") for block in blocks)


def passes(content: bytes, digest: str, step: int = 70_001) -> bool:
    chunks = [content[at : at + step] for at in range(0, len(content), step)]
    try:
        return b"".join(promised(chunks, digest)) == content
    except WrongDigest:
        return False


@pytest.mark.parametrize("step", [1, 511, 70_001, 10**9])
def test_a_text_by_either_digest_however_it_arrives(step: int) -> None:
    text = TEXT[: 20_000 if step == 1 else None]
    assert passes(text, md5(text), step)
    assert passes(text, md5(unix(text)), step)
    assert not passes(text[:-1], md5(unix(text)), step)


def test_a_binary_file_by_its_bytes_alone() -> None:
    assert passes(BINARY, md5(BINARY))
    assert not passes(BINARY, md5(unix(BINARY)))


def test_a_file_that_begins_as_text() -> None:
    """DVC 2 goes by the first block, DVC 3 by each."""
    assert passes(MIXED, md5(unix(MIXED)))
    assert passes(MIXED, md5(unix(MIXED[:BLOCK]) + MIXED[BLOCK:]))
    assert passes(b"", md5(b""))
    assert not passes(b"", md5(b"x"))


def test_the_rule_for_text() -> None:
    assert looks_like_text(b"plain\r\n")
    assert looks_like_text("eine große Zahl".encode())
    assert not looks_like_text(b"a\0b")
    assert not looks_like_text("ö".encode() * 300)
    assert looks_like_text(b"a" * 512 + b"\0")  # Only the first 512 bytes count.
