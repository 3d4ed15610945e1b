"""What people try who may do less than they would like: with merges, reviews, names and numbers."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from collab.services.merging import merge_pull
from repos.models import ProtectedBranch, Repository, Visibility
from tests.conftest import TokenFor
from tests.factories.collab import make_issue
from tests.factories.pulls import make_pull
from tests.factories.repos import make_repo

from .test_pulls import looked

pytestmark = pytest.mark.django_db
Browse = Callable[[User | None], Client]


def test_a_private_pull_request_is_not_named_where_it_closes_an_issue(repo: Repository, alice: User) -> None:
    """The attack: reading on a public issue what the private repository is called whose merge closed it."""
    public = make_repo(alice, "quarry", visibility=Visibility.PUBLIC)
    issue = make_issue(public, alice)
    merge_pull(
        actor=Actor(user=alice), pull=looked(make_pull(repo, alice, body="Closes alice/quarry#1")), method="merge"
    )
    issue.refresh_from_db()
    assert not issue.is_open
    assert [event.data for event in issue.events.filter(verb="closed")] == [{"reason": "completed"}]


@pytest.mark.parametrize("name", ["\ud800", "a\0b"])
@pytest.mark.parametrize("field", ["assignees", "labels"])
def test_lists_of_names_hold_text(repo: Repository, alice: User, token_for: TokenFor, name: str, field: str) -> None:
    """The attack: halves of letters and NUL bytes, which no database takes, in lists of names."""
    answer = Client().post(
        "/api/v1/repos/alice/stones/issues",
        data=json.dumps({"title": "Stone", field: [name]}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token_for(alice, 'write')}"},
    )
    assert (answer.status_code, repo.topics.count()) == (400, 0)


def test_nul_bytes_reach_no_database(repo: Repository, alice: User, bob: User, browser_of: Browse) -> None:
    """The attack: NUL bytes in fields and parameters, which PostgreSQL answers with a failure."""
    ProtectedBranch.objects.create(repository=repo, pattern="main", required_approvals=1)
    pull, browser = looked(make_pull(repo, bob)), browser_of(alice)
    words = {"when": "ready", "method": "merge", "title": "Sto\0nes", "message": "Po\0lished"}
    assert browser.post("/alice/stones/pulls/1/merge", words).status_code == 302
    pull.refresh_from_db()
    assert (pull.auto_title, pull.auto_message) == ("Stones", "Polished")
    rows = browser.get("/alice/stones/composer/people", {"q": "b\0o"}).json()["rows"]
    assert [row["text"] for row in rows] == ["@bob"]
    assert browser.get("/alice/stones/composer/topics", {"q": "Polish\0"}).json()["rows"][0]["text"] == "#1"
    assert browser.post("/alice/stones/pulls/1/reviews/again", {"user": "al\0ice"}).status_code == 400
    assert browser.get("/-/palette", {"q": "x", "repo": "alice/sto\0nes"}).status_code == 200
