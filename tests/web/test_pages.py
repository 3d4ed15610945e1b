"""Home, explore, search and owner pages, as answers."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, User
from repos.models import Repository
from tests.factories.accounts import make_organization, make_user
from tests.factories.repos import make_repo

BrowserOf = Callable[[User | None], Client]


def test_welcome_tells_anonymous_readers_what_this_is(
    browser_of: BrowserOf, repo: Repository, alice: User, db: None
) -> None:
    make_repo(alice, "open", visibility="public")
    answer = browser_of(None).get("/")
    assert answer.status_code == 200
    assert [row.name for row in answer.context["repositories"]] == ["open"]
    assert "http://testserver/you/my-project.git" in answer.content.decode()


def test_home_shows_own_repositories_and_what_happened(browser_of: BrowserOf, repo: Repository, bob: User) -> None:
    answer = browser_of(bob).get("/")
    assert [row.full_name for row in answer.context["repositories"]] == ["alice/stones"]
    assert [line.words for line in answer.context["feed"]] == ["let in", "let in", "created repository"]


def test_home_without_repositories_is_a_working_first_step(browser_of: BrowserOf, mallory: User) -> None:
    page = browser_of(mallory).get("/").content.decode()
    assert "git remote add cairn http://testserver/mallory/my-project.git" in page
    assert "manage.py demo" not in page


def test_home_offers_the_demo_to_an_administrator_while_the_hub_is_empty(browser_of: BrowserOf, root: User) -> None:
    browser = browser_of(root)
    assert "manage.py demo" in browser.get("/").content.decode()
    make_repo(make_user("early"), "first")
    assert "manage.py demo" not in browser.get("/").content.decode()


def test_explore_hides_what_the_reader_may_not_see(browser_of: BrowserOf, repo: Repository, mallory: User) -> None:
    make_repo(mallory, "quarry")
    answer = browser_of(mallory).get("/-/explore")
    assert [row.full_name for row in answer.context["page"]] == ["mallory/quarry"]
    assert "stones" not in answer.content.decode()


def test_explore_answers_htmx_with_the_list_alone(browser_of: BrowserOf, repo: Repository, alice: User) -> None:
    part = browser_of(alice).get("/-/explore?q=stones", headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<div class="rows">')
    assert "HX-Request" in part["Vary"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("sort=size", 400), ("kind=secret", 400), ("q=%00", 400), ("q=" + "x" * 201, 400),
        ("page=0", 404), ("page=2", 404), ("page=one", 404), ("q=%F0%9F%AA%A8", 200),
    ],
)  # fmt: skip
def test_explore_refuses_a_wrong_query(query: str, status: int, browser_of: BrowserOf, db: None) -> None:
    assert browser_of(None).get(f"/-/explore?{query}").status_code == status


def test_explore_pages_keep_the_query(browser_of: BrowserOf, alice: User) -> None:
    for number in range(31):
        Repository.objects.create(owner=alice.owner, name=f"stone-{number:02}", visibility="public")
    page = browser_of(None).get("/-/explore?q=stone&sort=name")
    assert len(page.context["page"]) == 30
    assert "?q=stone&amp;sort=name&amp;page=2" in page.content.decode()
    last = browser_of(None).get("/-/explore?q=stone&sort=name&page=2")
    assert [row.name for row in last.context["page"]] == ["stone-30"]


@pytest.mark.parametrize("count", [1, 3])
def test_pages_cost_the_same_whatever_they_list(
    count: int, browser_of: BrowserOf, django_assert_num_queries: Any, alice: User
) -> None:
    for number in range(count):
        make_repo(alice, f"stone-{number}", visibility="public")
    anonymous, signed_in = browser_of(None), browser_of(alice)
    for browser, path, queries in [
        (anonymous, "/", 1),
        (anonymous, "/-/explore", 2),
        (signed_in, "/", 5),  # session, user, repositories, runs, feed
        (signed_in, "/-/explore", 4),
        (signed_in, "/alice/", 6),
    ]:
        with django_assert_num_queries(queries):
            assert browser.get(path).status_code == 200


def test_owner_page_of_a_person(browser_of: BrowserOf, repo: Repository, alice: User, mallory: User) -> None:
    make_repo(alice, "open", visibility="public")
    assert [row.name for row in browser_of(mallory).get("/alice/").context["page"]] == ["open"]
    assert {row.name for row in browser_of(alice).get("/alice/").context["page"]} == {"open", "stones"}


def test_owner_page_of_an_organization_names_members_to_people_only(
    browser_of: BrowserOf, alice: User, bob: User
) -> None:
    organization = make_organization("northwind", alice)
    Membership.objects.create(organization=organization, user=bob)
    assert 'href="/bob/"' in browser_of(bob).get("/northwind/").content.decode()
    assert 'href="/bob/"' not in browser_of(None).get("/northwind/").content.decode()


def test_owner_page_offers_settings_to_those_who_run_it(
    browser_of: BrowserOf, alice: User, bob: User, mallory: User
) -> None:
    organization = make_organization("northwind", alice)
    Membership.objects.create(organization=organization, user=bob)
    offered = {
        user.username: 'href="/-/organizations/northwind"' in browser_of(user).get("/northwind/").content.decode()
        for user in (alice, bob, mallory)
    }
    assert offered == {"alice": True, "bob": False, "mallory": False}
    assert "Edit profile" in browser_of(alice).get("/alice/").content.decode()
    assert "Edit profile" not in browser_of(bob).get("/alice/").content.decode()


def test_owner_addresses_lead_to_the_one_true_address(browser_of: BrowserOf, alice: User) -> None:
    browser = browser_of(None)
    assert browser.get("/alice").headers["Location"] == "/alice/"
    assert browser.get("/ALICE/").headers["Location"] == "/alice/"
    assert browser.get("/nobody-here/").status_code == 404
    assert browser.get("/nobody-here").status_code == 404


@pytest.mark.parametrize("path", ["/", "/-/explore", "/-/search", "/alice/"])
def test_pages_answer_get_and_head_only(path: str, browser_of: BrowserOf, alice: User) -> None:
    browser = browser_of(alice)
    assert browser.head(path).status_code == 200
    assert browser.post(path).status_code == 405


def test_a_full_page_is_light(browser_of: BrowserOf, alice: User) -> None:
    for number in range(30):
        Repository.objects.create(
            owner=alice.owner, name=f"stone-{number:02}", description="d" * 500, visibility="public"
        )
    assert len(gzip.compress(browser_of(alice).get("/-/explore").content)) < 60 * 1024


def test_theme_of_the_account_is_drawn_by_the_server(browser_of: BrowserOf, alice: User) -> None:
    browser = browser_of(alice)
    assert "data-theme" not in browser.get("/").content.decode().split("<head>")[0]
    assert browser.post("/-/theme", {"theme": "dark"}).status_code == 302
    assert '<html lang="en" data-theme="dark">' in browser.get("/").content.decode()
