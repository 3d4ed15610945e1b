"""The one Chromium of a test process: Playwright can run once in it, whoever asks first."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

AXE = Path(__file__).resolve().parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# How long a page may take for anything that a test waits for, in milliseconds: a wait that is answered ends at once,
# and what only a machine under load takes is no fault of the page.
PATIENCE = 45_000
# Of the page itself alone: in a frame where scripts are forbidden the listener would be a fault.
_ARRIVED = """
if (self === top) addEventListener("load", () => document.documentElement.setAttribute("data-arrived", ""));
"""


def chromium_path() -> str | None:
    """Where Chromium is: the variable CHROMIUM, or the usual names."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run."""
    path = chromium_path()
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium, or set CHROMIUM to its path")
    if not AXE.is_file():
        pytest.skip("needs axe-core: npm ci")
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code; the tests are not.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@contextmanager
def visitor(browser: Browser, *, scripts: bool = True, **options: Any) -> Iterator[BrowserContext]:
    """A fresh profile whose pages are used as people use them: nothing is done on one before it has arrived whole.

    A link that is clicked leads to a page whose form can be sent before its scripts run. People see that it is still
    loading; without this, a test on a busy machine would press what no script listens to yet.
    """
    context = browser.new_context(java_script_enabled=scripts, **options)
    context.set_default_timeout(PATIENCE)
    if scripts:
        context.add_init_script(_ARRIVED)
        context.on("page", _wait_for_arrivals)
    try:
        yield context
    finally:
        context.close()


def _wait_for_arrivals(page: Page) -> None:
    page.add_locator_handler(page.locator("html:not([data-arrived])"), lambda: page.wait_for_load_state())
