"""Former versions: kept when an object is replaced or deleted, restored, removed, expired, and counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Owner, User
from hub.lib.errors import Conflict, NotFound, QuotaExceeded
from repos.models import Repository
from repos.services.repositories import delete_repository
from storage import selectors
from storage.models import Blob, ObjectVersion, StoredObject
from storage.services import (
    collect_garbage,
    copy_object,
    delete_object,
    delete_tree,
    delete_version,
    expire_versions,
    put_object,
    recount_usage,
    restore_version,
)
from storage.spaces import DATA


@pytest.fixture
def store(repo: Repository, alice: User):
    """`store(key, content)` puts an object into the data bucket of alice/stones."""

    def put(key: str, content: bytes, **options: Any) -> StoredObject:
        return put_object(
            repository=repo, space=DATA, key=key, chunks=[content], actor=Actor(user=alice), want_md5=True, **options
        )

    return put


def content(repo: Repository, key: str) -> bytes:
    return b"".join(selectors.read_object(selectors.get_object(repo, DATA, key)))


def used(repo: Repository) -> int:
    """Bytes counted for the owner, which must be what adding up afresh gives."""
    assert recount_usage() == 0
    return Owner.objects.get(pk=repo.owner_id).used_bytes


def ids(key: str = "a") -> list[str]:
    return [version.version_id for version in ObjectVersion.objects.filter(key=key).order_by("pk")]


def where(repo: Repository, key: str = "a") -> dict[str, Any]:
    return {"repository": repo, "space": DATA, "key": key}


def test_replacing_keeps_the_former_with_all_it_said(repo, store, alice):
    first = store("a", b"first", content_type="text/x", metadata={"x-amz-meta-n": "1"})
    store("a", b"second!")
    kept = ObjectVersion.objects.get()
    assert (kept.number, kept.size, kept.content_type, kept.metadata) == (first.pk, 5, "text/x", {"x-amz-meta-n": "1"})
    assert (kept.created_by, kept.is_mark, kept.created_at) == (alice, False, first.created_at)
    assert (content(repo, "a"), used(repo)) == (b"second!", 12)


def test_deleting_keeps_the_object_behind_a_mark(repo, store, alice):
    store("a", b"first")
    delete_object(**where(repo), actor=Actor(user=alice))
    version, mark = ObjectVersion.objects.order_by("pk")
    assert (version.is_mark, mark.is_mark, mark.created_by) == (False, True, alice)
    assert not StoredObject.objects.exists()
    assert used(repo) == 5


def test_other_spaces_keep_nothing(repo):
    for body in (b"first", b"second"):
        put_object(repository=repo, space="dvc", key="a", chunks=[body])
    delete_tree(repository=repo, space="dvc", prefix="")
    assert (ObjectVersion.objects.count(), used(repo)) == (0, 0)


def test_a_hub_may_keep_none(repo, store, settings):
    settings.VERSION_DAYS = 0
    store("a", b"first")
    store("a", b"second")
    delete_object(**where(repo))
    assert (ObjectVersion.objects.count(), used(repo)) == (0, 0)


def test_a_folder_of_many_is_kept_whole(repo, store):
    for number in range(3):
        store(f"d/{number}", b"12345")
    assert delete_tree(repository=repo, space=DATA, prefix="d") == 3
    assert (ObjectVersion.objects.count(), used(repo)) == (6, 15)


def test_restoring_brings_content_back_and_keeps_what_was_there(repo, store, bob):
    first = store("a", b"first", metadata={"x-amz-meta-n": "1"})
    store("a", b"second!")
    back = restore_version(**where(repo), version_id=f"v{first.pk}", actor=Actor(user=bob))
    assert (content(repo, "a"), back.created_by, back.metadata) == (b"first", bob, {"x-amz-meta-n": "1"})
    assert (len(ids()), used(repo)) == (2, 17)


def test_restoring_after_deletion(repo, store):
    first = store("a", b"first")
    delete_object(**where(repo))
    restore_version(**where(repo), version_id=f"v{first.pk}", actor=Actor())
    assert content(repo, "a") == b"first"


@pytest.mark.parametrize("version", ["", "v", "v0", "v999", "d1", "x1", "v²", "v" + "9" * 30, "null"])
def test_unknown_versions_are_not_there(repo, store, version):
    store("a", b"first")
    for verb in (lambda **w: restore_version(**w, actor=Actor()), delete_version):
        with pytest.raises(NotFound):
            verb(**where(repo), version_id=version)
        with pytest.raises(NotFound):
            verb(**where(repo, "b"), version_id=version)
    assert content(repo, "a") == b"first"


def test_versions_of_another_repository_are_not_there(repo, other_repo, store):
    """The attack: naming the version of somebody else's object in a bucket of one's own."""
    first = store("a", b"secret")
    store("a", b"second")
    put_object(repository=other_repo, space=DATA, key="a", chunks=[b"mine"])
    for verb in (lambda **w: restore_version(**w, actor=Actor()), delete_version):
        with pytest.raises(NotFound):
            verb(**where(other_repo), version_id=f"v{first.pk}")


def test_deleting_a_former_version_frees_its_bytes_after_collection(repo, store):
    first = store("a", b"first")
    store("a", b"second!")
    collect_garbage(older_than=timedelta(seconds=-1))
    assert Blob.objects.count() == 2, "a version keeps its bytes"
    delete_version(**where(repo), version_id=f"v{first.pk}")
    assert (ids(), used(repo), content(repo, "a")) == ([], 7, b"second!")
    assert collect_garbage(older_than=timedelta(seconds=-1)).blobs == 1


def test_deleting_the_current_version_brings_the_one_before_back(repo, store):
    first = store("a", b"first")
    second = store("a", b"second!")
    delete_version(**where(repo), version_id=f"v{second.pk}")
    assert (content(repo, "a"), ids(), used(repo)) == (b"first", [], 5)
    assert StoredObject.objects.get().pk == first.pk
    delete_version(**where(repo), version_id=f"v{first.pk}")
    assert (StoredObject.objects.count(), used(repo)) == (0, 0)


def test_deleting_the_mark_undoes_the_deletion(repo, store):
    first = store("a", b"first")
    delete_object(**where(repo))
    mark = ids()[-1]
    assert mark.startswith("d")
    delete_version(**where(repo), version_id=mark)
    assert (content(repo, "a"), ids(), StoredObject.objects.get().pk) == (b"first", [], first.pk)
    assert repo.buckets.get().object_count == 1


def test_deleting_a_version_below_a_mark_leaves_the_object_deleted(repo, store):
    first = store("a", b"first")
    store("a", b"second!")
    delete_object(**where(repo))
    delete_version(**where(repo), version_id=f"v{first.pk}")
    assert (StoredObject.objects.count(), used(repo)) == (0, 7)


def test_versions_count_against_the_quota(repo, store):
    Owner.objects.filter(pk=repo.owner_id).update(quota_bytes=12)
    store("a", b"first")
    store("a", b"second!")
    with pytest.raises(QuotaExceeded):
        store("a", b"3")
    assert (content(repo, "a"), used(repo)) == (b"second!", 12)


def test_expiry_removes_old_versions_and_marks_only(repo, store):
    store("a", b"first")
    delete_object(**where(repo))
    store("b", b"other")
    store("b", b"newer")
    ObjectVersion.objects.filter(key="a").update(retired_at=timezone.now() - timedelta(days=91))
    assert expire_versions(older_than=timedelta(days=90)) == 2
    assert (ids("a"), len(ids("b")), used(repo)) == ([], 1, 10)


def test_a_repository_goes_with_its_versions(repo, store, alice):
    store("a", b"first")
    store("a", b"second")
    delete_repository(actor=Actor(user=alice), repository=repo, confirmation="alice/stones")
    assert ObjectVersion.objects.count() == 0
    assert Owner.objects.get(slug="alice").used_bytes == 0


def test_a_condition_sees_what_is_there_and_leaves_it(repo, store):
    def there(held: StoredObject | None) -> None:
        if held is not None:
            raise Conflict("There already.")

    store("a", b"first", unless=there)
    with pytest.raises(Conflict):
        store("a", b"second", unless=there)
    with pytest.raises(Conflict):
        copy_object(source=StoredObject.objects.get(), repository=repo, space=DATA, key="a", unless=there)
    assert (content(repo, "a"), ids(), used(repo)) == (b"first", [], 5)
