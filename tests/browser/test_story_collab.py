"""One change from the first word about it to the inbox, by three people in real browsers, with stock git and a program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
from celery import current_app
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from jobs.models import Job
from repos.models import Repository
from tests.browser.conftest import Visitor
from tests.conftest import TokenFor
from tests.factories.pulls import put
from tests.support.git_checkout import Checkout

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PULL = "/alice/stones/pulls/2"
MOST_ROUNDS = 20
BEFORE = "EPOCHS = 10\nRATE = 0.5\n\n\ndef train():\n    return RATE * EPOCHS\n"


def work_off() -> None:
    """Do what waits, and what that asks for, as the workers of a running hub would meanwhile."""
    current_app.loader.import_default_modules()
    for _ in range(MOST_ROUNDS):
        waiting = list(Job.objects.filter(state=Job.State.WAITING, due_at__lte=timezone.now()).order_by("pk"))
        if not waiting:
            break
        for job in waiting:
            current_app.tasks[job.task](job.pk)
    assert not list(Job.objects.exclude(error="").values_list("task", "error"))


def press(page: Page, name: str) -> None:
    """A button that leads to another page."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def open_notice(page: Page, words: str, why: str, unread: int = 1) -> None:
    """Find a line of the inbox by its bell, and follow it."""
    page.goto("/")
    expect(page.locator(".bell__count")).to_have_text(str(unread))
    page.goto("/-/notifications")
    line = page.locator(".notice", has_text=words)
    expect(line).to_contain_text(why)
    with page.expect_navigation():
        line.locator(".row__link").click()


def give_verdict(page: Page, verdict: str, words: str = "") -> None:
    page.locator("#review-send > summary").click()
    page.get_by_label("What you think of it").fill(words)
    page.get_by_label(verdict).check()
    press(page, "Send review")


def test_from_an_issue_to_the_inbox_of_who_opened_it(
    visit: Visitor, live_server: Any, repo: Repository, alice: User, bob: User, carol: User, token_for: TokenFor,
    tmp_path: Path,
) -> None:  # fmt: skip
    put(repo, alice, {"train.py": BEFORE, "CODEOWNERS": "*.py @bob\n"})
    owner, reviewer, author = visit(alice), visit(bob), visit(carol)

    # alice says what is wrong, and how a change may come to main.
    owner.goto("/alice/stones/issues/new")
    owner.get_by_label("Title").fill("Training diverges")
    press(owner, "Open issue")
    owner.goto("/alice/stones/settings/branches")
    owner.get_by_label("Branch or pattern").fill("main")
    owner.get_by_label("Approvals needed").fill("1")
    owner.get_by_label("Required checks").fill("ci")
    press(owner, "Protect")
    expect(owner.get_by_role("region", name="Rules")).to_contain_text("1 approval")

    # carol, who may not write there, forks, clones with git, pushes a branch, and asks for it to be merged.
    author.goto("/alice/stones")
    with author.expect_navigation():
        author.get_by_role("link", name="Fork", exact=True).click()
    press(author, "Create fork")
    expect(author.locator(".repo-head")).to_contain_text("Forked from alice/stones")
    door = live_server.url.replace("://", f"://carol:{token_for(carol)}@")
    work = Checkout.clone(f"{door}/carol/stones.git", tmp_path / "stones")
    work.git("switch", "--quiet", "--create", "calmer")
    pushed = work.commit("Learn more calmly", train_py=BEFORE.replace("0.5", "0.05"))
    work.git("push", "--quiet", "--set-upstream", "origin", "calmer")
    refused = work.attempt("push", f"{door}/alice/stones.git", "calmer")
    assert refused.returncode != 0 and "403" in refused.stderr
    author.goto("/alice/stones/pulls/new")
    with author.expect_navigation():
        author.get_by_role("link", name="carol:calmer").click()
    expect(author.get_by_label("Title")).to_have_value("Learn more calmly")
    author.get_by_role("textbox", name="What it changes, and why").fill("Closes #1: the rate was too high.")
    press(author, "Create pull request")
    expect(author).to_have_url(f"{live_server.url}{PULL}")
    work_off()
    author.reload()
    expect(author.locator("#merge")).to_contain_text("Required checks have not passed yet: ci.")

    # bob owns the code and hears of it; his line comment holds a better value, and he asks for it.
    open_notice(reviewer, "Learn more calmly", "Your review was asked for")
    reviewer.goto(f"{PULL}/files")
    reviewer.locator("#file-1 a.diff-talk[aria-label='Comment on line 2']").click()
    box = reviewer.locator(".diff-say")
    box.get_by_role("button", name="Suggest a change").click()
    expect(box.get_by_role("textbox")).to_have_value("```suggestion\nRATE = 0.05\n```\n")
    box.get_by_role("textbox").fill("Halve it, no more:\n```suggestion\nRATE = 0.25\n```")
    box.get_by_role("button", name="Start a review").click()
    expect(reviewer.locator(".thread")).to_contain_text("Suggested change")
    give_verdict(reviewer, "Request changes", "One number.")
    work_off()

    # carol hears that, takes the suggestion, and her checkout gets it.
    open_notice(author, "Learn more calmly", "You began this")
    expect(author.locator("#merge")).to_contain_text("bob")
    expect(author.locator("#conversation")).to_contain_text("asked for changes")
    with author.expect_navigation():
        author.get_by_role("link", name="Apply …").click()
    press(author, "Apply as one commit")
    work.git("pull", "--quiet")
    head = work.git("rev-parse", "HEAD")
    assert work.git("rev-parse", "HEAD^") == pushed
    assert (work.folder / "train.py").read_text() == BEFORE.replace("0.5", "0.25")
    work_off()

    # The rules still hold it back, until the check has spoken and bob has.
    reviewer.goto(PULL)
    expect(reviewer.locator("#merge")).to_contain_text("Required checks have not passed yet: ci.")
    expect(reviewer.locator("#merge")).not_to_contain_text("Nothing stands in the way.")
    said = requests.post(
        f"{live_server.url}/api/v1/repos/alice/stones/statuses/{head}",
        headers={"Authorization": f"token {token_for(bob)}"},
        json={
            "context": "ci",
            "state": "success",
            "description": "42 passed",
            "target_url": "https://ci.example.org/7",
        },
        timeout=60,
    )
    assert said.status_code == 201, said.text
    work_off()
    reviewer.goto(f"{PULL}/files")
    give_verdict(reviewer, "Approve", "Thank you.")
    work_off()
    reviewer.goto(PULL)
    expect(reviewer.locator("#merge")).to_contain_text("Nothing stands in the way.")
    expect(reviewer.locator("#merge")).to_contain_text("42 passed")
    reviewer.locator(".merge__way summary", has_text="Squash and merge").click()
    press(reviewer, "Squash and merge into main")
    expect(reviewer.locator("#merge")).to_contain_text("Merged into main")
    work_off()

    # alice, who watches her repository, finds in her inbox that what she reported is settled.
    open_notice(owner, "Training diverges", "You began this", unread=2)
    expect(owner.locator(".issue-head__facts")).to_contain_text("Closed")
    expect(owner.locator("#conversation")).to_contain_text("Learn more calmly")
    owner.goto("/alice/stones/src/main/train.py")
    expect(owner.locator("#L2")).to_contain_text("RATE = 0.25")
