"""A change on its way, by two people in real browsers: fork, branch, pull request, check, merge."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.actor import Actor
from accounts.models import User
from collab.models import PullRequest
from collab.services.issues import open_issue
from collab.services.pull_state import look_at
from repos.git.refs import branch_tip
from repos.models import Repository
from repos.paths import git_dir
from repos.services.people import protect_branch
from repos.services.statuses import set_status
from tests.browser.conftest import Visitor
from tests.factories.pulls import put

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_fork_to_merge_by_two_people(visit: Visitor, repo: Repository, alice: User, carol: User) -> None:
    put(repo, alice, {"README.md": "# Stones\n"})
    issue = open_issue(actor=Actor(user=alice), repository=repo, title="Say how they settle")
    protect_branch(actor=Actor(user=alice), repository=repo, pattern="main", required_checks=["ci"])
    author = visit(carol)
    author.goto("/alice/stones")
    with author.expect_navigation():
        author.get_by_role("link", name="Fork", exact=True).click()
    with author.expect_navigation():
        author.get_by_role("button", name="Create fork").click()
    expect(author.locator(".repo-head")).to_contain_text("Forked from alice/stones")
    fork = Repository.objects.get(parent=repo)
    put(fork, carol, {"settle.md": "They settle.\n"}, branch="settle", start="main", message="Say how they settle")
    author.goto("/alice/stones/pulls/new")
    with author.expect_navigation():
        author.get_by_role("link", name="carol:settle").click()
    expect(author.get_by_label("Title")).to_have_value("Say how they settle")
    author.get_by_role("textbox", name="What it changes, and why").fill(f"Closes #{issue.number}.")
    with author.expect_navigation():
        author.get_by_role("button", name="Create pull request").click()
    pull = PullRequest.objects.select_related("topic").get()
    look_at(pull.pk)
    author.reload()
    expect(author.locator("#merge")).to_contain_text("Required checks have not passed yet: ci.")
    expect(author.locator(".merge__ways")).to_have_count(0)
    owner = visit(alice)
    owner.goto(pull.topic.get_absolute_url())
    expect(owner.locator(".merge__ways")).to_contain_text("once nothing stands in the way")
    set_status(actor=Actor(user=alice), repository=repo, commit=pull.head_commit, context="ci", state="success")
    owner.reload()
    expect(owner.locator("#merge")).to_contain_text("Nothing stands in the way.")
    owner.locator(".merge__way summary", has_text="Squash and merge").click()
    way = owner.locator(".merge__way[open]")
    way.get_by_label("First line of the commit").fill("Stones settle")
    with owner.expect_navigation():
        way.get_by_role("button", name="Squash and merge into main").click()
    expect(owner.locator("#merge")).to_contain_text("Merged into main")
    expect(owner.locator(".issue-head__facts")).to_contain_text("Merged")
    author.reload()
    expect(author.locator("#conversation")).to_contain_text("merged this into main")
    author.goto(f"/alice/stones/issues/{issue.number}")
    expect(author.locator(".issue-head__facts")).to_contain_text("Closed")
    assert branch_tip(git_dir(repo), "main") == PullRequest.objects.get().merge_commit


def test_merge_works_without_scripts(visit: Visitor, proposed: dict[str, str], alice: User, repo: Repository) -> None:
    repo.protected_branches.all().delete()
    page = visit(alice, scripts=False)
    page.goto(f"/alice/stones/pulls/{proposed['ready']}")
    page.locator(".merge__way summary", has_text="Merge commit").click()
    page.get_by_role("button", name="Merge into main").click()
    expect(page.locator("#merge")).to_contain_text("Merged into main")
    expect(page.locator("#merge")).to_contain_text("can be deleted")
