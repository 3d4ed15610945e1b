"""The stock git-lfs client: track, push, clone, resume, locks, and what those who may not are told."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lfs_client import LfsCheckout
from tests.support.live import LiveHub
from tests.support.memory import peak

pytestmark = pytest.mark.wire

MODEL = os.urandom(3_000_000)


@pytest.fixture
def repo(hub: LiveHub, tmp_path: Path) -> str:
    """A repository for this test."""
    return hub.new_repo(f"lfs-{hashlib.md5(str(tmp_path).encode()).hexdigest()[:12]}")


@pytest.fixture
def work(hub: LiveHub, repo: str, tmp_path: Path) -> LfsCheckout:
    """alice's checkout with three large files, pushed."""
    here = LfsCheckout(tmp_path / "alice" / "work", hub.git_url(repo, "alice"))
    here.write("one.bin", MODEL)
    here.write("deep/two.bin", b"two")
    here.write("empty.bin", b"")
    here.git("add", "--all")
    here.git("commit", "--quiet", "--message", "Large files")
    here.git("push", "--quiet", "--set-upstream", "origin", "main")
    return here


def test_push_and_clone(hub: LiveHub, repo: str, work: LfsCheckout, tmp_path: Path) -> None:
    assert work.git("show", "HEAD:one.bin").startswith("version https://git-lfs.github.com/spec/v1")
    copy = LfsCheckout.clone(hub.git_url(repo, "alice"), tmp_path / "copy" / "work")
    assert (copy.folder / "one.bin").read_bytes() == MODEL
    assert (copy.folder / "deep" / "two.bin").read_bytes() == b"two"
    assert (copy.folder / "empty.bin").read_bytes() == b""
    assert copy.git("lfs", "fsck") == "Git LFS fsck OK"
    work.commit_file("three.bin", b"three")
    pushed = work.attempt("push")
    assert pushed.returncode == 0 and "(1/1)" in pushed.stdout, pushed.stdout  # The new one alone.


def test_an_address_without_git_at_its_end(hub: LiveHub, repo: str, work: LfsCheckout, tmp_path: Path) -> None:
    """People clone what stands in their browser: git-lfs adds `.git/info/lfs` to it."""
    bare = hub.git_url(repo, "alice").removesuffix(".git")
    copy = LfsCheckout.clone(bare, tmp_path / "copy" / "work")
    assert (copy.folder / "one.bin").read_bytes() == MODEL
    copy.commit_file("new.bin", b"from there")
    copy.git("push", "--quiet")
    assert work.git("pull", "--quiet") == ""
    assert (work.folder / "new.bin").read_bytes() == b"from there"


def test_credentials_from_a_helper(hub: LiveHub, repo: str, work: LfsCheckout, tmp_path: Path) -> None:
    """As most people have it: no password in the address; git-lfs is refused, asks the helper, and goes on."""
    copy = LfsCheckout(tmp_path / "copy" / "work")
    (copy.folder / ".gitattributes").unlink()
    store = tmp_path / "credentials"
    store.write_text(f"http://alice:{hub.tokens['alice']}@127.0.0.1:{hub.port}\n")
    copy.git("config", "credential.helper", f"store --file={store}")
    copy.git("remote", "add", "origin", hub.git_url(repo))
    copy.git("pull", "--quiet", "origin", "main")
    assert (copy.folder / "one.bin").read_bytes() == MODEL
    copy.commit_file("four.bin", b"four")
    copy.git("push", "--quiet", "origin", "HEAD:main")


def test_anonymous_clone_of_a_public_repository(hub: LiveHub, repo: str, work: LfsCheckout, tmp_path: Path) -> None:
    refused = LfsCheckout(tmp_path / "x" / "home").attempt("clone", hub.git_url(repo), str(tmp_path / "x" / "private"))
    assert refused.returncode != 0
    hub.run_code(
        "from repos.models import Repository\n"
        f"Repository.objects.filter(name={repo.split('/')[1]!r}).update(visibility='public')"
    )
    copy = LfsCheckout.clone(hub.git_url(repo), tmp_path / "y" / "public")
    assert (copy.folder / "one.bin").read_bytes() == MODEL
    copy.commit_file("mine.bin", b"not let in")
    assert copy.attempt("lfs", "push", "origin", "main").returncode != 0


def test_a_reader_may_fetch_and_not_push(hub: LiveHub, work: LfsCheckout, repo: str, tmp_path: Path) -> None:
    copy = LfsCheckout.clone(hub.git_url(repo, "alice-read"), tmp_path / "copy" / "work")
    assert (copy.folder / "one.bin").read_bytes() == MODEL
    copy.commit_file("mine.bin", b"not let in")
    refused = copy.attempt("lfs", "push", "origin", "main")
    assert refused.returncode != 0 and "This needs write access" in refused.stderr, refused.stderr


def test_a_cut_download_is_resumed(hub: LiveHub, repo: str, work: LfsCheckout, tmp_path: Path) -> None:
    copy = LfsCheckout.clone(hub.git_url(repo, "alice"), tmp_path / "copy" / "work", "--config", "lfs.fetchexclude=*")
    oid = hashlib.sha256(MODEL).hexdigest()
    half = copy.folder / ".git" / "lfs" / "incomplete" / f"{oid}.part"
    half.parent.mkdir(parents=True, exist_ok=True)
    half.write_bytes(MODEL[:1_000_000])
    done = copy.attempt("-c", "lfs.fetchexclude=", "lfs", "pull", env={"GIT_TRACE": "1", "GIT_CURL_VERBOSE": "1"})
    assert done.returncode == 0 and "206 Partial Content" in done.stderr, done.stderr[-3000:]
    assert (copy.folder / "one.bin").read_bytes() == MODEL


def test_locks(hub: LiveHub, repo: str, work: LfsCheckout, tmp_path: Path) -> None:
    hub.run_code(
        "from repos.models import Repository; from accounts.models import User; from accounts.levels import Level\n"
        "from accounts.actor import Actor; from repos.services.people import set_collaborator\n"
        f"repo = Repository.objects.get(name={repo.split('/')[1]!r}); alice = User.objects.get(username='alice')\n"
        "set_collaborator(actor=Actor(user=alice), repository=repo, user=User.objects.get(username='bob'),"
        " level=Level.WRITE)"
    )
    bob = LfsCheckout.clone(hub.git_url(repo, "bob"), tmp_path / "bob" / "work")
    assert "Locked one.bin" in work.git("lfs", "lock", "one.bin")
    assert "one.bin\talice" in bob.git("lfs", "locks")
    taken = bob.attempt("lfs", "lock", "one.bin")
    assert taken.returncode != 0 and "locked" in taken.stderr
    bob.git("config", "lfs.locksverify", "true")
    bob.commit_file("one.bin", b"bob's")
    stopped = bob.attempt("push")
    assert stopped.returncode != 0 and "alice" in stopped.stderr, stopped.stderr
    assert bob.attempt("lfs", "unlock", "--force", "one.bin").returncode != 0  # Takes an administrator.
    assert "Locked deep/two.bin" in bob.git("lfs", "lock", "deep/two.bin")
    assert work.attempt("lfs", "unlock", "deep/two.bin").returncode != 0  # Not without force.
    assert "Unlocked" in work.git("lfs", "unlock", "--force", "deep/two.bin")
    assert "Unlocked one.bin" in work.git("lfs", "unlock", "one.bin")
    assert bob.git("lfs", "locks") == ""
    bob.git("push", "--quiet")


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Path]:
    """200 MB of which no part is like another."""
    file = tmp_path / "large"
    with file.open("wb") as out:
        for _ in range(50):
            out.write(os.urandom(4 * 1024 * 1024))
    yield file
    file.unlink(missing_ok=True)


def test_memory_stays_flat(hub: LiveHub, repo: str, work: LfsCheckout, large: Path, tmp_path: Path) -> None:
    large.rename(work.folder / "large.bin")
    work.git("add", "--all")
    work.git("commit", "--quiet", "--message", "large")
    before = peak(hub)
    work.git("push", "--quiet")
    copy = LfsCheckout.clone(hub.git_url(repo, "alice"), tmp_path / "copy" / "work")
    assert (copy.folder / "large.bin").stat().st_size == 200 * 1024 * 1024
    assert peak(hub) - before < 64 * 1024 * 1024
