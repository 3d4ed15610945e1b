"""`manage.py storage check` finds what a bad disk or a lost database leaves behind."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from storage.blobs.disk import DiskStore
from storage.models import Blob
from storage.services import collect_garbage
from storage.store import blob_store
from tests.storage.conftest import Put


def check(*options: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("storage", "check", *options, stdout=out)
    return out.getvalue()


def disk() -> DiskStore:
    """The store of the tests, which is a disk."""
    store = blob_store()
    assert isinstance(store, DiskStore)
    return store


def test_a_sound_store_is_told_so(put: Put) -> None:
    put("a", b"1")
    put("b", b"2")
    assert check() == "2 blobs read: 0 damaged, 0 lost, 0 without a row.\n"


def test_damaged_bytes_are_named_and_fail_the_command(put: Put) -> None:
    sha256 = put("a", b"good").blob.sha256
    path = disk().path_of(sha256)
    path.chmod(0o600)
    path.write_bytes(b"evil")
    out = StringIO()
    with pytest.raises(CommandError, match="backup"):
        call_command("storage", "check", stdout=out)
    assert f"damaged {sha256}" in out.getvalue()


def test_lost_bytes_are_named_and_fail_the_command(put: Put) -> None:
    sha256 = put("a", b"good").blob.sha256
    disk().delete(sha256)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("storage", "check", stdout=out)
    assert f"lost {sha256}" in out.getvalue()


def test_orphans_are_told_and_kept(db: None) -> None:
    sha256 = disk().write([b"nobody's"]).sha256
    assert f"orphan {sha256} (8 bytes)" in check()
    assert disk().exists(sha256)
    assert Blob.objects.count() == 0


def test_fix_orphans_hands_them_to_collection(db: None, settings: Any) -> None:
    sha256 = disk().write([b"nobody's"]).sha256
    assert "1 handed to garbage collection" in check("--fix-orphans")
    assert collect_garbage(older_than=timedelta(hours=1)).blobs == 0
    assert collect_garbage(older_than=timedelta(0)).size == 8
    assert not disk().exists(sha256)
