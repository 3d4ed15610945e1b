"""The door itself: what each verb answers, which addresses there are, and what hostile ones get."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Owner, User
from repos.models import Repository
from storage.models import Blob, StoredObject
from tests.access.asking import on_the_server

Ask = Callable[..., HttpResponse]


def address(content: bytes, layout: str = "files/md5/", ending: str = "") -> str:
    md5 = hashlib.md5(content).hexdigest()
    return f"/alice/stones.dvc/{layout}{md5[:2]}/{md5[2:]}{ending}"


@pytest.fixture
def ask(repo: Repository, alice: User, token_for: Callable[..., str]) -> Ask:
    """`ask(verb, path, body)` as alice, through the chain of the server; `token=""` is nobody."""
    client = on_the_server(Client())
    hers = token_for(alice)

    def send(verb: str, path: str, body: bytes = b"", token: str = hers, **headers: str) -> Any:
        if token:
            headers["Authorization"] = f"Bearer {token}"
        environ = {"CONTENT_LENGTH": str(len(body)), **{f"HTTP_{k.upper()}": v for k, v in headers.items()}}
        return client.generic(verb, path, body, content_type="application/octet-stream", **environ)  # type: ignore[arg-type]

    return send


@pytest.mark.parametrize("verb", ["POST", "PUT"])
@pytest.mark.parametrize(("layout", "ending"), [("files/md5/", ""), ("", ""), ("files/md5/", ".dir"), ("", ".dir")])
def test_what_is_sent_is_there(ask: Ask, verb: str, layout: str, ending: str) -> None:
    path = address(b"hello", layout, ending)
    assert ask("GET", path).status_code == 404
    assert ask(verb, path, b"hello").status_code == 200
    got = ask("GET", path)
    assert (got.status_code, b"".join(got.streaming_content)) == (200, b"hello")  # type: ignore[attr-defined]
    head = ask("HEAD", path)
    assert (head.status_code, head["Content-Length"], head.content) == (200, "5", b"")
    assert StoredObject.objects.get().key == path.partition(".dvc/")[2]


def test_a_missing_object_has_no_body(ask: Ask) -> None:
    for verb in ("GET", "HEAD"):
        answer = ask(verb, address(b"missing"))
        assert (answer.status_code, answer.content, answer["Content-Length"]) == (404, b"", "0")


def test_a_part_of_an_object(ask: Ask) -> None:
    ask("POST", address(b"0123456789"), b"0123456789")
    part = ask("GET", address(b"0123456789"), range="bytes=3-5")
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"345")  # type: ignore[attr-defined]


def test_content_that_is_not_what_its_address_says_is_refused(ask: Ask) -> None:
    """The attack: other people's data is replaced by whoever may write, or half of an upload stands for all."""
    for layout in ("files/md5/", ""):
        refused = ask("POST", address(b"hello", layout), b"hell")
        assert refused.status_code == 422 and b"MD5" in refused.content
    assert not StoredObject.objects.exists() and not Blob.objects.exists()


def test_an_object_is_never_replaced(ask: Ask) -> None:
    ask("POST", address(b"hello"), b"hello")
    before = StoredObject.objects.get()
    assert ask("POST", address(b"hello"), b"something else").status_code == 200
    assert StoredObject.objects.get().pk == before.pk
    assert b"".join(ask("GET", address(b"hello")).streaming_content) == b"hello"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "rest",
    [
        "", "/", "/files/md5", "/files/md5/", "/files/md5/ab", "/files/md5/AB/" + "0" * 30, "/files/md5/ab/" + "0" * 29,
        "/files/md5/ab/" + "0" * 31, "/files/md5/ab/" + "0" * 30 + ".dirx", "/files/md5/ab/" + "0" * 30 + "/x",
        "/files/md5/../md5/ab/" + "0" * 30, "/../stones.dvc/ab/" + "0" * 30, "/ab/" + "0" * 30 + "%00",
        "/ab/" + "0" * 30 + "%0A", "//ab/" + "0" * 30, "/files/sha256/ab/" + "0" * 30, "/runs/ab/" + "0" * 30,
        "/files%2Fmd5%2Fab%2F" + "0" * 29, "/ab/%30" + "g" * 29, "/ab/" + "０" * 30, "/%2e%2e/%2e%2e/etc/passwd",
    ],
)  # fmt: skip
def test_other_addresses_are_not_there(ask: Ask, rest: str) -> None:
    """The attack: paths that climb, other digits, other folders, ends of lines."""
    for verb in ("GET", "HEAD", "POST", "PUT"):
        answer = ask(verb, f"/alice/stones.dvc{rest}", b"x" if verb in ("POST", "PUT") else b"")
        assert answer.status_code in (404, 422), (verb, rest)
        assert "Location" not in answer
    assert not StoredObject.objects.exists()


def test_other_verbs(ask: Ask) -> None:
    ask("POST", address(b"hello"), b"hello")
    for verb in ("DELETE", "PATCH", "OPTIONS", "PROPFIND"):
        assert ask(verb, address(b"hello")).status_code == 405
    assert StoredObject.objects.exists()


def test_another_repository_proves_nothing(
    ask: Ask, other_repo: Repository, token_for: Callable[..., str], mallory: User
) -> None:
    """The attack: whoever knows a digest reads it, or learns that the hub holds it, from a repository of their own."""
    ask("POST", address(b"hello"), b"hello")
    elsewhere = address(b"hello").replace("stones", "pebbles")
    assert ask("GET", elsewhere).status_code == 404
    assert ask("GET", address(b"hello"), token=token_for(mallory)).status_code == 404
    assert ask("GET", address(b"hello"), token="").status_code == 401


def test_challenge_only_where_credentials_help(
    ask: Ask, repo: Repository, carol: User, token_for: Callable[..., str]
) -> None:
    assert ask("GET", address(b"x"), token="")["WWW-Authenticate"].startswith("Basic")
    assert "WWW-Authenticate" not in ask("POST", address(b"x"), b"x", token=token_for(carol))
    Repository.objects.filter(pk=repo.pk).update(visibility="public")
    missing = ask("GET", address(b"x"), token="")
    assert (missing.status_code, "WWW-Authenticate" in missing) == (404, False)


def test_no_room(ask: Ask, repo: Repository) -> None:
    Owner.objects.filter(pk=repo.owner_id).update(quota_bytes=3)
    assert ask("POST", address(b"hello"), b"hello").status_code == 507
    assert not StoredObject.objects.exists()


def test_statements(ask: Ask) -> None:
    """Looking takes three: the token, the repository, the object. A client looks for each of ten thousand files."""
    ask("POST", address(b"hello"), b"hello")
    for path in (address(b"hello"), address(b"missing")):
        with CaptureQueriesContext(connection) as looked:
            answer = ask("GET", path)
        list(answer.streaming_content if answer.streaming else ())  # type: ignore[attr-defined]
        assert len(looked) == 3
    with CaptureQueriesContext(connection) as sent:
        ask("POST", address(b"other"), b"other")
    # The same three, the blob, then in one transaction: the bucket, the object, both sums.
    assert len([q for q in sent if "SAVEPOINT" not in q["sql"]]) == 8
