"""The digests that DVC 2 may have meant: of the bytes, or of a text with its line ends made Unix ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from storage.blobs import WrongDigest

BLOCK = 1024 * 1024  # DVC changes line ends in blocks of this size, so a pair cut by their edge stays a pair.
PROBE = 512
PRINTABLE = bytes(range(32, 127)) + b"\n\r\t\f\b"
MOST_ODD = 0.3


def promised(chunks: Iterable[bytes], md5: str) -> Iterator[bytes]:
    """The chunks as they are; raises WrongDigest at their end when DVC could not have called them `md5`.

    DVC 2 looks at the first block to tell whether a file is text, DVC 3 at each block of files in the old layout.
    """
    raw, by_first, by_each = (hashlib.md5(usedforsecurity=False) for _ in range(3))
    first_is_text: bool | None = None
    waiting = b""

    def note(block: bytes) -> None:
        nonlocal first_is_text
        text = looks_like_text(block)
        first_is_text = text if first_is_text is None else first_is_text
        unix = block.replace(b"\r\n", b"\n")
        by_each.update(unix if text else block)
        by_first.update(unix if first_is_text else block)

    for chunk in chunks:
        raw.update(chunk)
        waiting += chunk
        while len(waiting) >= BLOCK:
            note(waiting[:BLOCK])
            waiting = waiting[BLOCK:]
        yield chunk
    if waiting:
        note(waiting)
    if md5 not in {raw.hexdigest(), by_first.hexdigest(), by_each.hexdigest()}:
        raise WrongDigest(
            f"The MD5 of what arrived is {raw.hexdigest()}, not {md5}; nothing was kept.",
            field="md5",
            next_step="Send it again.",
        )


def looks_like_text(block: bytes) -> bool:
    """DVC's rule: no NUL and at most three odd bytes in ten among the first 512."""
    probe = block[:PROBE]
    return b"\0" not in probe and len(probe.translate(None, PRINTABLE)) <= MOST_ODD * len(probe)
