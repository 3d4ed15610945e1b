"""Issues, comments, labels, milestones, statuses and webhooks as programs see them: Gitea's calls, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from collab.models import Topic
from repos.models import CommitStatus, Repository, Webhook
from tests.api.conftest import Program
from tests.factories.collab import make_comment, make_issue
from tests.factories.pulls import put

Ask = Callable[..., Any]


@pytest.fixture
def ask(repo: Repository, token_for: Callable[..., str], bob: User) -> Ask:
    """`ask("POST", "/issues", user=carol, title=…)` → the answer; bob, who writes, unless another is named."""

    def call(verb: str, path: str, *, user: User | None = None, scope: str = "", query: str = "", **fields: Any) -> Any:
        token = token_for(user or bob, scope) if scope else token_for(user or bob)
        client = Client(headers={"Authorization": f"Bearer {token}"})
        program = Program(client, repo.full_name)
        body = json.dumps(fields) if verb != "GET" else ""
        return client.generic(verb, f"{program.base}{path}{query}", body, "application/json")

    return call


def test_an_issue_from_beginning_to_end(ask: Ask, repo: Repository, carol: User, bob: User) -> None:
    bug = ask("POST", "/labels", name="bug", color="d1453b").json()
    goal = ask("POST", "/milestones", title="v1", due_on="2027-01-31T00:00:00Z").json()
    made = ask(
        "POST", "/issues", title="It diverges", body="After *step* 100", labels=[bug["id"]], assignees=["bob"],
        milestone=goal["id"], due_date="2027-01-15",
    )  # fmt: skip
    assert made.status_code == 201, made.content
    issue = made.json()
    assert (issue["number"], issue["title"], issue["state"], issue["comments"]) == (1, "It diverges", "open", 0)
    assert issue["user"]["login"] == "bob" and issue["user"]["email"] == ""
    assert [label["name"] for label in issue["labels"]] == ["bug"] and issue["labels"][0]["color"] == "d1453b"
    assert issue["milestone"]["title"] == "v1" and issue["due_date"] == "2027-01-15T00:00:00Z"
    assert issue["html_url"] == "http://testserver/alice/stones/issues/1" and issue["pull_request"] is None
    said = ask("POST", "/issues/1/comments", user=carol, body="The learning rate?").json()
    assert ask("GET", "/issues/1/comments").json() == [said]
    changed = ask("PATCH", f"/issues/comments/{said['id']}", user=carol, body="The seed?").json()
    assert changed["body"] == "The seed?"
    assert ask("POST", "/issues/1/reactions", user=carol, content="heart").status_code == 201
    assert ask("POST", "/issues/1/reactions", user=carol, content="heart").status_code == 200
    assert [sign["content"] for sign in ask("GET", "/issues/1/reactions").json()] == ["heart"]
    assert ask("DELETE", "/issues/1/reactions", user=carol, content="heart").status_code == 204
    closed = ask("PATCH", "/issues/1", state="closed", state_reason="completed", title="It diverged").json()
    assert (closed["state"], closed["state_reason"], closed["title"]) == ("closed", "completed", "It diverged")
    assert ask("GET", "/milestones/1").json()["closed_issues"] == 1
    assert ask("PATCH", "/issues/1", state="open", unset_due_date=True, milestone=0).json()["due_date"] is None
    assert ask("DELETE", f"/issues/1/labels/{bug['id']}").status_code == 204
    assert ask("PUT", "/issues/1/labels", labels=["BUG"]).json()[0]["name"] == "bug"
    assert ask("DELETE", "/issues/1").status_code == 403
    assert ask("DELETE", "/issues/1", user=repo.owner.user, scope="admin").status_code == 204
    assert ask("GET", "/issues/1").status_code == 404


def test_lists_are_narrowed_and_paged(ask: Ask, repo: Repository, bob: User, carol: User) -> None:
    ask("POST", "/labels", name="bug", color="#d1453b")
    for number in range(5):
        make_issue(repo, bob if number % 2 else carol, f"Issue {number}")
    ask("POST", "/issues/2/labels", labels=["bug"])
    ask("PATCH", "/issues/5", state="closed")
    assert [row["number"] for row in ask("GET", "/issues").json()] == [4, 3, 2, 1]
    page = ask("GET", "/issues", query="?state=all&limit=2&page=2")
    assert [row["number"] for row in page.json()] == [3, 2] and page["X-Total-Count"] == "5"
    assert [row["number"] for row in ask("GET", "/issues", query="?labels=bug").json()] == [2]
    assert [row["number"] for row in ask("GET", "/issues", query="?q=author:bob&type=issues").json()] == [4, 2]
    assert ask("GET", "/issues", query="?type=pulls").json() == []
    for wrong in ("?state=ajar", "?type=poems", "?limit=0", "?q=created:never"):
        assert ask("GET", "/issues", query=wrong).status_code == 400, wrong


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_asks_a_constant_number_of_questions(
    ask: Ask, repo: Repository, bob: User, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        make_issue(repo, bob)
    ask("GET", "/issues")
    with django_assert_num_queries(9):
        assert len(ask("GET", "/issues").json()) == count


def test_what_is_wrong_changes_nothing(ask: Ask, repo: Repository, bob: User, carol: User, mallory: User) -> None:
    make_issue(repo, bob, "Stays")
    for fields in ({"title": ""}, {"title": "x", "labels": ["none"]}, {"title": "x", "labels": 3},
                   {"title": "x", "assignees": ["nobody-here"]}, {"title": "x", "milestone": 9},
                   {"title": "x", "due_date": "soon"}, {"title": ["x"]}, {"title": "x", "body": 3}):  # fmt: skip
        assert ask("POST", "/issues", **fields).status_code == 400, fields
    # All of a change or nothing.
    assert ask("PATCH", "/issues/1", title="Gone", state="ajar").status_code == 400
    assert Topic.objects.get().title == "Stays"
    assert ask("POST", "/issues", user=carol, title="x", labels=[]).status_code == 201
    assert ask("PATCH", "/issues/1", user=carol, title="Mine now").status_code == 403
    assert ask("POST", "/labels", user=carol, name="x", color="#000000").status_code == 403
    assert ask("POST", "/issues", user=mallory, title="x").status_code == 404
    assert ask("POST", "/issues", scope="read", title="x").status_code == 403


def test_comments_of_another_repository_are_not_there(ask: Ask, other_repo: Repository, mallory: User) -> None:
    """The attack: a comment of a private repository, named under one that the caller may read."""
    owner = other_repo.owner.user
    assert owner is not None
    comment = make_comment(make_issue(other_repo, owner), owner)
    assert ask("GET", f"/issues/comments/{comment.pk}").status_code == 404


def test_statuses_are_said_and_read(ask: Ask, repo: Repository, alice: User, carol: User) -> None:
    put(repo, alice, {"a.txt": "1\n"})
    sha = ask("GET", "/branches/main").json()["commit"]["id"]
    assert ask("GET", f"/commits/{sha}/status").json()["state"] == ""
    made = ask("POST", f"/statuses/{sha}", state="pending", context="ci/build", target_url="https://ci.example/1")
    assert made.status_code == 201 and made.json()["creator"]["login"] == "bob"
    ask("POST", f"/statuses/{sha}", state="success", context="ci/build", description="12 passed")
    ask("POST", f"/statuses/{sha}", state="failure", context="lint")
    both = ask("GET", "/commits/main/status").json()
    assert both["state"] == "failure" and both["total_count"] == 2 and both["sha"] == sha
    assert [row["status"] for row in ask("GET", f"/statuses/{sha}").json()] == ["failure", "success", "pending"]
    assert ask("POST", f"/statuses/{sha}", user=carol, state="success").status_code == 403
    for fields in ({"state": "great"}, {"state": "success", "target_url": "javascript:alert(1)"}, {}):
        assert ask("POST", f"/statuses/{sha}", **fields).status_code == 400, fields
    assert ask("POST", f"/statuses/{'0' * 40}", state="success").status_code == 404
    assert CommitStatus.objects.count() == 3


def test_webhooks_are_managed(ask: Ask, repo: Repository, settings: Any) -> None:
    settings.ALLOW_PRIVATE_TARGETS = True
    alice = repo.owner.user
    config = {"url": "http://127.0.0.1:9/x", "secret": "s3cret", "content_type": "json"}
    made = ask("POST", "/hooks", user=alice, scope="admin", type="gitea", config=config, events=["push"])
    assert made.status_code == 201 and "s3cret" not in made.content.decode()
    hook = f"/hooks/{made.json()['id']}"
    changed = ask("PATCH", hook, user=alice, scope="admin", active=False, events=["issues", "push"])
    assert changed.json()["active"] is False and changed.json()["events"] == ["issues", "push"]
    assert Webhook.objects.get().sealed_secret  # Not named, so it stays.
    assert ask("POST", f"{hook}/tests", user=alice, scope="admin").status_code == 204
    assert Webhook.objects.get().deliveries.get().state == "failed"
    assert ask("POST", "/hooks", user=alice, scope="admin", config=config, events=["tea"]).status_code == 400
    assert ask("POST", "/hooks", user=alice, scope="admin", config=3).status_code == 400
    assert ask("GET", "/hooks").status_code == 403
    assert ask("DELETE", hook, user=alice, scope="admin").status_code == 204
