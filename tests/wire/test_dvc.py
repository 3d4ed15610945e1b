"""The stock dvc client: push, status, pull, both layouts, every way to sign in, and what a refused one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.dvc_client import DvcCheckout, md5_of
from tests.support.live import LiveHub

pytestmark = pytest.mark.wire


@pytest.fixture
def work(hub: LiveHub, tmp_path: Path) -> DvcCheckout:
    """A checkout with a folder and a file under dvc, and a fresh repository of alice as its remote."""
    here = DvcCheckout(tmp_path / "work")
    here.write(data__a_txt="alpha\n", data__inner__b_txt="beta\r\n", model_bin=bytes(range(256)) * 2000)
    here.dvc("add", "--quiet", "data", "model.bin")
    here.use_remote(hub, hub.new_repo(name_for(tmp_path)), user="alice", password=hub.tokens["alice"])
    return here


def name_for(tmp_path: Path) -> str:
    """The name of this test's repository."""
    return f"dvc-{md5_of(str(tmp_path).encode())[:12]}"


def pulls_the_same(here: DvcCheckout) -> bool:
    """Whether a pull without any cache brings back what was there."""
    before = {path: path.read_bytes() for path in here.folder.glob("data/**/*.txt")}
    model = (here.folder / "model.bin").read_bytes()
    here.forget_data("data", "model.bin")
    here.dvc("pull")
    after = {path: path.read_bytes() for path in here.folder.glob("data/**/*.txt")}
    return before == after and model == (here.folder / "model.bin").read_bytes() and len(after) == 2


def test_push_status_and_pull(work: DvcCheckout) -> None:
    assert work.dvc("status", "--cloud").count("new:") == 4
    assert "4 files pushed" in work.dvc("push")
    assert "in sync" in work.dvc("status", "--cloud")
    assert "up to date" in work.dvc("push")
    assert pulls_the_same(work)


def test_a_second_push_sends_what_is_new(work: DvcCheckout) -> None:
    work.dvc("push")
    work.write(data__c_txt="gamma\n")
    work.dvc("add", "--quiet", "data")
    assert "2 files pushed" in work.dvc("push")  # The file and the new list of the folder.
    assert "in sync" in work.dvc("status", "--cloud")


def test_sign_in_as_documented(hub: LiveHub, work: DvcCheckout) -> None:
    """The commands of docs/user/data.md; the user name and password of a person work too."""
    url, token = work.dvc("remote", "list").split()[1], hub.tokens["alice"]
    for place in ("config", "config.local"):
        (work.folder / ".dvc" / place).write_text("")
    work.dvc("remote", "add", "--default", "hub", url)
    work.dvc("remote", "modify", "hub", "auth", "basic")
    work.dvc("remote", "modify", "--local", "hub", "user", "alice")
    work.dvc("remote", "modify", "--local", "hub", "password", token)
    assert "1 file pushed" in work.dvc("push", "model.bin.dvc")
    work.sign_in(token, token)
    work.dvc("remote", "modify", "hub", "method", "PUT")
    assert "3 files pushed" in work.dvc("push")
    work.sign_in("alice", hub.password)
    assert "in sync" in work.dvc("status", "--cloud")
    work.dvc("remote", "modify", "hub", "auth", "custom")
    work.dvc("remote", "modify", "--local", "hub", "custom_auth_header", "Authorization")
    work.dvc("remote", "modify", "--local", "hub", "password", f"Bearer {token}")
    assert pulls_the_same(work)


def test_old_layout_with_either_digest(work: DvcCheckout) -> None:
    """DVC 2 names a text by its MD5 with Unix line ends, other files by that of their bytes."""
    text, data = b"one\r\ntwo\r\n" * 300_000, b"\0\r\n" * 1000
    work.add_as_dvc_2("old.csv", text, md5_of(text.replace(b"\r\n", b"\n")))
    work.add_as_dvc_2("old.bin", data, md5_of(data))
    assert "2 files pushed" in work.dvc("push", "old.csv.dvc", "old.bin.dvc")
    work.forget_data("old.csv", "old.bin")
    work.dvc("pull", "old.csv.dvc", "old.bin.dvc")
    assert (work.folder / "old.csv").read_bytes() == text
    assert (work.folder / "old.bin").read_bytes() == data


def test_anonymous_pull_of_a_public_repository(hub: LiveHub, work: DvcCheckout, tmp_path: Path) -> None:
    work.dvc("push")
    repo = f"alice/{name_for(tmp_path)}"
    work.use_remote(hub, repo)
    model = (work.folder / "model.bin").read_bytes()
    work.forget_data("data", "model.bin")
    assert work.try_dvc("pull").returncode != 0
    hub.run_code(
        "from repos.models import Repository\n"
        f"Repository.objects.filter(name={name_for(tmp_path)!r}).update(visibility='public')"
    )
    work.dvc("pull")
    assert (work.folder / "model.bin").read_bytes() == model
    work.write(model_bin=b"not let in\n")
    work.dvc("add", "--quiet", "model.bin")
    refused = work.try_dvc("push", "model.bin.dvc")
    assert refused.returncode != 0 and "401" in refused.stdout


def test_who_may_not_push_is_told_by_the_status(hub: LiveHub, work: DvcCheckout) -> None:
    for who, password, status in (
        ("alice", hub.tokens["alice-read"], "403, message='Forbidden'"),
        ("mallory", hub.tokens["mallory"], "failed to transfer"),  # dvc keeps a 404 to itself.
        ("alice", hub.tokens["alice"][:-1] + "x", "401, message='Unauthorized'"),
    ):
        work.sign_in(who, password)
        refused = work.try_dvc("push")
        assert refused.returncode != 0 and status in refused.stdout, refused.stdout
    work.sign_in("alice", hub.tokens["alice"])
    assert "4 files pushed" in work.dvc("push")  # Nothing had been kept.


def test_a_refused_large_file_is_told_too(hub: LiveHub, work: DvcCheckout) -> None:
    """The answer comes before the body is through: the client must still see it."""
    work.write(large_bin=b"0123456789abcdef" * 4_000_000)
    work.dvc("add", "--quiet", "large.bin")
    work.sign_in("alice", hub.tokens["alice-read"])
    refused = work.try_dvc("push", "large.bin.dvc")
    assert refused.returncode != 0 and "403" in refused.stdout, refused.stdout
