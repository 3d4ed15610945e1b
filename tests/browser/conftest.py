"""A real Chromium against a live hub. Missing Chromium is told with the way to get it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

from accounts.levels import Level
from accounts.models import AccessToken, Organization, Team, User
from accounts.services import create_token
from jobs.models import Job
from repos.models import Repository
from tests.browser.checking import AXE
from tests.factories.accounts import make_organization
from tests.factories.repos import make_repo

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

Visitor = Callable[..., Page]


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
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visit(chromium: Browser, live_server: Any) -> Iterator[Visitor]:
    """`visit(user=None, scripts=True)` → a browser page of a fresh visitor, signed in as `user`; goto takes paths."""
    contexts = []

    def open_context(user: User | None = None, *, scripts: bool = True, **options: Any) -> Page:
        context = chromium.new_context(base_url=live_server.url, java_script_enabled=scripts, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        if user is not None:
            context.add_cookies([_session_cookie(user, live_server.url)])
        return context.new_page()

    yield open_context
    for context in contexts:
        context.close()


def _session_cookie(user: User, url: str) -> Any:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url, "httpOnly": True}


@pytest.fixture
def cast(repo: Repository, alice: User, mallory: User, root: User, bob: User, carol: User) -> dict[str, User | None]:
    """The cast by name, with alice/stones (private) and alice/open (public) in place."""
    make_repo(alice, "open", visibility="public")
    return {"": None, "alice": alice, "bob": bob, "carol": carol, "mallory": mallory, "root": root}


@pytest.fixture
def northwind(alice: User, bob: User) -> Organization:
    """An organisation of alice's with bob in it."""
    organization = make_organization("northwind", alice)
    organization.memberships.create(user=bob)
    return organization


@pytest.fixture
def northwind_team(northwind: Organization, bob: User) -> None:
    """Team 1 of northwind, with bob in it."""
    team = Team.objects.create(pk=1, organization=northwind, name="Curves", description="Draws what others log.")
    team.members.add(bob)


@pytest.fixture
def tokens_of_alice(alice: User, repo: Repository) -> None:
    """One token of each kind: used, bound to a repository, expired, stranded."""
    now = timezone.now()
    create_token(user=alice, name="laptop")
    bound = create_token(user=alice, name="training on the cluster", scope=Level.READ, repository_id=repo.pk)
    AccessToken.objects.filter(pk=bound.pk).update(last_used_at=now)
    old = create_token(user=alice, name="last year's continuous integration", scope=Level.ADMIN)
    AccessToken.objects.filter(pk=old.pk).update(expires_at=now - timedelta(days=3))
    create_token(user=alice, name="stranded", repository_id=987654)
    AccessToken.objects.create(pk=77, user=alice, name="notebook server")


@pytest.fixture
def jobs_in_every_state(db: None) -> None:
    """A job in each state, one of them with an error."""
    for state in Job.State.values:
        Job.objects.create(task="repos.after_push", object_id=42, state=state, attempts=1)
    Job.objects.filter(state="failed").update(error="TimeoutError: git did not finish within 60 seconds")


@pytest.fixture
def sign_up_closed(settings: Any) -> None:
    """Only administrators add people."""
    settings.SIGNUP_OPEN = False
