"""Pull requests, reviews, discussions, forks, stars and notifications as programs see them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from collab.models import Comment, Review
from jobs.models import Job
from repos.models import Repository
from search.services import catch_up
from tests.factories.collab import make_issue
from tests.factories.pulls import make_pull, put

Ask = Callable[..., Any]


@pytest.fixture
def ask(repo: Repository, token_for: Callable[..., str], bob: User) -> Ask:
    """`ask("POST", "repos/alice/stones/pulls", user=carol, title=…)` → the answer; bob unless another is named."""

    def call(verb: str, path: str, *, user: User | None = None, **fields: Any) -> Any:
        client = Client(headers={"Authorization": f"Bearer {token_for(user or bob, 'admin')}"})
        path = f"/api/v1/{path.replace('HERE', 'repos/alice/stones')}"
        return client.generic(verb, path, json.dumps(fields) if verb != "GET" else "", "application/json")

    return call


def test_from_a_fork_to_the_merge(ask: Ask, repo: Repository, alice: User, bob: User, carol: User) -> None:
    put(repo, alice, {"train.py": "a = 1\nb = 2\n"})
    fork = ask("POST", "HERE/forks", user=carol)
    assert fork.status_code == 201 and fork.json()["fork"] is True, fork.content
    assert ask("POST", "HERE/forks", user=carol).status_code == 409
    assert [row["full_name"] for row in ask("GET", "HERE/forks", user=carol).json()] == ["carol/stones"]
    assert ask("GET", "HERE/forks").json() == []  # A private fork is not told to others.
    put(Repository.objects.get(owner__slug="carol"), carol, {"train.py": "a = 1\nb = 3\n"}, branch="tune", start="main")
    wanted = {"title": "Tune b", "head": "carol:tune", "base": "main", "body": "Better"}
    made = ask("POST", "HERE/pulls", user=carol, **wanted)
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    assert made.json()["head"]["repo"]["full_name"] == "carol/stones"
    assert ask("POST", "HERE/pulls", user=carol, **wanted).status_code == 409
    pull = f"HERE/pulls/{number}"
    assert [row["filename"] for row in ask("GET", f"{pull}/files").json()] == ["train.py"]
    assert len(ask("GET", f"{pull}/commits").json()) == 1
    assert ask("GET", f"{pull}.diff").content.startswith(b"diff --git a/train.py b/train.py")
    notes = [{"path": "train.py", "new_position": 2, "body": "Why 3?"}]
    review = ask("POST", f"{pull}/reviews", event="REQUEST_CHANGES", body="One question", comments=notes)
    assert review.status_code == 201 and review.json()["state"] == "REQUEST_CHANGES", review.content
    assert [row["body"] for row in ask("GET", f"{pull}/reviews/{review.json()['id']}/comments").json()] == ["Why 3?"]
    (thread,) = ask("GET", f"{pull}/threads").json()
    assert thread["place"] == {"side": "new", "start": 2, "line": 2} and thread["resolved"] is False
    assert ask("PATCH", f"{pull}/threads/{thread['id']}", resolved=True).json()["resolved"] is True
    assert ask("POST", f"{pull}/reviews", user=carol, event="APPROVED").status_code in (400, 403)  # One's own.
    dismissed = ask("POST", f"{pull}/reviews/{review.json()['id']}/dismissals", message="Answered")
    assert dismissed.json()["dismissed"] is True
    assert ask("POST", f"{pull}/requested_reviewers", user=carol, reviewers=["bob"]).status_code == 204
    assert ask("POST", f"{pull}/reviews", event="APPROVED").status_code == 201
    assert ask("GET", f"{pull}/merge").status_code == 404
    assert ask("POST", f"{pull}/merge", user=carol, Do="merge").status_code == 403
    stale = ask("POST", f"{pull}/merge", Do="squash", head_commit_id="0" * 40)
    assert stale.status_code == 409, stale.content
    merged = ask(
        "POST", f"{pull}/merge", Do="squash", MergeTitleField="Tune b", head_commit_id=made.json()["head"]["sha"]
    )
    assert merged.status_code == 200 and merged.json()["merged"] is True, merged.content
    assert ask("GET", f"{pull}/merge").status_code == 204
    assert ask("GET", "HERE/commits").json()[0]["message"].startswith("Tune b")
    assert ask("GET", "HERE/pulls?state=closed").json()[0]["number"] == number


def test_what_is_not_sent_yet_is_not_told(ask: Ask, repo: Repository, alice: User, bob: User, carol: User) -> None:
    """The attack: comments of somebody's pending review, read through the API."""
    from accounts.actor import Actor
    from collab.services.comments import begin_thread
    from collab.services.reviews import start_review

    put(repo, alice, {"a.txt": "1\n"})
    pull = make_pull(repo, bob)
    review = start_review(actor=Actor(user=alice), pull=pull)
    begin_thread(
        actor=Actor(user=alice), repository=repo, topic=pull.topic, subject="change", key="a.txt", place={},
        body="secret thought", review=review,
    )  # fmt: skip
    base, comment = f"HERE/pulls/{pull.topic.number}", Comment.objects.get()
    for user in (alice, carol):
        for path in (f"{base}/reviews", f"{base}/threads", f"HERE/issues/{pull.topic.number}/comments"):
            assert ask("GET", path, user=user).json() == [], path
        assert ask("GET", f"{base}/reviews/{review.pk}", user=user).status_code == 404
        assert ask("GET", f"HERE/issues/comments/{comment.pk}", user=user).status_code == 404
    refused = ask("POST", f"{base}/reviews", user=carol, event="COMMENT", comments=[{"path": "a.txt", "body": ""}])
    assert refused.status_code in (400, 404) and Review.objects.count() == 1  # All of it or nothing.


def test_discussions_are_answered(ask: Ask, repo: Repository, bob: User, carol: User) -> None:
    made = ask("POST", "HERE/discussions", user=carol, title="Which loss?", body="For masks", category="q-a")
    assert made.status_code == 201 and made.json()["category"] == "q-a", made.content
    place = f"HERE/discussions/{made.json()['number']}"
    said = ask("POST", f"HERE/issues/{made.json()['number']}/comments", body="Dice").json()
    answered = ask("PATCH", place, user=carol, answer_id=said["id"])
    assert answered.json()["answer_id"] == said["id"], answered.content
    assert ask("PATCH", place, answer_id="x").status_code == 400
    assert [row["title"] for row in ask("GET", "HERE/discussions").json()] == ["Which loss?"]
    assert ask("POST", "HERE/discussions", title="x", body="y", category="none").status_code in (400, 404)


def test_stars_watching_and_the_inbox(ask: Ask, repo: Repository, alice: User, bob: User, carol: User) -> None:
    from collab.tasks import notify

    assert ask("PUT", "user/starred/alice/stones").status_code == 204
    assert ask("GET", "user/starred/alice/stones").status_code == 204
    assert [row["full_name"] for row in ask("GET", "user/starred").json()] == ["alice/stones"]
    assert [row["login"] for row in ask("GET", "HERE/stargazers").json()] == ["bob"]
    assert ask("DELETE", "user/starred/alice/stones").status_code == 204
    assert ask("GET", "user/starred/alice/stones").status_code == 404
    assert ask("PUT", "HERE/subscription").json()["subscribed"] is True
    make_issue(repo, carol, "Unheard", "@bob look")
    ask("POST", "HERE/issues", user=carol, title="Heard")
    for job in Job.objects.filter(task="collab.notify"):
        notify(job.pk)
    (notice,) = [row for row in ask("GET", "notifications").json() if row["subject"]["title"].endswith("Heard")]
    assert notice["unread"] is True and notice["repository"]["full_name"] == "alice/stones"
    assert ask("GET", f"notifications/threads/{notice['id']}", user=carol).status_code == 404
    assert ask("PATCH", f"notifications/threads/{notice['id']}").json()["unread"] is False
    assert ask("PUT", "notifications").status_code == 204 and ask("GET", "notifications/new").json() == {"new": 0}
    assert ask("DELETE", "HERE/subscription").status_code == 204
    assert ask("GET", "HERE/subscription").status_code == 404


def test_everything_is_searched(ask: Ask, repo: Repository, carol: User, mallory: User) -> None:
    make_issue(repo, carol, "Basalt is missing")
    catch_up()
    found = ask("GET", "search?q=basalt").json()
    assert found["total"] == 1 and found["hits"][0]["html_url"] == "http://testserver/alice/stones/issues/1"
    assert ask("GET", "search?q=basalt", user=mallory).json()["total"] == 0
    assert ask("GET", "search?q=basalt&kind=run").json()["hits"] == []
    assert ask("GET", "search?q=x&kind=tea").status_code == 400


def test_rules_of_branches_and_people_are_managed(ask: Ask, repo: Repository, alice: User, carol: User) -> None:
    rules = "HERE/branch_protections"
    made = ask("POST", rules, user=alice, rule_name="release/*", push_level="nobody", required_approvals=2,
               status_check_contexts=["ci", "ci", " lint "])  # fmt: skip
    assert made.status_code == 201, made.content
    assert made.json()["push_level"] == "nobody" and made.json()["status_check_contexts"] == ["ci", "lint"]
    changed = ask("POST", rules, user=alice, rule_name="release/*", block_on_outdated_branch=True).json()
    assert changed["push_level"] == "nobody" and changed["required_approvals"] == 2  # What is not named stays.
    assert changed["block_on_outdated_branch"] is True
    assert ask("GET", f"{rules}/release/*", user=alice).json() == changed
    for wrong in (
        {"push_level": "all"},
        {"required_approvals": -1},
        {"status_check_contexts": "ci"},
        {"rule_name": ""},
    ):
        assert ask("POST", rules, user=alice, **{"rule_name": "x", **wrong}).status_code == 400, wrong
    assert ask("POST", rules, rule_name="main").status_code == 403
    assert ask("DELETE", f"{rules}/release/*", user=alice).status_code == 204
    assert ask("GET", rules, user=alice).json() == []
    assert ask("PUT", "HERE/collaborators/mallory", user=alice, permission="write").status_code == 404
    assert ask("PUT", "HERE/collaborators/carol", user=alice, permission="write").status_code == 204
    assert "carol" in [row["login"] for row in ask("GET", "HERE/collaborators").json()]
    assert ask("PUT", "HERE/collaborators/carol", user=carol, permission="admin").status_code == 403
    assert ask("DELETE", "HERE/collaborators/carol", user=alice).status_code == 204
    assert ask("GET", "HERE/collaborators/carol").status_code == 404


def test_files_and_runs_are_talked_about(ask: Ask, repo: Repository, alice: User, bob: User, carol: User) -> None:
    put(repo, alice, {"train.py": "a = 1\nb = 2\n"})
    made = ask("POST", "HERE/threads", user=carol, subject="file", key="train.py", where="line 2", body="Why 2?")
    assert made.status_code == 201, made.content
    place = f"HERE/threads/{made.json()['id']}"
    assert made.json()["place"]["line"] == 2
    assert ask("POST", f"{place}/comments", body="It was 3 before").status_code == 201
    assert [row["body"] for row in ask("GET", f"{place}/comments").json()] == ["Why 2?", "It was 3 before"]
    assert ask("PATCH", place, resolved=True).json()["resolved"] is True
    assert len(ask("GET", "HERE/threads?subject=file&key=train.py").json()) == 1
    assert ask("GET", "HERE/threads?subject=run").json() == []
    for wrong in ({"subject": "tea"}, {"key": "none.py"}, {"where": "behind it"}, {"body": ""}):
        fields = {"subject": "file", "key": "train.py", "body": "x", **wrong}
        assert ask("POST", "HERE/threads", **fields).status_code in (400, 404), wrong
    pull = make_pull(repo, bob)
    ask("POST", f"HERE/pulls/{pull.topic.number}/reviews", user=alice, event="COMMENT", body="x")
    assert len(ask("GET", "HERE/threads").json()) == 1
