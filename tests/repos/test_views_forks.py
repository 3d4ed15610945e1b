"""Pages of forks and of rules for branches, and what checks say in lists."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from hub.lib.errors import Invalid, NotFound
from repos.models import CommitStatus, ProtectedBranch, Repository
from repos.selectors.statuses import checks_of, latest_statuses
from repos.services.forks import fork_repository
from repos.services.statuses import set_status
from tests.factories.pulls import put
from tests.repos.conftest import BrowserOf


def text(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    return answer.content.decode()


def test_fork_is_made_seen_and_synced(repo: Repository, alice: User, carol: User, browser_of: BrowserOf) -> None:
    put(repo, alice, {"a.txt": "a\n"})
    carols = browser_of(carol)
    page = text(carols, "/alice/stones/fork")
    assert 'value="public"' not in page
    form = {"owner": "carol", "name": "stones", "visibility": "private", "description": "Mine"}
    assert carols.post("/alice/stones/fork", {**form, "visibility": "public"}).status_code == 400
    assert carols.post("/alice/stones/fork", form).headers["Location"] == "/carol/stones"
    assert carols.post("/alice/stones/fork", form).status_code == 400
    assert "Forked from" in text(carols, "/carol/stones")
    assert "carol/stones" not in text(browser_of(alice), "/alice/stones/forks")  # private to carol
    put(repo, alice, {"b.txt": "b\n"})
    page = text(carols, "/carol/stones")
    assert "<strong>1</strong> commit behind" in page
    assert carols.post("/carol/stones/fork/sync", {"branch": "main"}).status_code == 302
    assert "is up to date with" in text(carols, "/carol/stones")
    assert carols.post("/carol/stones/fork/sync", {"branch": "none"}).status_code == 404
    repo.collaborators.all().delete()
    page = text(carols, "/carol/stones")
    assert "alice/stones" not in page
    assert browser_of(None).get("/alice/stones/fork").status_code == 404


def test_rules_are_set_and_changed_in_the_browser(repo: Repository, alice: User, browser_of: BrowserOf) -> None:
    commit = put(repo, alice, {"a.txt": "a\n"})
    set_status(actor=Actor(user=alice), repository=repo, commit=commit, context="ci/tests", state="pending")
    alices, here = browser_of(alice), "/alice/stones/settings/branches"
    form = {
        "pattern": "main", "push_level": 100, "merge_level": 20, "required_approvals": 2, "require_code_owners": "on",
        "required_checks": "ci/tests\r\n\r\n lint \r\nci/tests", "require_up_to_date": "on",
    }  # fmt: skip
    assert alices.post(here, form).status_code == 302
    rule = ProtectedBranch.objects.get()
    assert (rule.required_checks, rule.required_approvals, rule.block_on_requested_changes) == (
        ["ci/tests", "lint"], 2, False,
    )  # fmt: skip
    page = text(alices, here)
    assert "2 approvals" in page
    assert "<code>ci/tests</code>" in page
    page = text(alices, f"{here}?rule={rule.pk}")
    assert "ci/tests\nlint</textarea>" in page
    assert alices.post(here, {**form, "required_approvals": 99}).status_code == 400
    assert alices.post("/alice/stones/settings/merging", {"allow_squash": "on"}).status_code == 302
    repo.refresh_from_db()
    assert (repo.allow_squash, repo.allow_rebase, repo.delete_merged_branches) == (True, False, False)
    assert alices.post("/alice/stones/settings/merging", {}).status_code == 400
    repo.refresh_from_db()
    assert repo.allow_squash


def test_checks_are_shown_with_commits(repo: Repository, alice: User, browser_of: BrowserOf) -> None:
    commit = put(repo, alice, {"a.txt": "a\n"})
    actor = Actor(user=alice)
    for state in ("pending", "failure"):
        set_status(actor=actor, repository=repo, commit=commit, context="ci", state=state, target_url="https://ci.x/1")
    set_status(actor=actor, repository=repo, commit=commit, context="lint", state="success", description="Fine " * 90)
    rows = latest_statuses(repo, commit)
    assert [(row.context, row.state) for row in rows] == [("ci", "failure"), ("lint", "success")]
    assert (checks_of(repo, [commit, "0" * 40])[commit].state, CommitStatus.objects.count()) == ("failure", 3)
    assert len(rows[1].description) == 300
    alices = browser_of(alice)
    for page in (f"/alice/stones/commit/{commit}", "/alice/stones/branches"):
        assert "1 of 2 checks passed" in text(alices, page)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//ci.x", "http://", "https://[", "ftp://x"])
def test_address_of_a_check_is_a_web_page(repo: Repository, alice: User, address: str) -> None:
    """Attack: a check whose address runs a script when its link is followed."""
    commit = put(repo, alice, {"a.txt": "a\n"})
    with pytest.raises(Invalid):
        set_status(
            actor=Actor(user=alice), repository=repo, commit=commit, context="x", state="success", target_url=address
        )


def test_status_needs_a_commit_and_a_known_state(repo: Repository, alice: User) -> None:
    commit = put(repo, alice, {"a.txt": "a\n"})
    for wanted, state in (("--all", "success"), ("f" * 40, "success")):
        with pytest.raises(NotFound):
            set_status(actor=Actor(user=alice), repository=repo, commit=wanted, context="x", state=state)
    with pytest.raises(Invalid):
        set_status(actor=Actor(user=alice), repository=repo, commit=commit, context="x", state="perfect")


def test_strangers_see_no_private_fork_in_lists(
    repo: Repository, alice: User, bob: User, browser_of: BrowserOf
) -> None:
    put(repo, alice, {"a.txt": "a\n"})
    repo.refresh_from_db()
    fork_repository(actor=Actor(user=bob), parent=repo, owner=bob.owner)
    assert "bob/stones" in text(browser_of(bob), "/alice/stones/forks")
    assert "No forks yet" in text(browser_of(alice), "/alice/stones/forks")
