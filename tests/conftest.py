"""The cast of every test: alice owns, bob writes, carol reads, mallory is a stranger, nobody is anonymous."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.actor import ANONYMOUS, Actor
from accounts.authn import token_text
from accounts.levels import Level
from accounts.models import AccessToken, User
from accounts.services import create_token
from repos.models import Repository
from tests.factories.accounts import make_user
from tests.factories.repos import let_in, make_repo

pytest_plugins = [
    "tests.support.chromium",
    "tests.support.failures",
    "tests.support.order",
    "tests.support.time_limit",
]

TokenFor = Callable[..., str]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """PostgreSQL drops no database that a thread of some test still holds a connection to: those end first."""
    yield
    from django.db import connection

    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def _own_folders(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Each test keeps its files to itself."""
    settings.HUB_HOME = tmp_path / "home"
    settings.REPOSITORIES_DIR = settings.HUB_HOME / "repositories"
    settings.BLOBS_DIR = settings.HUB_HOME / "blobs"
    settings.RUN_DIR = settings.HUB_HOME / "run"
    yield
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def alice(db: None) -> User:
    """Owns alice/stones."""
    return make_user("alice")


@pytest.fixture
def bob(db: None) -> User:
    """May write to alice/stones."""
    return make_user("bob")


@pytest.fixture
def carol(db: None) -> User:
    """May read alice/stones."""
    return make_user("carol")


@pytest.fixture
def mallory(db: None) -> User:
    """Has an account and no rights."""
    return make_user("mallory")


@pytest.fixture
def root(db: None) -> User:
    """Administers the hub."""
    return make_user("rootadmin", is_admin=True)


@pytest.fixture
def nobody() -> Actor:
    """Has not signed in."""
    return ANONYMOUS


@pytest.fixture
def repo(alice: User, bob: User, carol: User) -> Repository:
    """alice/stones: private, empty; bob writes, carol reads."""
    repository = make_repo(alice, "stones")
    let_in(repository, bob, Level.WRITE)
    let_in(repository, carol, Level.READ)
    return repository


@pytest.fixture
def other_repo(alice: User) -> Repository:
    """alice/pebbles: another private repository of the same owner."""
    return make_repo(alice, "pebbles")


@pytest.fixture
def token_for() -> TokenFor:
    """`token_for(user, scope="write", repository=None)` → the text of a fresh token."""

    def make(user: User, scope: str = "write", repository: Repository | None = None) -> str:
        token: AccessToken = create_token(
            user=user,
            name="test",
            scope=Level.from_word(scope),
            repository_id=repository.pk if repository else None,
        )
        return token_text(token)

    return make


@pytest.fixture
def browser_of() -> Callable[[User | None], Client]:
    """`browser_of(user)` → a Django test client signed in as them (None: anonymous)."""

    def make(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make
