"""Reads the requirements that a model was logged with: what pip would install, package by package."""

from __future__ import annotations

import re

FILE = "requirements.txt"
MOST_BYTES = 64 * 1024
MOST_LINES = 500
_package = re.compile(r"\s*([A-Za-z0-9][\w.\-]*)\s*(\[[^\]]*\])?\s*(.*)")


def read_requirements(data: bytes) -> list[tuple[str, str]]:
    """Package and what is wanted of it ("" for any version), in the file's order; other lines as they stand.

    Comments and blank lines are left out; of a long file only the first MOST_LINES lines are read.
    """
    found = []
    for line in data.decode("utf-8", "replace").splitlines()[:MOST_LINES]:
        text = line.split(" #")[0].strip()
        if not text or text.startswith("#"):
            continue
        match = _package.fullmatch(text) if not text.startswith("-") and "://" not in text.partition("@")[0] else None
        if match is None:
            found.append((text[:300], ""))
        else:
            found.append((f"{match[1]}{match[2] or ''}"[:300], match[3].strip()[:300]))
    return found
