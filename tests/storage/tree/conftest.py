"""alice/stones with data in its tree, and carol who reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from repos.models import Repository
from tests.support.data_tree import Data, fill


@pytest.fixture
def data(repo: Repository, alice: User, tmp_path: Path) -> Data:
    """alice/stones with data in its tree, not all of it pushed."""
    found = fill(repo, Actor(user=alice), tmp_path / "work")
    repo.refresh_from_db()
    return found


@pytest.fixture
def reader(carol: User, browser_of: Callable[[User | None], Client]) -> Client:
    """carol's browser: she reads."""
    return browser_of(carol)
