"""The page of an object's versions: what it shows to whom, and restoring."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from storage import selectors
from storage.models import ObjectVersion
from storage.services import delete_object, put_object
from storage.spaces import DATA

PAGE, RESTORE = "/alice/stones/data/versions/d/a.txt", "/alice/stones/data/restoration/d/a.txt"


@pytest.fixture
def history(repo, alice):
    """d/a.txt was put twice and deleted."""
    for body in (b"first", b"second!"):
        put_object(repository=repo, space=DATA, key="d/a.txt", chunks=[body], actor=Actor(user=alice))
    delete_object(repository=repo, space=DATA, key="d/a.txt", actor=Actor(user=alice))


def test_the_page_shows_versions_and_deletions(browser_of, alice, carol, history):
    page = browser_of(alice).get(PAGE)
    assert [(line.size, line.is_current) for line in page.context["lines"]] == [(None, False), (7, False), (5, False)]
    text = page.content.decode()
    assert (text.count("Restore</button>"), "Deleted" in text) == (2, True)
    assert "Restore</button>" not in browser_of(carol).get(PAGE).content.decode()


def test_restoring_from_the_page(browser_of, alice, bob, repo, history):
    first = ObjectVersion.objects.order_by("pk").first()
    assert browser_of(bob).post(RESTORE, {"version": first.version_id}).status_code == 302
    stored = selectors.get_object(repo, DATA, "d/a.txt")
    assert (b"".join(selectors.read_object(stored)), stored.created_by) == (b"first", bob)
    assert b"Current" in browser_of(alice).get(PAGE).content


@pytest.mark.parametrize("version", ["", "v0", "d1", "v" + "9" * 50, "\0", "²"])
def test_what_is_no_version_is_told_and_changes_nothing(browser_of, alice, history, version):
    before = ObjectVersion.objects.count()
    answer = browser_of(alice).post(RESTORE, {"version": version}, follow=True)
    assert b"no such version" in answer.content
    assert ObjectVersion.objects.count() == before


def test_keys_that_nothing_was_stored_under_are_not_there(browser_of, alice, repo):
    for key in ("none", "../x", "a//b", "%00"):
        assert browser_of(alice).get(f"/alice/stones/data/versions/{key}").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_for_any_number(browser_of, alice, repo, count, django_assert_num_queries):
    for number in range(count + 1):
        put_object(repository=repo, space=DATA, key="d/a.txt", chunks=[b"%d" % number], actor=Actor(user=alice))
    browser = browser_of(alice)
    browser.get(PAGE)
    with django_assert_num_queries(10):
        browser.get(PAGE)
