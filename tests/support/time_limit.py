"""No test hangs for ever: each part of one ends after five minutes at most, as a failure that tells where it stood."""

from __future__ import annotations

import faulthandler
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

SECONDS = 300
"""For its setup, its body and its teardown each; the longest needs a minute. What no signal gets out of a library's
code is ended, with its process, by faulthandler_timeout in pyproject.toml."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with limited(f"the setup of {item.nodeid}"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with limited(item.nodeid):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    with limited(f"the teardown of {item.nodeid}"):
        return (yield)


@contextmanager
def limited(name: str, seconds: float = SECONDS) -> Iterator[None]:
    """Fail with `name` where the block takes longer than `seconds`; all threads are written to stderr first."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Signals come to the main thread alone, and pytest-xdist runs its tests there.
        return

    def late(*_: Any) -> None:
        faulthandler.dump_traceback(sys.__stderr__)
        pytest.fail(f"{name} was not done after {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
