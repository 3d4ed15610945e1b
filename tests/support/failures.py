"""Writes down which tests fail, for tests/support/turn.py: also those whose process died, which pytest forgets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FILE = "CAIRN_FAILURES"
"""Names the file in the environment; without it nothing is written."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _note(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _note(report)


def _note(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Add the test, or the file that could not be read; the processes of pytest-xdist leave it to the one above them."""
    if report.failed and FILE in os.environ and "PYTEST_XDIST_WORKER" not in os.environ:
        with Path(os.environ[FILE]).open("a") as out:
            out.write(f"{report.nodeid}\n")
