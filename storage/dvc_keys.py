"""The addresses of DVC's objects: two layouts, each made of an MD5 and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

# SECURITY: nothing but these reaches the store: no `..`, no other case, no further folder.
_key = re.compile(r"(files/md5/)?([0-9a-f]{2})/([0-9a-f]{30})(\.dir)?")


@dataclass(frozen=True, slots=True)
class DvcKey:
    """One object's address: the key itself, the MD5 it promises, and what kind of thing it is."""

    text: str
    md5: str
    is_legacy: bool
    """DVC 2's layout, whose MD5 may be that of the text with Unix line ends."""
    is_dir: bool


def parse(text: str) -> DvcKey | None:
    """The key that a path below the remote's address stands for, or None where DVC keeps nothing."""
    match = _key.fullmatch(text)
    if match is None:
        return None
    return DvcKey(text, match[2] + match[3], is_legacy=match[1] is None, is_dir=match[4] is not None)
