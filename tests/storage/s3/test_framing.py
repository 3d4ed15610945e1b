"""aws-chunked bodies: botocore's own frames, signed chunks, trailers; cut, padded and forged ones."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Iterator

import pytest
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.s3.errors import S3Error
from storage.s3.framing import ChunkChain, Frames

EMPTY = hashlib.sha256().hexdigest()
SEED, STAMP, SCOPE, SECRET = "a" * 64, "20261120T101112Z", "20261120/r/s3/aws4_request", b"key"


def sign(text: bytes) -> str:
    return hmac.digest(SECRET, text, "sha256").hex()


def chain() -> ChunkChain:
    return ChunkChain(sign, SEED, STAMP, SCOPE)


def frame(chunks: list[bytes], trailer: str = "") -> bytes:
    """Signed chunks by the book, and a signed trailer when there is one."""
    last, out = SEED, b""
    for chunk in [*chunks, b""]:
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{STAMP}\n{SCOPE}\n{last}\n{EMPTY}\n{hashlib.sha256(chunk).hexdigest()}"
        last = sign(text.encode())
        out += f"{len(chunk):x};chunk-signature={last}\r\n".encode() + chunk + (b"\r\n" if chunk else b"")
    if trailer:
        digest = hashlib.sha256(f"{trailer}\n".encode()).hexdigest()
        proof = sign(f"AWS4-HMAC-SHA256-TRAILER\n{STAMP}\n{SCOPE}\n{last}\n{digest}".encode())
        out += f"{trailer}\r\nx-amz-trailer-signature:{proof}\r\n".encode()
    return out + b"\r\n"


def sliced(body: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        size = sizes[at % len(sizes)] if sizes else len(body)
        yield body[at : at + size]
        at += size


cuts = st.lists(st.integers(1, 50), max_size=5)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=3000), st.integers(1, 700), cuts)
def test_what_botocore_frames_is_unframed_however_it_arrives(data, size, sizes):
    body = AwsChunkedWrapper(io.BytesIO(data), checksum_cls=Crc32Checksum, checksum_name="x-amz-checksum-crc32",
                             chunk_size=size).read()  # fmt: skip
    frames = Frames(sliced(body, sizes))
    assert b"".join(frames) == data
    assert list(frames.trailers) == ["x-amz-checksum-crc32"]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=300), max_size=5),
    cuts,
    st.sampled_from(["", "x-amz-checksum-crc32:AAAAAA=="]),
)
def test_signed_chunks_are_verified(chunks, sizes, trailer):
    frames = Frames(sliced(frame(chunks, trailer), sizes), chain())
    assert b"".join(frames) == b"".join(chunks)
    assert bool(frames.trailers) == bool(trailer)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_changed_byte_of_a_signed_body_is_noticed(data):
    """The attack: a chunk is changed, dropped, doubled or moved while the head stays right."""
    body = frame([b"one" * 30, b"two" * 30, b"three" * 30], "x-amz-checksum-crc32:AAAAAA==")
    at = data.draw(st.integers(0, len(body) - 3))
    letter = data.draw(st.binary(min_size=1, max_size=1).filter(lambda b: b.lower() != body[at : at + 1].lower()))
    forged = body[:at] + letter + body[at + 1 :]
    with pytest.raises(S3Error):
        b"".join(Frames(iter([forged]), chain()))


def test_chunks_in_another_order_are_noticed():
    first, second = frame([b"one"]), frame([b"two"])
    head = first.index(b"\r\n") + 2 + len(b"one\r\n")
    with pytest.raises(S3Error, match="signature"):
        b"".join(Frames(iter([first[:head] + second]), chain()))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 400))
def test_a_cut_body_is_noticed(length):
    body = frame([b"x" * 100, b"y" * 100], "x-amz-checksum-crc32:AAAAAA==")
    with pytest.raises(S3Error):
        b"".join(Frames(iter([body[: min(length, len(body) - 3)]]), chain()))


@pytest.mark.parametrize(
    "body",
    [b"", b"\r\n", b"x\r\n", b"-1\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello", b"5\r\nhelloo\r\n0\r\n\r\n", b"5\r\nhell\r\n0\r\n\r\n",
     b"5\r\nhello\r\n0\r\n\r\nmore", b"0\r\nno colon\r\n\r\n", b"f" * 5000, b"0\r\n" + b"a:b\r\n" * 100 + b"\r\n",
     b"fffffffffffff\r\n", b"5 \r\nhello\r\n0\r\n\r\n", b"\xff\r\n", b"5\r\nhello\r\n"],
)  # fmt: skip
def test_what_is_no_aws_chunked_is_refused(body):
    with pytest.raises(S3Error) as refusal:
        b"".join(Frames(iter([body])))
    assert refusal.value.code == "IncompleteBody"


def test_small_chunks_cost_what_they_hold():
    """The attack: a megabyte in chunks of one byte, each of which copies the rest of the block."""
    body = b"1\r\nx\r\n" * 200_000 + b"0\r\n\r\n"
    seen = 0
    for piece in Frames(sliced(body, [256 * 1024])):
        seen += len(piece)
    assert seen == 200_000
