"""Attacks that have been thought of: each test opens with one, and shows what it meets."""

from __future__ import annotations

import itertools

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from repos.git.commits import create_ref
from repos.git.listing import ref_names
from repos.models import Repository
from repos.paths import git_dir
from repos.services.people import protect_branch
from tests.access.conftest import World


PLACES = ["diff/{}/main", "diff/{}/<sha>", "diff/empty/{}", "commit/{}", "commit/{}/patch", "compare/{}...main"]
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
    assert set(ref_names(git_dir(stones))[0]) == {"main", "topic"}
