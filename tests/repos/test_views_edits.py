"""Editing in the browser: each action one commit, nobody's work overwritten, protected branches respected."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import Owner, User
from repos.git import history, objects, tree
from repos.models import Activity, Repository
from repos.paths import git_dir
from repos.services.people import protect_branch


def content(repo: Repository, text: str) -> bytes:
    return objects.read_blob(git_dir(repo), tree.locate(git_dir(repo), text)[1].id)


def head(repo: Repository, branch: str = "main") -> history.Commit:
    return history.commit(git_dir(repo), objects.resolve(git_dir(repo), branch).commit)


def form_of(repo: Repository, file: str, **changes: str) -> dict[str, Any]:
    """What the edit page's form sends when nothing is changed but `changes`."""
    entry = tree.locate(git_dir(repo), f"main/{file}")[1]
    text = content(repo, f"main/{file}").decode().replace("\n", "\r\n")
    return {
        "path": file,
        "content": text,
        "seen": entry.id,
        "target": "branch",
        "message": "",
        "details": "",
        **changes,
    }


def test_edit_is_a_commit_by_its_writer(filled: Repository, writer: Client) -> None:
    before = head(filled)
    page = writer.get("/alice/stones/edit/main/LICENSE")
    assert page.status_code == 200
    data = form_of(filled, "LICENSE", content="New\r\nwords\r\n", message="Say it anew", details="Because.")
    answer = writer.post("/alice/stones/edit/main/LICENSE", data)
    assert (answer.status_code, answer["Location"]) == (302, "/alice/stones/src/main/LICENSE")
    made = head(filled)
    assert (made.parents, made.message, made.author.name) == ((before.id,), "Say it anew\n\nBecause.", "bob")
    assert made.author.email == "bob@example.org"
    assert content(filled, "main/LICENSE") == b"New\nwords\n"
    row = Activity.objects.filter(repository=filled, verb="pushed").latest("pk")
    assert (row.user and row.user.username, row.data["commits"]) == ("bob", 1)


def test_line_ends_stay_as_they_were(filled: Repository, writer: Client) -> None:
    writer.post("/alice/stones/new/main", {"path": "crlf.txt", "content": "a\r\nb\r\n", "target": "branch"})
    assert content(filled, "main/crlf.txt") == b"a\nb\n"


def test_a_lost_race_is_told_and_the_text_kept(filled: Repository, writer: Client, owner: Client) -> None:
    mine = form_of(filled, "LICENSE", content="Mine\r\n")
    owner.post("/alice/stones/edit/main/LICENSE", form_of(filled, "LICENSE", content="Theirs\r\n"))
    answer = writer.post("/alice/stones/edit/main/LICENSE", mine)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "was changed by somebody else meanwhile" in page
    assert ">\nMine\r\n</textarea>" in page
    assert content(filled, "main/LICENSE") == b"Theirs\n"
    fresh = tree.locate(git_dir(filled), "main/LICENSE")[1].id
    assert f'name="seen" value="{fresh}"' in page


def test_changes_to_other_files_do_not_get_in_the_way(filled: Repository, writer: Client, owner: Client) -> None:
    mine = form_of(filled, "LICENSE", content="Mine\r\n")
    owner.post("/alice/stones/edit/main/README.md", form_of(filled, "README.md", content="Theirs\r\n"))
    assert writer.post("/alice/stones/edit/main/LICENSE", mine).status_code == 302
    assert content(filled, "main/README.md") == b"Theirs\n"


def test_text_outlives_the_file(filled: Repository, writer: Client, owner: Client) -> None:
    mine = form_of(filled, "LICENSE", content="Mine\r\n")
    owner.post("/alice/stones/delete/main/LICENSE", {"target": "branch"})
    answer = writer.post("/alice/stones/edit/main/LICENSE", mine)
    assert answer.status_code == 409
    assert "Mine\r\n</textarea>" in answer.content.decode()
    assert 'action="/alice/stones/new/main"' in answer.content.decode()


def test_rename_keeps_the_content(filled: Repository, writer: Client) -> None:
    was = content(filled, "main/LICENSE")
    answer = writer.post("/alice/stones/edit/main/LICENSE", form_of(filled, "LICENSE", path="legal/LICENSE.txt"))
    assert answer["Location"] == "/alice/stones/src/main/legal/LICENSE.txt"
    assert content(filled, "main/legal/LICENSE.txt") == was
    assert tree.find(git_dir(filled), head(filled).id, b"LICENSE") is None
    assert head(filled).subject == "Rename LICENSE to legal/LICENSE.txt"


def test_commit_to_a_new_branch(filled: Repository, writer: Client) -> None:
    before = head(filled)
    data = form_of(filled, "LICENSE", content="New\r\n", target="new", new_branch="topic/licence")
    answer = writer.post("/alice/stones/edit/main/LICENSE", data)
    assert answer["Location"] == "/alice/stones/src/topic/licence/LICENSE"
    assert head(filled) == before
    assert head(filled, "topic/licence").parents == (before.id,)
    again = writer.post("/alice/stones/edit/main/LICENSE", data)
    assert again.status_code == 409
    assert "exists already" in again.content.decode()


@pytest.mark.parametrize(
    "changes",
    [{"path": "../x"}, {"path": ".git/config"}, {"path": ""}, {"path": "docs"}, {"target": "new", "new_branch": "a..b"},
     {"target": "new", "new_branch": ""}, {"content": "Apache License\nVersion 2.0\n"}, {"path": "README.md"},
     {"path": "README.md/x"}, {"seen": "zz"}],
)  # fmt: skip
def test_what_makes_no_commit_is_refused(filled: Repository, writer: Client, changes: dict[str, str]) -> None:
    before = head(filled)
    data = {**form_of(filled, "LICENSE", content="Other\r\n"), **changes}
    assert writer.post("/alice/stones/edit/main/LICENSE", data).status_code == 400
    assert head(filled) == before


def test_create_makes_folders_and_never_replaces(filled: Repository, writer: Client) -> None:
    data = {"path": "new/deep/note.md", "content": "# Note\r\n", "target": "branch"}
    assert writer.get("/alice/stones/new/main/docs?name=x.md").status_code == 200
    assert writer.post("/alice/stones/new/main/docs", data)["Location"] == "/alice/stones/src/main/new/deep/note.md"
    assert content(filled, "main/new/deep/note.md") == b"# Note\n"
    again = writer.post("/alice/stones/new/main/docs", data)
    assert again.status_code == 409
    assert "# Note" in again.content.decode()


def test_first_file_of_an_empty_repository(repo: Repository, writer: Client) -> None:
    assert writer.get("/alice/stones/new/main?name=README.md").status_code == 200
    data = {"path": "README.md", "content": "# Stones\r\n", "target": "branch"}
    assert writer.post("/alice/stones/new/main", data).status_code == 302
    repo.refresh_from_db()
    assert not repo.is_empty
    assert head(repo).parents == ()
    assert "Stones" in writer.get("/alice/stones").content.decode()


def test_upload_adds_and_replaces_files(filled: Repository, writer: Client) -> None:
    files = [SimpleUploadedFile("a.bin", bytes(range(256))), SimpleUploadedFile("guide.md", b"# New guide\n")]
    answer = writer.post("/alice/stones/upload/main/docs", {"uploads": files, "target": "branch"})
    assert answer["Location"] == "/alice/stones/src/main/docs"
    assert content(filled, "main/docs/a.bin") == bytes(range(256))
    assert content(filled, "main/docs/guide.md") == b"# New guide\n"
    assert head(filled).subject == "Upload 2 files"
    assert writer.post("/alice/stones/upload/main/docs", {"target": "branch"}).status_code == 400


def test_delete_asks_first(filled: Repository, writer: Client) -> None:
    before = head(filled)
    assert writer.get("/alice/stones/delete/main/data/blob.bin").status_code == 200
    assert head(filled) == before
    answer = writer.post("/alice/stones/delete/main/notebooks/explore.ipynb", {"target": "branch"})
    assert answer["Location"] == "/alice/stones/src/main"
    assert head(filled).subject == "Delete explore.ipynb"
    assert writer.post("/alice/stones/delete/main/docs", {"target": "branch"}).status_code == 400


def test_rename_of_what_is_no_text(filled: Repository, writer: Client) -> None:
    assert writer.get("/alice/stones/rename/main/data/blob.bin").status_code == 200
    data = {"path": "data/renamed.bin", "target": "branch"}
    answer = writer.post("/alice/stones/rename/main/data/blob.bin", data)
    assert answer["Location"] == "/alice/stones/src/main/data/renamed.bin"
    assert head(filled).subject == "Rename data/blob.bin to data/renamed.bin"
    assert writer.post("/alice/stones/rename/main/docs", data).status_code == 400
    for path in ("../x", "LICENSE", "data/renamed.bin"):
        assert writer.post("/alice/stones/rename/main/data/renamed.bin", {**data, "path": path}).status_code == 400


@pytest.mark.parametrize(
    "page", ["rename/main/LICENSE", "edit/main/LICENSE", "new/main", "upload/main", "delete/main/LICENSE"]
)
def test_readers_and_strangers_may_not(filled: Repository, reader: Client, mallory: User, page: str) -> None:
    stranger = Client()
    stranger.force_login(mallory, backend="allauth.account.auth_backends.AuthenticationBackend")
    before = head(filled)
    for browser, status in ((reader, 403), (stranger, 404), (Client(), 404)):
        assert browser.get(f"/alice/stones/{page}").status_code == status
        assert browser.post(f"/alice/stones/{page}", form_of(filled, "LICENSE")).status_code == status
    assert head(filled) == before


@pytest.mark.parametrize("place", ["v1.0/LICENSE", "light/LICENSE"])
def test_tags_and_commits_cannot_be_edited(filled: Repository, writer: Client, place: str) -> None:
    assert writer.get(f"/alice/stones/edit/{place}").status_code == 400
    assert writer.post(f"/alice/stones/delete/{place}", {"target": "branch"}).status_code == 400


@pytest.mark.parametrize("path", ["data/blob.bin", "caf%25E9.txt", "link.md", "docs"])
def test_what_is_no_text_cannot_be_edited(filled: Repository, writer: Client, path: str) -> None:
    assert writer.get(f"/alice/stones/edit/main/{path}").status_code == 400


def test_protected_branches_take_commits_of_those_who_may_only(
    filled: Repository, alice: User, writer: Client, owner: Client
) -> None:
    """The attack: going round a protected branch by way of the browser."""
    protect_branch(actor=Actor(user=alice), repository=filled, pattern="ma*", push_level=Level.ADMIN)
    before = head(filled)
    page = writer.get("/alice/stones/edit/main/LICENSE").content.decode()
    assert "main is protected" in page
    refused = writer.post("/alice/stones/edit/main/LICENSE", form_of(filled, "LICENSE", content="New\r\n"))
    assert refused.status_code == 403
    assert "New\r\n</textarea>" in refused.content.decode()
    onto = form_of(filled, "LICENSE", content="New\r\n", target="new", new_branch="topic")
    assert writer.post("/alice/stones/edit/main/LICENSE", {**onto, "new_branch": "master"}).status_code == 403
    assert head(filled) == before
    assert writer.post("/alice/stones/edit/main/LICENSE", onto).status_code == 302
    assert (
        owner.post("/alice/stones/edit/main/LICENSE", form_of(filled, "LICENSE", content="New\r\n")).status_code == 302
    )


def test_quota_refuses_before_anything_is_written(filled: Repository, writer: Client) -> None:
    Owner.objects.filter(pk=filled.owner_id).update(quota_bytes=10)
    before = head(filled)
    answer = writer.post("/alice/stones/edit/main/LICENSE", form_of(filled, "LICENSE", content="x" * 100))
    assert answer.status_code == 507
    assert head(filled) == before


def test_names_cannot_forge_the_commit(filled: Repository, bob: User, writer: Client) -> None:
    """The attack: a full name that ends the author line early."""
    bob.full_name = "Bob> 1 +0000\ncommitter Eve <eve"
    bob.save()
    writer.post("/alice/stones/edit/main/LICENSE", form_of(filled, "LICENSE", content="New\r\n"))
    made = head(filled)
    assert made.committer.email == "bob@example.org"
    assert made.author.name == "Bob 1 +0000committer Eve eve"
