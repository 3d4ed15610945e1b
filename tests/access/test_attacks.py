"""Attacks that have been thought of: each test opens with one, and shows what it meets."""

from __future__ import annotations

import itertools

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from repos.git.commits import create_ref
from repos.git.listing import ref_names
from repos.models import Repository
from repos.paths import git_dir
from repos.services.people import protect_branch
from tests.access.asking import on_the_server
from tests.access.conftest import World
from tests.access.table import PAGES

PLACES = [
    "diff/{}/main",
    "diff/{}/<sha>",
    "diff/empty/{}",
    "changes/{}/<sha>",
    "changes/empty/{}",
    "commit/{}",
    "commit/{}/patch",
    "compare/{}...main",
]
WORDS = ["--output=config", "--output=HEAD", "-O/etc/passwd", "--all", "main@{u}", ":(top)main"]


def test_words_of_an_address_are_no_options_of_git(people: World, stones: Repository) -> None:
    """The attack: a reader names a commit `--output=config`, and git writes its log over the repository's settings."""
    folder = git_dir(stones)
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    for place, word in itertools.product(PLACES, WORDS):
        address = f"/alice/stones/{place}".replace("{}", word).replace("<sha>", people.words["sha"])
        assert people.visitors["reader"].get(address, {"path": "README.md"}).status_code == 404, address
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_percent_signs_do_not_lead_past_a_protected_branch(people: World, stones: Repository, alice: User) -> None:
    """The attack: a writer makes the branch `ma%69n`, deletes it, and git deletes the protected `main`."""
    protect_branch(actor=Actor(user=alice), repository=stones, pattern="main", push_level=Level.ADMIN)
    for decoy in (b"ma%69n", b"top%69c"):
        create_ref(git_dir(stones), b"refs/heads/" + decoy, people.words["sha"])
    writer = people.visitors["writer"]
    for name in ("ma%2569n", "top%2569c"):
        assert writer.post(f"/alice/stones/branches/delete/{name}").status_code == 302
    assert set(ref_names(git_dir(stones))[0]) == {"main", "topic", "feature"}


@pytest.mark.parametrize("address", ["/-/explore", "/-/no-such-page", "/alice/stones.dvc/x", "/-/x.git"])
def test_a_host_that_is_none_is_refused(db: None, address: str) -> None:
    """The attack: a Host header which is no name, so that the page which refuses it cannot be drawn either."""
    client = on_the_server(Client())
    for host in ("a b", "evil.example/\\@x", "<script>"):
        answer = client.get(address, headers={"Host": host})
        assert answer.status_code in (400, 401, 404)
        assert "<script>" not in answer.content.decode()


def test_a_token_with_letters_that_are_none(people: World) -> None:
    """The attack: the proof of a token in letters that cannot be compared in constant time."""
    client = on_the_server(Client())
    for proof in ("é", "²" * 40, "\xff"):
        for door in ("stones.mlflow/health", "stones.git/info/refs?service=git-upload-pack"):
            headers = {"Authorization": f"Bearer cairn_{people.words['token']}_{proof}"}
            assert client.get(f"/alice/{door}", headers=headers).status_code == 401


def test_a_range_of_more_digits_than_a_number_has(people: World) -> None:
    """The attack: `Range: bytes=0-999…`, five thousand times."""
    for span in (f"bytes=0-{'9' * 5000}", f"bytes={'9' * 5000}-", f"bytes=-{'9' * 5000}"):
        answer = people.visitors["reader"].get("/alice/stones/raw/main/README.md", headers={"Range": span})
        assert answer.status_code == 200


def test_a_form_made_elsewhere_is_refused_in_our_own_words(people: World, alice: User) -> None:
    """The attack: a page elsewhere posts a form with the cookies of somebody who is signed in."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    for row in (row for rows in PAGES.values() for row in rows if row.verb == "POST"):
        if row.path(people.words) == "/api/internal/trackAnalyticsEvent":
            continue  # What clients tell of their use is thrown away unread.
        if row.route.startswith("/-/notifications/stop/"):
            continue  # Mail programs post there without any cookie; its signed token can end mails, and nothing else.
        answer = browser.post(row.path(people.words))
        assert answer.status_code == 403, row
        assert "The form has expired" in answer.content.decode(), row
