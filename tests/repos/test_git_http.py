"""The git door without a network: its table, credentials, bodies, and faults of the server itself."""

from __future__ import annotations

import gzip
import tracemalloc
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from hub.lib.errors import Invalid
from repos.git_http import wire
from repos.git_http.routes import ROUTES
from repos.models import Activity, Repository
from repos.paths import git_dir
from repos.services import pushes
from repos.services.people import protect_branch
from tests.conftest import TokenFor
from tests.support.git_checkout import Checkout

ZERO = "0" * 40
PUSH = "application/x-git-receive-pack-request"


@pytest.fixture
def anybody() -> Client:
    """A client that minds CSRF, as a browser would be made to."""
    return Client(enforce_csrf_checks=True)


def basic(token: str) -> str:
    return "Basic " + b64encode(f"x:{token}".encode()).decode()


def head(*commands: tuple[str, str, str]) -> bytes:
    lines = [f"{old} {new} {ref}".encode() for old, new, ref in commands]
    lines[0] += b"\0report-status side-band-64k"
    return b"".join(b"%04x%s" % (len(line) + 4, line) for line in lines) + b"0000"


def body_of_push(folder: Path, ref: str = "refs/heads/main") -> tuple[str, bytes]:
    """The id of a fresh root commit, and the body of a push that makes `ref` of it."""
    import subprocess

    here = Checkout(folder)
    tip = here.commit("one", a_txt="a")
    packed = subprocess.run(
        ["git", "pack-objects", "--stdout", "-q", "--revs"],
        cwd=here.folder,
        env=here.environment,
        input=tip.encode() + b"\n",
        capture_output=True,
        check=True,
    )
    return tip, head((ZERO, tip, ref)) + packed.stdout


def content(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_table_holds_three_paths() -> None:
    assert [(route.method, route.path, route.needs.name) for route in ROUTES] == [
        ("GET", "info/refs", "READ"),
        ("POST", "git-upload-pack", "READ"),
        ("POST", "git-receive-pack", "WRITE"),
    ]


def test_anonymous_is_asked_for_credentials_whether_or_not_it_exists(repo: Repository, anybody: Client) -> None:
    for name in ("stones", "nothere"):
        answer = anybody.get(f"/alice/{name}.git/info/refs?service=git-upload-pack")
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Basic realm="Cairn"')
        assert answer.content == b"Sign in, or send a token, to go on.\n"


def test_session_opens_no_wire_door(repo: Repository, alice: User, browser_of: Callable[[User], Client]) -> None:
    """The attack: a page on another site that makes a signed-in browser push."""
    answer = browser_of(alice).post("/alice/stones.git/git-receive-pack", b"0000", content_type=PUSH)
    assert answer.status_code == 401


def test_push_through_the_door_is_recorded(
    repo: Repository, bob: User, token_for: TokenFor, anybody: Client, tmp_path: Path
) -> None:
    tip, body = body_of_push(tmp_path / "w")
    answer = anybody.post(
        "/alice/stones.git/git-receive-pack", body, content_type=PUSH, HTTP_AUTHORIZATION=basic(token_for(bob))
    )
    assert answer["Content-Type"] == "application/x-git-receive-pack-result"
    assert "no-cache" in answer["Cache-Control"]
    assert b"ok refs/heads/main" in content(answer)
    row = Activity.objects.get(verb="created branch")
    assert (row.user, row.subject, row.data["new"]) == (bob, "main", tip)
    assert not Repository.objects.get(pk=repo.pk).is_empty


def test_push_is_told_as_done_though_its_record_failed(
    repo: Repository,
    bob: User,
    token_for: TokenFor,
    anybody: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The refs have moved: an error would make people push again what is there."""

    def fail(**_: object) -> None:
        raise OSError("the disk of the database is full")

    monkeypatch.setattr(pushes, "record_push", fail)
    _, body = body_of_push(tmp_path / "w")
    answer = anybody.post(
        "/alice/stones.git/git-receive-pack", body, content_type=PUSH, HTTP_AUTHORIZATION=basic(token_for(bob))
    )
    assert b"ok refs/heads/main" in content(answer)
    assert (git_dir(repo) / "refs/heads/main").exists()


def test_protection_that_cannot_be_checked_takes_nothing(
    repo: Repository, alice: User, bob: User, token_for: TokenFor, anybody: Client, tmp_path: Path
) -> None:
    """The attack: git skips a hook it may not execute, and with it the protection."""
    protect_branch(actor=Actor(user=alice), repository=repo, pattern="main")
    Path(settings.RUN_DIR).mkdir(parents=True)
    (Path(settings.RUN_DIR) / "hooks").write_text("a file where the folder should be")
    old = "1" * 40
    answer = anybody.post(
        "/alice/stones.git/git-receive-pack",
        head((old, "2" * 40, "refs/heads/main")),
        content_type=PUSH,
        HTTP_AUTHORIZATION=basic(token_for(bob)),
    )
    assert answer.status_code == 503
    assert b"Protected branches cannot be checked" in answer.content


def test_repository_without_a_folder_is_404(repo: Repository, bob: User, token_for: TokenFor, anybody: Client) -> None:
    git_dir(repo).rename(git_dir(repo).with_suffix(".lost"))
    answer = anybody.get(
        "/alice/stones.git/info/refs?service=git-upload-pack", HTTP_AUTHORIZATION=basic(token_for(bob))
    )
    assert answer.status_code == 404
    assert answer.content == b"alice/stones has no Git folder on this server.\nTell an administrator.\n"


@pytest.mark.parametrize("service", ["upload", "receive"])
def test_damaged_repository_is_503(
    repo: Repository, bob: User, token_for: TokenFor, anybody: Client, service: str
) -> None:
    (git_dir(repo) / "packed-refs").write_text("this is no list of refs\n")
    answer = anybody.get(
        f"/alice/stones.git/info/refs?service=git-{service}-pack", HTTP_AUTHORIZATION=basic(token_for(bob))
    )
    assert answer.status_code == 503
    assert b"alice/stones cannot be read now." in answer.content


def test_token_for_one_repository_makes_no_other(
    repo: Repository, alice: User, token_for: TokenFor, anybody: Client
) -> None:
    token = token_for(alice, "write", repo)
    for name, status in (("stones", 200), ("fresh", 404)):
        answer = anybody.get(f"/alice/{name}.git/info/refs?service=git-receive-pack", HTTP_AUTHORIZATION=basic(token))
        assert answer.status_code == status
    assert not Repository.objects.filter(name="fresh").exists()


def test_gzip_is_undone_in_small_steps() -> None:
    data = b"have " * 1_000_000
    packed = gzip.compress(data)
    pieces = list(wire.unpacked(packed[at : at + 100] for at in range(0, len(packed), 100)))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= wire.STEP


def test_gzip_bomb_is_never_held() -> None:
    """The attack: 100 kB that unpack to 100 MB."""
    packed = gzip.compress(bytes(100_000_000))
    tracemalloc.start()
    total = sum(len(piece) for piece in wire.unpacked([packed]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == 100_000_000
    assert peak < 5_000_000


@pytest.mark.parametrize("cut", [0, 5, 30])
def test_damaged_gzip_is_told(cut: int) -> None:
    packed = gzip.compress(b"0123456789" * 10)[:cut]
    with pytest.raises(Invalid):
        list(wire.unpacked([packed]))


def test_limit_is_told_before_more_is_read() -> None:
    seen = []

    def blocks() -> Iterator[bytes]:
        for number in range(100):
            seen.append(number)
            yield b"x" * 10

    with pytest.raises(wire.TooLarge):
        list(wire.limited(blocks(), 45))
    assert len(seen) == 5
