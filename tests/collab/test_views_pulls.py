"""Pages of pull requests: opening one, its conversation, its box, its commits, and a constant number of queries."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from collab.models import PullRequest
from repos.git.refs import branch_tip
from repos.models import ProtectedBranch, Repository
from repos.paths import git_dir
from repos.services.forks import fork_repository
from repos.services.statuses import set_status
from tests.factories.pulls import make_pull, put
from tests.factories.repos import let_in
from tests.repos.conftest import BrowserOf

from .test_pulls import looked

HERE = "/alice/stones/pulls"


@pytest.fixture
def bobs(bob: User, browser_of: BrowserOf) -> Client:
    return browser_of(bob)


def text(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, answer.content[:2000]
    return answer.content.decode()


def test_pull_request_is_opened_in_the_browser(repo: Repository, bob: User, bobs: Client) -> None:
    template = "## What\n\n## Why\n"
    put(repo, bob, {".github/pull_request_template.md": template})
    put(repo, bob, {"a.txt": "a\n"}, branch="feature/add-a", start="main", message="Add a <b>")
    page = text(bobs, f"{HERE}/new")
    assert "feature/add-a" in page
    assert bobs.get(f"{HERE}/new?base=main&head=feature/add-a").headers["Location"] == (
        "/alice/stones/pulls/new/main...feature/add-a"
    )
    page = text(bobs, f"{HERE}/new/main...feature/add-a")
    assert 'value="Add a &lt;b&gt;"' in page
    assert "## What" in page
    assert "a.txt" in page
    answer = bobs.post(f"{HERE}/new/main...feature/add-a", {"title": "", "body": "kept words"})
    assert answer.status_code == 400
    assert "kept words" in answer.content.decode()
    answer = bobs.post(f"{HERE}/new/main...feature/add-a", {"title": "Add a", "body": "Why", "draft": "1"})
    assert answer.headers["Location"] == f"{HERE}/1"
    page = text(bobs, f"{HERE}/1")
    assert "This is a draft." in page
    assert "asks for the same already" in text(bobs, f"{HERE}/new/main...feature/add-a")
    assert "Nothing to merge" in text(bobs, f"{HERE}/new/feature/add-a...main")
    text(bobs, f"{HERE}/new/main...none", 404)
    text(bobs, f"{HERE}/new/main", 404)
    assert bobs.get(f"{HERE}/1/commits").status_code == 200
    assert bobs.get("/alice/stones/issues/1").headers["Location"] == f"{HERE}/1"
    assert bobs.get(f"{HERE}/99").status_code == 404


def test_fork_comes_in_by_its_name(
    repo: Repository, alice: User, bob: User, carol: User, browser_of: BrowserOf
) -> None:
    put(repo, alice, {"a.txt": "a\n"})
    repo.refresh_from_db()
    fork = fork_repository(actor=Actor(user=carol), parent=repo, owner=carol.owner)
    put(fork, carol, {"b.txt": "fresh lines\n"}, branch="fix", start="main")
    carols, bobs = browser_of(carol), browser_of(bob)
    page = text(carols, f"{HERE}/new/main...carol/stones:fix")
    assert "fresh lines" in page
    assert "refs/pull" not in str(list(git_dir(repo).rglob("*")))
    text(bobs, f"{HERE}/new/main...carol/stones:fix", 404)  # bob may not see carol's private fork
    answer = carols.post(f"{HERE}/new/main...carol/stones:fix", {"title": "Fix", "allow_edits": "1"})
    assert answer.headers["Location"] == f"{HERE}/1"
    page = text(bobs, f"{HERE}/1")
    assert "carol:fix" in page


def test_box_merges_and_says_what_stands_in_the_way(repo: Repository, bob: User, bobs: Client) -> None:
    pull = looked(make_pull(repo, bob))
    ProtectedBranch.objects.create(repository=repo, pattern="main", required_checks=["ci"])
    page = text(bobs, f"{HERE}/1")
    assert "Required checks have not passed yet: ci." in page
    form = {"method": "merge", "title": "My words", "message": "More of them", "expected_head": pull.head_commit}
    answer = bobs.post(f"{HERE}/1/merge", form)
    assert answer.status_code == 409
    assert "More of them" in answer.content.decode()
    answer = bobs.post(f"{HERE}/1/merge", {**form, "when": "ready"}, follow=True)
    assert "It will be merged by itself" in answer.content.decode()
    assert bobs.post(f"{HERE}/1/merge/end").status_code == 302
    set_status(actor=Actor(user=bob), repository=repo, commit=pull.head_commit, context="ci", state="success",
               target_url="https://ci.example.org/1")  # fmt: skip
    assert "Nothing stands in the way." in text(bobs, f"{HERE}/1/box")
    assert "https://ci.example.org/1" in text(bobs, f"{HERE}/1/commits")
    answer = bobs.post(f"{HERE}/1/merge", {**form, "delete_branch": "1"}, follow=True)
    assert "Restore branch" in answer.content.decode()
    assert branch_tip(git_dir(repo), "feature") is None
    assert bobs.get(f"{HERE}/1/box", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert bobs.post(f"{HERE}/1/branch", {"action": "restore"}).status_code == 302
    answer = bobs.post(f"{HERE}/1/revert")
    assert answer.headers["Location"] == f"{HERE}/new/main...revert-1-feature"
    assert "Revert &quot;Polish the stones (#1)&quot;" in text(bobs, answer.headers["Location"])
    assert bobs.post(f"{HERE}/1/branch", {"action": "burn"}).status_code == 400


def test_base_draft_and_reviewers_are_changed(repo: Repository, bob: User, carol: User, bobs: Client) -> None:
    pull = make_pull(repo, bob)
    put(repo, bob, {"x.txt": "x\n"}, branch="next", start="main")
    assert bobs.post(f"{HERE}/1/base", {"base": "next"}).status_code == 302
    assert bobs.post(f"{HERE}/1/draft", {"draft": "1"}).status_code == 302
    assert bobs.post(f"{HERE}/1/reviewers", {"user": [carol.pk]}).status_code == 302
    pull = looked(pull)
    assert (pull.base_branch, pull.is_draft) == ("next", True)
    assert [row.user for row in pull.review_requests.all()] == [carol]
    assert bobs.post(f"{HERE}/1/reviewers", {"user": [bob.pk]}).status_code == 400
    assert bobs.post(f"{HERE}/1/reviewers", {}, headers={"HX-Request": "true"}).status_code == 200
    assert not pull.review_requests.exists()
    assert bobs.post(f"{HERE}/1/maintainers", {"allow": "1"}).status_code == 302


def test_readers_author_and_strangers(repo: Repository, bob: User, carol: User, browser_of: BrowserOf) -> None:
    make_pull(repo, bob)
    carols = browser_of(carol)
    assert "Merge commit" not in text(carols, f"{HERE}/1")
    for action, data in (("merge", {"method": "merge"}), ("base", {"base": "main"}), ("draft", {"draft": "1"}),
                         ("branch", {"action": "update"}), ("revert", {}), ("reviewers", {})):  # fmt: skip
        status = carols.post(f"{HERE}/1/{action}", data).status_code
        assert status in (403, 409), (action, status)
    assert PullRequest.objects.get().is_draft is False


def _fill(repo: Repository, user: User, count: int, pull: PullRequest) -> None:
    for number in range(count):
        commit = put(repo, user, {f"{number}-{count}.txt": "x\n"}, branch="feature")
        for context in ("ci", "lint"):
            set_status(actor=Actor(user=user), repository=repo, commit=commit, context=context, state="success")
    looked(pull)


@pytest.mark.parametrize(("page", "most"), [("", 41), ("/commits", 16), ("/box", 24)])
def test_pages_ask_as_much_for_three_as_for_one(
    repo: Repository, bob: User, carol: User, bobs: Client, page: str, most: int
) -> None:
    let_in(repo, carol, Level.WRITE)
    pull = make_pull(repo, bob)
    counts = []
    for rounds in (1, 3):
        _fill(repo, bob, rounds, pull)
        text(bobs, f"{HERE}/1{page}")  # caches
        with CaptureQueriesContext(connection) as seen:
            text(bobs, f"{HERE}/1{page}")
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= most, counts
