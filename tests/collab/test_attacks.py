"""What people try who may do less than they would like: with merges, reviews, names and numbers."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from collab.services.merging import merge_pull
from repos.models import Repository, Visibility
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
