"""One running hub a worker, shared by the tests that talk to it with real clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.live import LiveHub, live_hub


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """The running hub with the cast in it; make a repository of your own in it where a test changes things."""
    with live_hub(tmp_path_factory.mktemp("live") / "home") as running:
        yield running
