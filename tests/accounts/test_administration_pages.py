"""What administrators of the hub do about people and quotas, and that nobody else can."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.forms.administration import QuotaForm, size_words
from accounts.models import User
from tests.factories.accounts import PASSWORD, make_user


@pytest.fixture
def browser(browser_of, root):
    return browser_of(root)


def shown_password(answer) -> str:
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return re.search(r"<code>(\S{20})</code>", answer.content.decode()).group(1)


def can_sign_in(name: str, password: str) -> bool:
    return Client().post("/-/login", {"login": name, "password": password}).status_code == 302


def test_people_are_listed_and_found(browser, alice, bob):
    alice.full_name = "Ada Lovelace"
    alice.save()
    assert [user.username for user in browser.get("/-/admin").context["page"]] == ["alice", "bob", "rootadmin"]
    for text, names in [("love", ["alice"]), ("bob@", ["bob"]), ("ROOT", ["rootadmin"]), ("nobody-here", [])]:
        assert [user.username for user in browser.get("/-/admin", {"q": text}).context["page"]] == names


def test_people_page_stands_any_page_number(browser):
    for page in ("0", "-1", "x", "99999999999999999999"):
        assert browser.get("/-/admin", {"page": page}).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_for_any_number(browser, count, django_assert_num_queries):
    for number in range(count):
        make_user(f"user{number}")
    for page in ("/-/admin", "/-/admin/owners"):
        with django_assert_num_queries(4):
            browser.get(page)


def test_new_person_gets_a_password_shown_once(browser):
    answer = browser.post("/-/admin/people/new", {"username": "dora", "email": "", "is_admin": "on"})
    assert can_sign_in("dora", shown_password(answer))
    assert User.objects.get(username="dora").is_superuser
    assert browser.post("/-/admin/people/new", {"username": "dora"}).status_code == 400
    assert browser.post("/-/admin/people/new", {"username": "settings"}).status_code == 400


def test_password_reset_ends_sessions(browser, browser_of, alice):
    theirs = browser_of(alice)
    password = shown_password(browser.post("/-/admin/people/alice/password"))
    assert theirs.get("/-/settings").status_code == 302
    assert can_sign_in("alice", password)
    assert not can_sign_in("alice", PASSWORD)


def test_disable_and_enable(browser, alice):
    assert browser.post("/-/admin/people/alice/activation", {"active": "no"}).status_code == 302
    assert not User.objects.get(username="alice").is_active
    assert b"Enable alice" in browser.get("/-/admin/people/alice").content
    browser.post("/-/admin/people/alice/activation", {"active": "yes"})
    assert can_sign_in("alice", PASSWORD)


def test_administration_is_given_and_taken(browser, browser_of, alice):
    browser.post("/-/admin/people/alice/administration", {"admin": "yes"})
    assert browser_of(User.objects.get(username="alice")).get("/-/admin").status_code == 200
    browser.post("/-/admin/people/alice/administration", {"admin": "no"})
    assert browser_of(User.objects.get(username="alice")).get("/-/admin").status_code == 403


def test_last_administrator_cannot_be_removed_in_any_way(browser, root):
    assert browser.post("/-/admin/people/rootadmin/activation", {"active": "no"}).status_code == 409
    assert browser.post("/-/admin/people/rootadmin/administration", {"admin": "no"}).status_code == 409
    root.refresh_from_db()
    assert (root.is_active, root.is_superuser) == (True, True)


@pytest.mark.parametrize("word", ["", "maybe", "1"])
def test_unclear_words_change_nothing(browser, alice, word):
    assert browser.post("/-/admin/people/alice/activation", {"active": word}).status_code == 400
    assert browser.post("/-/admin/people/alice/administration", {"admin": word}).status_code == 400


def test_unknown_people_and_owners_are_not_there(browser):
    for page in ("/-/admin/people/ghost", "/-/admin/owners/ghost"):
        assert browser.get(page).status_code == 404
    assert browser.post("/-/admin/people/ghost/password").status_code == 404


def test_quota_is_changed_and_cleared(browser, alice):
    assert browser.post("/-/admin/owners/alice", {"quota_bytes": "1.5 GiB"}).status_code == 302
    alice.owner.refresh_from_db()
    assert alice.owner.quota_bytes == 3 * 2**29
    assert b'value="1536 MiB"' in browser.get("/-/admin/owners/alice").content
    browser.post("/-/admin/owners/alice", {"quota_bytes": ""})
    alice.owner.refresh_from_db()
    assert alice.owner.quota_bytes is None


@pytest.mark.parametrize("text", ["-1", "lots", "5 GB", "1e9", "9999999999 TiB", "1.2.3", "GiB"])
def test_quota_refuses_what_is_no_size(browser, alice, text):
    assert browser.post("/-/admin/owners/alice", {"quota_bytes": text}).status_code == 400
    alice.owner.refresh_from_db()
    assert alice.owner.quota_bytes is None


@pytest.mark.parametrize("size", [None, 0, 1, 1023, 1024, 1536, 2**20, 5 * 2**30, 3 * 2**40, 2**40 + 1])
def test_sizes_are_written_as_they_are_read(size):
    form = QuotaForm({"quota_bytes": size_words(size)})
    assert form.is_valid()
    assert form.cleaned_data["quota_bytes"] == size


PAGES = ["", "/people/new", "/people/alice", "/owners", "/owners/alice", "/jobs"]
ACTIONS = ["/people/alice/activation", "/people/alice/administration", "/people/alice/password", "/owners/alice"]


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_for_administrators(browser_of, alice, page):
    assert browser_of(None).get(f"/-/admin{page}")["Location"].startswith("/-/login")
    assert browser_of(alice).get(f"/-/admin{page}").status_code == 403


@pytest.mark.parametrize("page", [*ACTIONS, "/people/new"])
def test_actions_are_for_administrators(browser_of, alice, mallory, page):
    """The attack: somebody posts what only an administrator's page offers."""
    data = {"active": "no", "admin": "yes", "quota_bytes": "1", "username": "eve"}
    before = list(User.objects.values_list("username", "password", "is_active", "is_superuser"))
    assert browser_of(None).post(f"/-/admin{page}", data).status_code == 404
    assert browser_of(mallory).post(f"/-/admin{page}", data).status_code == 403
    assert list(User.objects.values_list("username", "password", "is_active", "is_superuser")) == before
