"""The order in which processes take files: the longest first, so that none is still at one when the others are done."""

from __future__ import annotations

import os

import pytest

LONGEST = (
    "tests/browser/test_pages.py",
    "tests/access/test_wrong_input.py",
    "tests/browser/test_pages_too.py",
)
"""Minutes each. Two files of the browser's are not beside one another where it can be helped."""
LONG = ("tests/wire/", "tests/browser/", "tests/access/", "tests/storage/", "tests/repos/")
"""Folders whose files take longer than those of the others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort what a process of pytest-xdist will hand out; it must be told --no-loadscope-reorder."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: _rank(item.nodeid.partition("::")[0]))


def _rank(file: str) -> int:
    if file in LONGEST:
        return LONGEST.index(file)
    folders = [file.startswith(folder) for folder in LONG]
    return len(LONGEST) + (folders.index(True) if any(folders) else len(LONG))
