"""The sample repository, built once; copied for tests that write, and put behind alice/stones for tests of pages."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from repos import tabs
from repos.git.refs import changes, snapshot
from repos.models import Repository
from repos.paths import git_dir
from repos.services.pushes import record_push
from tests.support.sample_repository import Work, bare_copy, build

BrowserOf = Callable[[User | None], Client]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """The work tree of the sample."""
    return build(tmp_path_factory.mktemp("sample") / "work")


@pytest.fixture(scope="session")
def stones(sample: Work, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as a bare repository, for reading."""
    return bare_copy(sample, tmp_path_factory.mktemp("bare") / "stones.git")


@pytest.fixture
def own_stones(stones: Path, tmp_path: Path) -> Path:
    """The same, for writing."""
    return Path(shutil.copytree(stones, tmp_path / "own.git"))


@pytest.fixture
def filled(repo: Repository, alice: User, stones: Path) -> Repository:
    """alice/stones with the sample in it, as if alice had pushed it."""
    folder = git_dir(repo)
    shutil.rmtree(folder)
    shutil.copytree(stones, folder)
    record_push(actor=Actor(user=alice), repository=repo, updates=changes({}, snapshot(folder)))
    repo.refresh_from_db()
    return repo


@pytest.fixture
def reader(carol: User, browser_of: BrowserOf) -> Client:
    """carol's browser: she reads."""
    return browser_of(carol)


@pytest.fixture
def writer(bob: User, browser_of: BrowserOf) -> Client:
    """bob's browser: he writes."""
    return browser_of(bob)


@pytest.fixture
def owner(alice: User, browser_of: BrowserOf) -> Client:
    """alice's browser: she administers."""
    return browser_of(alice)


@pytest.fixture
def own_tabs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the tabs of this room: what rooms above count on every page is theirs to test."""
    own = {key: tab for key, tab in tabs._tabs.items() if tab.url_name.startswith("repos:")}
    monkeypatch.setattr(tabs, "_tabs", own)
