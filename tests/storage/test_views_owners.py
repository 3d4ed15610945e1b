"""Where the bytes of an owner are: the quota, the largest repositories first, and who may look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import Owner, User
from repos.models import Repository
from repos.services.repositories import create_repository
from storage.services import put_object
from storage.spaces import DATA, DVC
from tests.factories.accounts import make_organization
from tests.factories.repos import make_repo

PAGE = "/-/settings/usage"
GROUP = "/-/organizations/northwind/usage"
BrowserOf = Callable[[User | None], Client]


def words(browser: Client, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().replace("\u202f", " ").replace("\xa0", " ").split())


def test_the_largest_come_first_with_code_and_data(repo: Repository, alice: User, browser_of: BrowserOf) -> None:
    large = make_repo(alice, "boulders")
    put_object(repository=large, space=DATA, key="x", chunks=[b"x" * 3000])
    put_object(repository=large, space=DVC, key="y", chunks=[b"y" * 1096])
    put_object(repository=repo, space=DATA, key="x", chunks=[b"x" * 10])
    page = words(browser_of(alice), PAGE)
    assert page.index("/alice/boulders/data/usage") < page.index("/alice/stones/data/usage")
    assert "4.0 KiB" in page and "there is no quota" in page


def test_the_quota_is_shown_and_what_it_does(repo: Repository, alice: User, browser_of: BrowserOf) -> None:
    Owner.objects.filter(pk=alice.owner.pk).update(quota_bytes=2048, used_bytes=1024)
    page = words(browser_of(alice), PAGE)
    assert "1.0 KiB of 2.0 KiB are used, 50.0 %" in page and '<progress value="1024" max="2048"' in page
    assert "are refused" not in page
    Owner.objects.filter(pk=alice.owner.pk).update(used_bytes=4096)
    assert "Pushes and uploads are refused" in words(browser_of(alice), PAGE)


def test_an_organisation_has_its_own_page(alice: User, bob: User, browser_of: BrowserOf) -> None:
    organization = make_organization("northwind", alice)
    create_repository(actor=Actor(user=alice), owner=organization.owner, name="sails")
    page = words(browser_of(alice), GROUP)
    assert "/northwind/sails/data/usage" in page and f'href="{GROUP}" aria-current="page"' in page
    assert browser_of(bob).get(GROUP).status_code == 403


def test_both_menus_lead_there(alice: User, browser_of: BrowserOf) -> None:
    make_organization("northwind", alice)
    assert f'href="{PAGE}"' in words(browser_of(alice), "/-/settings")
    assert f'href="{GROUP}"' in words(browser_of(alice), "/-/organizations/northwind")


def test_nothing_stored_is_said(mallory: User, browser_of: BrowserOf) -> None:
    assert "Nothing is stored yet" in words(browser_of(mallory), PAGE)


@pytest.mark.parametrize("count", [1, 3])
def test_it_takes_as_many_queries_for_many(
    repo: Repository, alice: User, browser_of: BrowserOf, django_assert_num_queries: Any, count: int
) -> None:
    for n in range(1, count):
        put_object(repository=make_repo(alice, f"more-{n}"), space=DATA, key="x", chunks=[b"x"])
    browser = browser_of(alice)
    browser.get(PAGE)
    with django_assert_num_queries(5):
        browser.get(PAGE)


def test_long_lists_come_in_pages(alice: User, browser_of: BrowserOf) -> None:
    for n in range(51):
        make_repo(alice, f"r{n:02}")
    browser = browser_of(alice)
    assert "/alice/r50/" not in words(browser, PAGE) and "/alice/r50/" in words(browser, f"{PAGE}?page=2")
