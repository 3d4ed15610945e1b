"""The bytes an owner uses follow the repository: when it is handed over, and when it is deleted."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from accounts.models import Owner
from hub.lib.errors import QuotaExceeded
from repos.models import Repository
from repos.services import pushes
from repos.services.repositories import delete_repository, move_repository
from storage.selectors import owner_bytes
from storage.services import put_object
from tests.factories.accounts import make_organization


@pytest.fixture
def filled(repo, alice):
    Repository.objects.filter(pk=repo.pk).update(size_bytes=1000)
    Owner.objects.filter(pk=repo.owner_id).update(used_bytes=1000)
    put_object(repository=repo, space="artifacts", key="0/a.bin", chunks=[b"x" * 500], actor=Actor(user=alice))
    repo.refresh_from_db()
    return repo


def used(owner: Owner) -> int:
    found = Owner.objects.get(pk=owner.pk)
    assert found.used_bytes == owner_bytes(found)
    return found.used_bytes


def test_transfer_takes_git_and_objects_along(filled, alice):
    before, group = filled.owner, make_organization("group", alice).owner
    assert used(before) == 1500
    move_repository(actor=Actor(user=alice), repository=filled, owner=group)
    assert (used(before), used(group)) == (0, 1500)


def test_deletion_gives_everything_back(filled, alice):
    owner = filled.owner
    delete_repository(actor=Actor(user=alice), repository=filled, confirmation="alice/stones")
    assert used(owner) == 0


def test_quota_of_the_hub_holds_for_owners_without_one(filled, alice, settings):
    settings.DEFAULT_QUOTA_BYTES = 1600
    assert pushes.room_left(filled) == 100
    with pytest.raises(QuotaExceeded):
        put_object(repository=filled, space="artifacts", key="0/b.bin", chunks=[b"y" * 200], actor=Actor(user=alice))
    Owner.objects.filter(pk=filled.owner_id).update(quota_bytes=10_000)
    assert pushes.room_left(filled) == 8500
    assert used(filled.owner) == 1500
