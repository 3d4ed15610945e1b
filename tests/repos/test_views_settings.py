"""Settings of a repository, and the page that makes one."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.levels import Level
from accounts.models import Owner, Team, User
from repos.git import refs, tree
from repos.models import Repository
from repos.paths import git_dir
from tests.factories.accounts import make_organization, make_user
from tests.factories.repos import let_in
from tests.repos.test_views_code import text_of

PAGES = ["settings", "settings/access", "settings/branches"]
ACTIONS = [
    "settings", "settings/visibility", "settings/name", "settings/owner", "settings/deletion", "settings/access/people",
    "settings/access/people/carol/removal", "settings/access/teams", "settings/access/teams/1/removal",
    "settings/branches", "settings/branches/1/removal",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_owner_sees_settings_and_writers_do_not(filled: Repository, owner: Client, writer: Client, page: str) -> None:
    assert owner.get(f"/alice/stones/{page}").status_code == 200
    assert writer.get(f"/alice/stones/{page}").status_code == 403


@pytest.mark.parametrize("action", ACTIONS)
def test_writers_change_no_settings(filled: Repository, writer: Client, mallory: User, action: str) -> None:
    stranger = Client()
    stranger.force_login(mallory, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert writer.post(f"/alice/stones/{action}", {"confirm": "alice/stones"}).status_code == 403
    assert stranger.post(f"/alice/stones/{action}", {"confirm": "alice/stones"}).status_code == 404
    assert Repository.objects.filter(pk=filled.pk).exists()


def test_description_and_default_branch(filled: Repository, owner: Client) -> None:
    data = {"description": "Falls over", "default_branch": "old"}
    assert owner.post("/alice/stones/settings", data).status_code == 302
    filled.refresh_from_db()
    assert (filled.description, filled.default_branch) == ("Falls over", "old")
    assert refs.head_branch(git_dir(filled)) == "old"
    assert owner.post("/alice/stones/settings", {"description": "", "default_branch": "nothing"}).status_code == 400
    assert owner.post("/alice/stones/settings", {"description": "x" * 501, "default_branch": "old"}).status_code == 400


def test_visibility(filled: Repository, owner: Client) -> None:
    assert owner.post("/alice/stones/settings/visibility", {"visibility": "public"}).status_code == 302
    assert Client().get("/alice/stones").status_code == 200
    assert owner.post("/alice/stones/settings/visibility", {"visibility": "secret"}).status_code == 400


def test_rename_leads_on_from_the_old_address(filled: Repository, owner: Client, other_repo: Repository) -> None:
    assert owner.post("/alice/stones/settings/name", {"name": "rocks"})["Location"] == "/alice/rocks/settings"
    answer = owner.get("/alice/stones/src/main/docs")
    assert (answer.status_code, answer["Location"]) == (302, "/alice/rocks/src/main/docs")
    for name in ("pebbles", "a b", "x.git", ""):
        refused = owner.post("/alice/rocks/settings/name", {"name": name})
        assert refused.status_code == 400
        assert "alice/rocks" in refused.content.decode()


def test_transfer_needs_the_name_and_a_place_to_go(filled: Repository, owner: Client, alice: User) -> None:
    make_organization("quarry", alice)
    make_organization("elsewhere", make_user("eve"))
    data = {"owner": "quarry", "confirmation": "stones"}
    assert owner.post("/alice/stones/settings/owner", data).status_code == 400
    data = {"owner": "elsewhere", "confirmation": "alice/stones"}
    assert owner.post("/alice/stones/settings/owner", data).status_code == 400
    data = {"owner": "quarry", "confirmation": "alice/stones"}
    assert owner.post("/alice/stones/settings/owner", data)["Location"] == "/quarry/stones/settings"


def test_deletion_needs_the_name(filled: Repository, owner: Client) -> None:
    folder = git_dir(filled)
    refused = owner.post("/alice/stones/settings/deletion", {"confirm": "stones"})
    assert refused.status_code == 400
    assert "Type alice/stones to confirm" in refused.content.decode()
    assert folder.is_dir()
    assert owner.get("/alice/stones/settings/deletion").status_code == 405
    assert owner.post("/alice/stones/settings/deletion", {"confirm": "alice/stones"})["Location"] == "/alice/"
    assert owner.get("/alice/stones").status_code == 404


def test_people_are_let_in_and_out(filled: Repository, owner: Client, mallory: User) -> None:
    data = {"user": "Mallory", "level": Level.WRITE.value}
    assert owner.post("/alice/stones/settings/access/people", data).status_code == 302
    assert filled.collaborators.get(user=mallory).level == Level.WRITE
    for wrong in (
        {"user": "nobody-here", "level": 10},
        {"user": "mallory", "level": 99},
        {"user": "alice", "level": 10},
    ):
        assert owner.post("/alice/stones/settings/access/people", wrong).status_code == 400
    assert owner.post("/alice/stones/settings/access/people/mallory/removal").status_code == 302
    assert not filled.collaborators.filter(user=mallory).exists()
    assert owner.post("/alice/stones/settings/access/people/mallory/removal").status_code == 404


def test_access_needs_as_many_queries_for_one_person_as_for_three(
    repo: Repository, owner: Client, carol: User, own_tabs: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    repo.collaborators.exclude(user=carol).delete()
    with django_assert_num_queries(4):
        owner.get("/alice/stones/settings/access")
    for name in ("dave", "erin"):
        let_in(repo, make_user(name), Level.READ)
    with django_assert_num_queries(4):
        owner.get("/alice/stones/settings/access")


def test_teams_of_the_organisation_are_let_in(alice: User, owner: Client) -> None:
    organization = make_organization("quarry", alice)
    team = Team.objects.create(organization=organization, name="Masons")
    made = owner.post("/-/new", {"owner": "quarry", "name": "walls", "visibility": "private"})
    assert made["Location"] == "/quarry/walls"
    repo = Repository.objects.get(name="walls")
    data: dict[str, Any] = {"team": "masons", "level": 20}
    assert owner.post("/quarry/walls/settings/access/teams", data).status_code == 302
    grant = repo.team_grants.get(team=team)
    assert grant.level == 20
    assert "Masons" in text_of(owner, "/quarry/walls/settings/access")
    assert owner.post("/quarry/walls/settings/access/teams", {"team": "strangers", "level": 20}).status_code == 400
    assert owner.post(f"/quarry/walls/settings/access/teams/{grant.pk}/removal").status_code == 302
    assert not repo.team_grants.exists()


def test_protection_rules_come_and_go(filled: Repository, owner: Client, other_repo: Repository) -> None:
    data = {"pattern": "release/*", "push_level": 30, "allow_force": ""}
    assert owner.post("/alice/stones/settings/branches", data).status_code == 302
    rule = filled.protected_branches.get()
    assert (rule.pattern, rule.push_level, rule.allow_force) == ("release/*", 30, False)
    assert "release/*" in text_of(owner, "/alice/stones/settings/branches")
    for wrong in (
        {"pattern": "", "push_level": 30},
        {"pattern": "a b", "push_level": 30},
        {"pattern": "x", "push_level": 7},
    ):
        assert owner.post("/alice/stones/settings/branches", wrong).status_code == 400
    assert owner.post(f"/alice/pebbles/settings/branches/{rule.pk}/removal").status_code == 404
    assert owner.post(f"/alice/stones/settings/branches/{rule.pk}/removal").status_code == 302
    assert not filled.protected_branches.exists()


def test_new_repository_begins_with_files(owner: Client, alice: User) -> None:
    assert owner.get("/-/new").status_code == 200
    data = {
        "owner": "alice", "name": "fresh", "description": "About stones", "visibility": "private", "readme": "on",
        "licence": "mit", "gitignore": "Machine learning",
    }  # fmt: skip
    assert owner.post("/-/new", data)["Location"] == "/alice/fresh"
    repo = Repository.objects.get(name="fresh")
    assert not repo.is_empty
    place, root = tree.locate(git_dir(repo), "main")
    assert [entry.name for entry in tree.entries(git_dir(repo), root.id, b"")] == [".gitignore", "LICENSE", "README.md"]
    page = text_of(owner, "/alice/fresh")
    assert "About stones" in page
    assert place.commit


def test_a_start_that_is_refused_leaves_nothing(owner: Client, alice: User, settings: Any) -> None:
    Owner.objects.filter(user=alice).update(quota_bytes=10)
    data = {"owner": "alice", "name": "fresh", "visibility": "private", "licence": "mit"}
    answer = owner.post("/-/new", data)
    assert answer.status_code == 400
    assert "quota" in answer.content.decode()
    assert not Repository.objects.exists()
    assert list(settings.REPOSITORIES_DIR.rglob("*.git")) == []


def test_new_repository_refusals(owner: Client, repo: Repository, bob: User) -> None:
    for data in (
        {"owner": "alice", "name": "stones", "visibility": "private"},
        {"owner": "bob", "name": "x", "visibility": "private"},
        {"owner": "alice", "name": "a/b", "visibility": "private"},
        {"owner": "alice", "name": "x", "visibility": "odd"},
        {"owner": "alice", "name": "x", "visibility": "private", "licence": "../../etc/passwd"},
    ):
        assert owner.post("/-/new", data).status_code == 400, data
    assert Repository.objects.count() == 1
    assert Client().get("/-/new")["Location"].startswith("/-/login")
