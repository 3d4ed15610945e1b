"""People and repositories, refs and commits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from repos.models import Repository
from tests.api.conftest import Program

FORM = "application/x-www-form-urlencoded"


def test_every_member_has_a_value(program: Program) -> None:
    """Clients read into typed records: null where a text or number belongs ends them."""
    program.send("main", {"a.txt": b"a\n"})
    for path in ("", "/branches", "/branches/main", "/commits", "/content/main/", "/content/main/a.txt", "/storage"):
        answer = program.get(path)
        assert answer.status_code == 200
        assert b"null" not in answer.content, path
    assert b"null" not in program.client.get("/api/v1/user").content


def test_me_and_others(program: Program) -> None:
    me = program.client.get("/api/v1/user").json()
    assert (me["login"], me["username"], me["type"]) == ("alice", "alice", "user")
    assert Client().get("/api/v1/users/alice").json() == me
    assert Client().get("/api/v1/user").status_code == 401
    assert Client().get("/api/v1/users/none").json()["error"] == "not_found"


def test_a_form_makes_a_repository(program: Program) -> None:
    body = "name=made&description=words&private=true&auto_init=true&gitignores=Python&license=MIT&readme=&project_template=custom"
    answer = program.client.generic("POST", "/api/v1/user/repos", body, FORM)
    made = answer.json()
    assert (answer.status_code, made["full_name"], made["private"], made["empty"]) == (201, "alice/made", True, False)
    there = program.client.get("/api/v1/repos/alice/made/content/main/").json()
    assert [each["path"] for each in there] == [".gitignore", "LICENSE", "README.md"]
    again = program.client.generic("POST", "/api/v1/user/repos", body, FORM)
    assert (again.status_code, again.json()["field"]) == (422, "name")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("name=.git", 422), ("name=", 422), ("", 422), ("name=x&private=perhaps", 422), ("name=x&visibility=all", 422),
        ("name=x&auto_init=1&license=none-such", 422), ("name=x&project_template=cookiecutter-mlops", 422),
        ("name=x&private=false", 201), ("name=x&auto_init=false&license=none-such", 201),
    ],
)  # fmt: skip
def test_what_is_made_of_a_form(body: str, status: int, program: Program) -> None:
    before = Repository.objects.count()
    assert program.client.generic("POST", "/api/v1/user/repos", body, FORM).status_code == status
    assert Repository.objects.count() - before == (status == 201)


def test_change_and_delete(program: Program) -> None:
    answer = program.client.patch(program.base, {"description": "d", "name": "other"}, content_type="application/json")
    assert (answer.status_code, answer.json()["full_name"]) == (200, "alice/other")
    refused = program.client.patch(
        program.base, {"name": "x", "default_branch": "none"}, content_type="application/json"
    )
    assert refused.status_code == 422
    assert program.get("").json()["full_name"] == "alice/other"  # Nothing of it was done.
    assert program.client.delete(program.base).status_code == 404  # A former name deletes nothing.
    assert program.client.delete("/api/v1/repos/alice/other").status_code == 204
    assert program.get("").status_code == 404


def test_branches_with_slashes_and_names_like_commits(program: Program) -> None:
    program.send("main", {"a.txt": b"a\n"})
    for name in ("feature/x", "deadbeef"):
        sent = program.send(
            "main", {"b.txt": name.encode()}, commit_choice="commit-to-new-branch", new_branch_name=name
        )
        assert sent.status_code == 200, sent.content
        assert program.get(f"/branches/{name}").json()["commit"]["id"] == sent["ETag"]
        assert program.read(f"{name}/b.txt") == name.encode()
    assert program.get("/branches/feature%2Fx").json()["name"] == "feature/x"
    assert program.get("/commits/deadbeef").json()["commit"]["message"] == "Upload b.txt"
    assert program.get("/branches/feature").status_code == 404
    assert sorted(each["name"] for each in program.get("/branches?limit=2").json()) != []
    assert program.get("/branches?limit=2")["X-Total-Count"] == "3"
    assert program.get("/branches?limit=0").status_code == 400


def test_history_of_a_path(program: Program) -> None:
    for number in range(3):
        program.send("main", {f"{number}.txt": b"x"}, commit_summary=f"Number {number}")
    assert [each["message"] for each in program.get("/commits").json()] == ["Number 2", "Number 1", "Number 0"]
    assert [each["message"] for each in program.get("/commits?path=1.txt").json()] == ["Number 1"]
    assert [each["message"] for each in program.get("/commits?ref=main&page=2&limit=2").json()] == ["Number 0"]
    assert program.get("/commits?path=../x").status_code == 400


def test_an_empty_repository(program: Program) -> None:
    assert program.get("").json()["default_branch"] == "main"
    assert program.get("/commits").json() == program.get("/branches").json() == []
    for path in ("/branches/main", "/content/main/", "/raw/main/x", "/commits/main"):
        assert program.get(path).status_code == 404


def test_a_session_writes_only_with_its_csrf_token(
    fresh: Repository, alice: User, browser_of: Callable[..., Client]
) -> None:
    """The attack: a page elsewhere has a signed-in browser delete a repository."""
    signed_in = browser_of(alice)
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed_in.cookies
    assert client.get("/api/v1/user").json()["login"] == "alice"
    refused: Any = client.delete("/api/v1/repos/alice/fresh")
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
    form = "csrfmiddlewaretoken=" + "x" * 32
    assert client.generic("POST", "/api/v1/user/repos", "name=y&" + form, FORM).status_code == 403
    token = "a" * 32
    client.cookies["csrftoken"] = token
    made = client.generic("POST", "/api/v1/user/repos", "name=y", FORM, headers={"X-CSRFToken": token})
    assert made.status_code == 201
    assert client.delete("/api/v1/repos/alice/fresh", headers={"X-CSRFToken": token}).status_code == 204


def test_a_header_counts_before_the_session(
    fresh: Repository, alice: User, mallory: User, browser_of: Any, token_for: Any
) -> None:
    """The attack: a worse credential is backed up by the cookie that came along."""
    client = browser_of(alice)
    wrong = client.get("/api/v1/repos/alice/fresh", headers={"Authorization": "Bearer cairn_1_x"})
    other = client.get("/api/v1/repos/alice/fresh", headers={"Authorization": f"Bearer {token_for(mallory)}"})
    assert (wrong.status_code, other.status_code) == (401, 404)


def test_refusals_are_problems(program: Program) -> None:
    answer = program.get("/branches/none")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank", "title": "Not Found", "status": 404, "error": "not_found", "field": None,
        **dict.fromkeys(("detail", "details", "message"), "There is no branch, tag or commit at the start of “none”."),
    }  # fmt: skip
    assert program.client.get("/api/v1/nonesuch").json()["status"] == 404
    assert program.client.put(program.base).status_code == 405
