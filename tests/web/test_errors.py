"""Error pages: said in words, without detail, without the database, and as a part for HTMX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory

from accounts.models import User
from hub.error_views import server_error
from hub.lib.errors import Conflict
from hub.middleware import error_page
from repos.models import Repository
from web import views

BrowserOf = Callable[[User | None], Client]


def test_a_page_that_is_not_there_looks_the_same_as_one_that_is_private(
    browser_of: BrowserOf, repo: Repository
) -> None:
    # SECURITY: an anonymous reader must not learn which private repositories exist.
    browser = browser_of(None)
    private, missing = browser.get("/alice/stones"), browser.get("/alice/nothing")
    assert (private.status_code, missing.status_code) == (404, 404)
    shown = [answer.content.decode().split("<main")[1].replace("nothing", "stones") for answer in (private, missing)]
    assert shown[0] == shown[1]
    assert "/-/login?next=%2Falice%2Fstones" in shown[0]


def test_our_own_fault_is_told_without_detail(
    browser_of: BrowserOf, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(views.selectors, "own_repositories", fail)
    browser = browser_of(alice)
    browser.raise_request_exception = False
    answer = browser.get("/")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "Something went wrong on our side." in page
    assert "secret detail" not in page


def test_our_own_fault_needs_no_database(
    django_assert_num_queries: Any, db: None, rf: RequestFactory, alice: User
) -> None:
    # The database may be the very thing that has failed.
    with django_assert_num_queries(0):
        answer = server_error(rf.get("/"))
    assert answer.status_code == 500


def test_htmx_gets_the_words_alone(rf: RequestFactory) -> None:
    error = Conflict("<b>stones</b> exists already.", next_step="Choose another name.")
    answer = error_page(rf.post("/", headers={"HX-Request": "true"}), error)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "<html" not in page
    assert "&lt;b&gt;stones&lt;/b&gt; exists already." in page
    assert "Choose another name." in page
