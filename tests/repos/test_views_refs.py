"""Lists of branches and tags; new and deleted ones."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from repos.git import listing, objects
from repos.git.commits import create_ref
from repos.models import Repository
from repos.paths import git_dir
from repos.services.people import protect_branch
from tests.repos.test_views_code import text_of
from tests.support.sample_repository import Work


def branch_names(repo: Repository) -> set[str]:
    return set(listing.ref_names(git_dir(repo))[0])


def test_branches_tell_their_distance(filled: Repository, reader: Client) -> None:
    page = text_of(reader, "/alice/stones/branches")
    rows = re.findall(
        r'class="mono" href="/alice/stones/src/([^"]+)".*?<td class="number">(\d*)</td><td class="number">(\d*)</td>',
        page,
        re.S,
    )
    assert sorted(rows) == [("feature/slope", "3", "1"), ("main", "", ""), ("old", "4", "0")]
    assert "feature/slope" in text_of(reader, "/alice/stones/branches?q=slope")
    assert "No branch matches" in text_of(reader, "/alice/stones/branches?q=zzz")
    assert "New branch" not in page


def test_branches_need_as_many_queries_for_one_as_for_three(
    filled: Repository, reader: Client, own_tabs: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for words in ("main", ""):
        with django_assert_num_queries(9):
            reader.get(f"/alice/stones/branches?q={words}")


def test_tags_show_what_they_say(filled: Repository, reader: Client) -> None:
    page = text_of(reader, "/alice/stones/tags")
    assert "First release" in page
    assert "/alice/stones/archive/v1.0.zip" in page


def test_new_branch_and_tag(filled: Repository, writer: Client, sample: Work) -> None:
    assert writer.post("/alice/stones/branches/new", {"name": "topic/a", "start": "v1.0"}).status_code == 302
    assert objects.resolve(git_dir(filled), "topic/a").commit == sample.git("rev-parse", "v1.0^{commit}")
    data = {"name": "v2.0", "start": "main", "message": "Second release"}
    assert writer.post("/alice/stones/tags/new", data).status_code == 302
    row = next(row for row in listing.tags(git_dir(filled)) if row.name == "v2.0")
    assert (row.subject, row.author, row.commit) == ("Second release", "bob", sample.git("rev-parse", "main"))
    assert filled.activities.filter(verb="created branch", subject="topic/a", user__username="bob").exists()


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("", "main"),
        ("a b", "main"),
        ("a..b", "main"),
        ("-x", "main"),
        ("main", "main"),
        ("main/below", "main"),
        ("feature", "main"),
        ("fine", "nothing"),
        ("fine", "main/docs"),
        ("x.lock", "main"),
        ("HEAD", "main"),
        ("a\nb", "main"),
    ],
)
@pytest.mark.parametrize("kind", ["branches", "tags"])
def test_refs_that_cannot_be_are_refused(filled: Repository, writer: Client, kind: str, name: str, start: str) -> None:
    before = listing.ref_names(git_dir(filled))
    if kind == "tags" and name in {"main", "main/below", "feature"}:
        name = {"main": "v1.0", "main/below": "v1.0/below", "feature": "light"}[name]
    assert writer.post(f"/alice/stones/{kind}/new", {"name": name, "start": start}).status_code == 400
    assert listing.ref_names(git_dir(filled)) == before


def test_delete_asks_and_says_what_would_be_lost(filled: Repository, writer: Client) -> None:
    page = text_of(writer, "/alice/stones/branches/delete/feature/slope")
    assert "<strong>1 commit</strong>" in page
    assert "feature/slope" in branch_names(filled)
    assert writer.post("/alice/stones/branches/delete/feature/slope").status_code == 302
    assert branch_names(filled) == {"main", "old"}
    assert writer.post("/alice/stones/branches/delete/feature/slope").status_code == 404
    assert writer.post("/alice/stones/tags/delete/v1.0").status_code == 302
    assert listing.ref_names(git_dir(filled))[1] == ["light"]


def test_default_and_protected_branches_stay(filled: Repository, alice: User, writer: Client) -> None:
    assert writer.post("/alice/stones/branches/delete/main").status_code == 409
    protect_branch(actor=Actor(user=alice), repository=filled, pattern="old", push_level=Level.WRITE)
    assert writer.post("/alice/stones/branches/delete/old").status_code == 403
    page = text_of(writer, "/alice/stones/branches")
    assert "/branches/delete/old" not in page and "/branches/delete/feature/slope" in page
    protect_branch(actor=Actor(user=alice), repository=filled, pattern="release/*", push_level=Level.ADMIN)
    answer = writer.post("/alice/stones/branches/new", {"name": "release/1", "start": "main"})
    assert answer.status_code == 400
    assert branch_names(filled) == {"feature/slope", "main", "old"}


@pytest.mark.parametrize("page", ["branches/new", "tags/new", "branches/delete/old", "tags/delete/light"])
def test_readers_may_not(filled: Repository, reader: Client, page: str) -> None:
    before = listing.ref_names(git_dir(filled))
    assert reader.post(f"/alice/stones/{page}", {"name": "x", "start": "main"}).status_code == 403
    assert listing.ref_names(git_dir(filled)) == before


def test_names_that_are_no_utf8_have_pages(filled: Repository, reader: Client) -> None:
    commit = objects.resolve(git_dir(filled), "main").commit
    create_ref(git_dir(filled), b"refs/heads/caf\xe9", commit)
    page = text_of(reader, "/alice/stones/branches")
    link = re.search(r'href="(/alice/stones/src/caf[^"]+)"', page)
    assert link
    assert "LICENSE" in text_of(reader, link[1])
