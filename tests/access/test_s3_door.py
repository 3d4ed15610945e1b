"""Who is let in by the S3 door: each operation × the cast, by key pairs, tokens, links and without a signature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.keys import access_key_of, secret_of
from accounts.levels import Level
from accounts.models import User
from accounts.services import create_key_pair
from repos.models import Repository
from storage.s3.routes import ROUTES
from storage.services import put_object, start_upload
from storage.spaces import DATA, DVC
from tests.access.asking import Attempts, on_the_server, row_counts
from tests.access.hostile import CREDENTIALS, QUERIES, WORDS
from tests.support.s3_signing import SigningClient

OF_OWNER, OF_REPO = "/api/v1/repo-buckets/s3/alice/stones", "/alice/stones.s3/dvc"
WHO = ("owner", "writer", "reader", "stranger", "nobody", "root", "read key", "own key", "other key", "wrong secret")
IN = 0
# S3 refuses whoever has not signed as it refuses whoever may not: 403. What one may not know of is not there.
READ = dict(zip(WHO, (IN, IN, IN, 404, 403, IN, IN, IN, 404, 403), strict=True))
WRITE = dict(zip(WHO, (IN, IN, 403, 404, 403, IN, 403, IN, 404, 403), strict=True))
EMPTY_LIST = b"<Delete></Delete>"

# Verb, path behind the bucket, rule, answer to those let in.
ROWS: list[tuple[str, str, dict[str, int], int]] = [
    ("HEAD", "", READ, 200),
    ("GET", "", READ, 200),
    ("GET", "?list-type=2", READ, 200),
    ("GET", "?location", READ, 200),
    ("GET", "?versioning", READ, 200),
    ("GET", "?versions", READ, 200),
    ("GET", "?uploads", READ, 200),
    ("PUT", "", WRITE, 200),
    ("DELETE", "", WRITE, 405),
    ("POST", "?delete", WRITE, 400),
    ("GET", "/notes.txt", READ, 200),
    ("HEAD", "/notes.txt", READ, 200),
    ("PUT", "/new.txt", WRITE, 200),
    ("DELETE", "/notes.txt", WRITE, 204),
    ("POST", "/new.txt?uploads", WRITE, 200),
    ("PUT", "/parts.bin?partNumber=1&uploadId={upload}", WRITE, 200),
    ("GET", "/parts.bin?uploadId={upload}", READ, 200),
    ("POST", "/parts.bin?uploadId={upload}", WRITE, 400),
    ("DELETE", "/parts.bin?uploadId={upload}", WRITE, 204),
    ("GET", "?policy", READ, 501),
    ("PUT", "?acl", WRITE, 501),
    ("GET", "/notes.txt?tagging", READ, 501),
]
COPIES = [("PUT", "/copy.txt", 200), ("PUT", "/parts.bin?partNumber=2&uploadId={upload}", 200)]


@pytest.fixture
def signers(
    alice: User, bob: User, carol: User, mallory: User, root: User, repo: Repository, other_repo: Repository
) -> dict[str, Client]:
    def client(user: User, scope: Level = Level.ADMIN, place: Repository | None = None) -> Client:
        pair = create_key_pair(user=user, name="test", scope=scope, repository_id=place.pk if place else None)
        return on_the_server(SigningClient(access_key_of(pair), secret_of(pair)))

    wrong = create_key_pair(user=alice, name="wrong")
    return {
        "owner": client(alice), "writer": client(bob), "reader": client(carol), "stranger": client(mallory),
        "nobody": on_the_server(SigningClient()), "root": client(root), "read key": client(alice, Level.READ),
        "own key": client(alice, Level.WRITE, repo), "other key": client(alice, Level.ADMIN, other_repo),
        "wrong secret": on_the_server(SigningClient(access_key_of(wrong), "0" * 40)),
    }  # fmt: skip


@pytest.fixture
def upload(repo: Repository, alice: User) -> Callable[[str], str]:
    """The id of an open upload in a space, beside an object."""

    def start(space: str) -> str:
        put_object(repository=repo, space=space, key="notes.txt", chunks=[b"A note."], want_md5=True)
        return start_upload(repository=repo, space=space, key="parts.bin", actor=Actor(user=alice)).public_id

    return start


def ask(visitor: Client, verb: str, path: str, headers: Any = None) -> int:
    from django.db import transaction

    with transaction.atomic():
        answer = visitor.generic(
            verb, path, EMPTY_LIST if verb == "POST" and "delete" in path else b"", headers=headers
        )
        b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    return answer.status_code


@pytest.mark.parametrize(("prefix", "space"), [(OF_OWNER, DATA), (OF_REPO, DVC)])
def test_operations_let_in_whom_the_table_says(prefix: str, space: str, signers: dict[str, Client], upload) -> None:
    faults, number = [], upload(space)
    for verb, rest, rule, ok in ROWS:
        for who, expected in rule.items():
            status = ask(signers[who], verb, prefix + rest.format(upload=number))
            if status != (ok if expected == IN else expected):
                faults.append(f"{verb} {rest} as {who}: {status}")
    for verb, rest, ok in COPIES:
        for who, expected in WRITE.items():
            path, source = prefix + rest.format(upload=number), f"{prefix.rpartition('/')[2]}/notes.txt"
            status = ask(signers[who], verb, path, {"x-amz-copy-source": source})
            if status != (ok if expected == IN else expected):
                faults.append(f"{verb} {rest} as {who}: {status}")
    assert not faults, "\n".join(faults)


def test_every_operation_is_in_the_table() -> None:
    """The attack: an operation is added and nobody has thought about who may do it."""
    asked = {(verb, bool(rest.partition("?")[0]), rest.partition("?")[2].partition("=")[0]) for verb, rest, *_ in ROWS}
    for route in ROUTES:
        path, _, words = route.path.partition("?")
        if path and "copy" not in words:
            assert (route.method, "key" in path, words.partition("&")[0]) in asked, route


def test_listing_buckets_shows_what_the_caller_may_see(signers: dict[str, Client]) -> None:
    seen = {
        who: client.get("/api/v1/repo-buckets/s3/alice").content.count(b"<Bucket>") for who, client in signers.items()
    }
    assert seen == {"owner": 2, "writer": 1, "reader": 1, "stranger": 0, "nobody": 0, "root": 2, "read key": 2,
                    "own key": 1, "other key": 1, "wrong secret": 0}  # fmt: skip


def test_buckets_that_are_hidden_answer_as_those_that_are_not_there(signers: dict[str, Client]) -> None:
    """The attack: names of private repositories are guessed from different answers."""
    for who in ("nobody", "stranger", "other key", "wrong secret"):
        for address in ("/api/v1/repo-buckets/s3/alice/{}/x", "/alice/{}.s3/dvc/x"):
            there, absent = (signers[who].get(address.format(name)) for name in ("stones", "nonesuch"))
            assert there.status_code == absent.status_code
            plain = there.content.split(b"<RequestId>")[0].replace(b"stones", b"nonesuch")
            assert plain == absent.content.split(b"<RequestId>")[0]


def test_copying_needs_the_right_to_read_the_source(signers, repo, other_repo, mallory, alice) -> None:
    """The attack: a copy out of somebody else's bucket into one's own."""
    put_object(repository=other_repo, space=DATA, key="secret", chunks=[b"hidden"], want_md5=True)
    for who, status in {"owner": 200, "writer": 404, "own key": 404, "root": 200}.items():
        answer = signers[who].put(f"{OF_OWNER}/copied", headers={"x-amz-copy-source": "pebbles/secret"})
        assert answer.status_code == status, who


@pytest.mark.parametrize("address", [f"{OF_OWNER}/notes.txt", f"{OF_REPO}/notes.txt"])
def test_cookies_and_other_credentials_open_nothing(address, browser_of, alice, repo, token_for, upload) -> None:
    upload(DATA), upload(DVC)
    assert on_the_server(browser_of(alice)).get(address).status_code == 403
    for header in (
        *CREDENTIALS,
        f"Bearer {token_for(alice)}",
        "AWS key:signature",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 x",
    ):
        assert on_the_server(Client()).get(address, headers={"authorization": header}).status_code in (400, 403), header


def test_hostile_addresses_and_methods(signers: dict[str, Client], upload) -> None:
    """The attack: keys that climb, bytes that are no text, methods and parameters nobody knows."""
    upload(DATA)
    faults: list[str] = []
    before = row_counts()
    owner, nobody = (Attempts(signers[who], faults, frozenset({501})) for who in ("owner", "nobody"))
    for word in WORDS:
        for address in (f"{OF_OWNER}/{word}", f"{OF_REPO}/{word}", f"/api/v1/repo-buckets/s3/alice/{word}",
                        f"/alice/stones.s3/{word}/x", f"{OF_OWNER}?prefix={word}&delimiter=%2F",
                        f"{OF_OWNER}?list-type=2&continuation-token={word}", f"{OF_OWNER}?max-keys={word}",
                        f"{OF_OWNER}?delimiter={word}", f"{OF_OWNER}?list-type=2&start-after={word}",
                        f"{OF_OWNER}?versions&key-marker={word}&version-id-marker={word}",
                        f"{OF_OWNER}/notes.txt?versionId={word}", f"{OF_OWNER}/notes.txt?partNumber={word}",
                        f"{OF_OWNER}/notes.txt?response-content-type={word}", f"{OF_OWNER}?uploads&key-marker={word}",
                        f"{OF_OWNER}/x?uploadId={word}"):  # fmt: skip
            for verb in ("GET", "HEAD"):
                owner.ask(verb, address)
            nobody.ask("GET", address)
        for verb, address in (
            ("PUT", f"{OF_REPO}/files/md5/{word}"),
            ("DELETE", f"{OF_OWNER}/{word}"),
            ("POST", f"{OF_OWNER}/{word}?uploads"),
            ("PUT", f"{OF_OWNER}/x?partNumber={word}&uploadId=x"),
        ):
            owner.ask(verb, address)
        owner.ask("PUT", f"{OF_OWNER}/c", headers={"x-amz-copy-source": f"stones/{word}"})
        owner.ask("GET", f"{OF_OWNER}/notes.txt", headers={"Range": f"bytes={word[:99]}-"})
    for query in QUERIES:
        owner.ask("GET", f"{OF_OWNER}?{query}")
        owner.ask("PUT", f"{OF_OWNER}/q?{query}")
    for verb in ("PATCH", "OPTIONS", "TRACE", "CONNECT", "FOO", "POST"):
        assert owner.ask(verb, f"{OF_OWNER}/notes.txt") in (400, 405)
    assert not faults, "\n".join(faults)
    assert row_counts() == before
