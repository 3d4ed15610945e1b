"""The page from which an administrator of a repository has unneeded DVC objects dropped."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from jobs.models import Job
from repos.models import Activity, Repository
from repos.paths import git_dir
from storage.models import StoredObject
from storage.services.contents import put_content
from storage.spaces import DVC, dvc_keys
from storage.store import blob_store
from storage.tasks import collect_dvc
from tests.support.git_checkout import Checkout

PAGE, USAGE = "/alice/stones/data/collection", "/alice/stones/data/usage"
BrowserOf = Callable[[User | None], Client]


def keep(repo: Repository, content: bytes, *, days: int = 30, is_dir: bool = False) -> str:
    """A DVC object that arrived so many days ago; its MD5."""
    md5 = hashlib.md5(content).hexdigest()
    key = dvc_keys(md5, is_dir=is_dir)[0]
    put_content(repository=repo, space=DVC, key=key, chunks=[content], want_md5=True)
    StoredObject.objects.filter(key=key).update(updated_at=timezone.now() - timedelta(days=days))
    return md5


@pytest.fixture
def needed(repo: Repository, tmp_path: Path) -> str:
    """An object that a commit names."""
    md5 = keep(repo, b"needed")
    work = Checkout(tmp_path / "work", str(git_dir(repo)))
    work.commit("Data", **{"data.dvc": f"outs:\n- md5: {md5}\n  size: 6\n  hash: md5\n  path: data\n"})
    work.git("push", "--quiet", "origin", "main")
    return md5


@pytest.fixture
def owner(alice: User, browser_of: BrowserOf) -> Client:
    return browser_of(alice)


def text_of(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def plain(page: str) -> str:
    """A page whose narrow spaces are ordinary ones."""
    return re.sub(r"\s", " ", page)


def left() -> set[bytes]:
    """What the DVC remote still holds."""
    rows = StoredObject.objects.filter(bucket__name=DVC).select_related("blob")
    return {b"".join(blob_store().open(stored.blob.sha256)) for stored in rows}


def test_it_says_what_goes_before_anything_does(repo: Repository, needed: str, owner: Client) -> None:
    old = keep(repo, b"unneeded")
    keep(repo, b"young", days=3)
    page = text_of(owner, PAGE)
    assert "Drop 1 object of the DVC remote?" in page and "8 B that no" in plain(page)
    assert f"{old[:2]}/{old[2:]}" in page and f"{needed[:2]}/{needed[2:]}" not in page
    assert "1 object is needed; 1 is younger than 14 days and stays" in page
    assert left() == {b"needed", b"unneeded", b"young"}
    assert not Job.objects.filter(task="storage.collect_dvc").exists()


def test_confirmed_it_is_done_and_told(repo: Repository, needed: str, owner: Client, alice: User) -> None:
    keep(repo, b"unneeded")
    assert PAGE in text_of(owner, USAGE)
    answers = [owner.post(PAGE) for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, USAGE)] * 2
    job = Job.objects.get(task="storage.collect_dvc")  # Asked twice, done once.
    assert "reload to see how it went" in text_of(owner, USAGE)
    collect_dvc(job.pk)
    assert left() == {b"needed"}
    assert "1 object of 8 B that no commit needed was dropped" in plain(text_of(owner, USAGE))
    done = Activity.objects.get(verb="dropped unneeded data")
    assert (done.user, done.data) == (alice, {"objects": 1, "size": 8, "kept": 1, "young": 0})
    assert "Nothing to drop" in text_of(owner, PAGE)


def test_a_collection_that_failed_is_told(repo: Repository, needed: str, owner: Client) -> None:
    owner.post(PAGE)
    Job.objects.filter(task="storage.collect_dvc").update(state=Job.State.FAILED, error="Conflict: Somebody <pushed>.")
    page = text_of(owner, USAGE)
    assert "failed: Conflict: Somebody &lt;pushed&gt;." in page


def test_a_list_that_cannot_be_read_stops_it(repo: Repository, owner: Client, tmp_path: Path) -> None:
    md5 = keep(repo, b'[{"md5": "a", "relpath": "a"}]', is_dir=True)
    work = Checkout(tmp_path / "work", str(git_dir(repo)))
    work.commit("Data", **{"data.dvc": f"outs:\n- md5: {md5}.dir\n  path: data\n"})
    work.git("push", "--quiet", "origin", "main")
    blob_store().delete(StoredObject.objects.get().blob.sha256)
    answer = owner.get(PAGE)
    assert answer.status_code == 409 and "nothing is dropped until then" in answer.content.decode()


def test_who_may_not_administrate_sees_no_button(
    repo: Repository, needed: str, bob: User, carol: User, browser_of: BrowserOf
) -> None:
    """The attack: a writer, or a reader, has data dropped that others still work with."""
    for person in (bob, carol):
        browser = browser_of(person)
        assert PAGE not in text_of(browser, USAGE)
        assert (browser.get(PAGE).status_code, browser.post(PAGE).status_code) == (403, 403)
    assert not Job.objects.filter(task="storage.collect_dvc").exists()
