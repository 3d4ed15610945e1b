"""Lookups give what the query itself would give, also on other threads."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from accounts.models import AccessToken, User
from hub.lib.lookup import REMEMBERED, Lookup, expecting
from repos.models import Repository


def test_a_lookup_is_its_query(repo: Repository) -> None:
    lookup = Lookup(
        lambda owner, name: Repository.objects.select_related("owner__user", "owner__organization").filter(
            name__lower=name, owner__slug__lower=owner
        ),
        "an-owner",
        "a-name",
    )
    found = lookup.find("alice", "stones")
    assert found == repo
    assert found is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "cursor", None)  # Everything is here: nothing more is asked.
        assert found.owner.user is not None
        assert found.owner.user.username == "alice"
        assert found.owner.organization is None
    plain = Repository.objects.get(pk=repo.pk)
    for field in Repository._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(plain, field.attname)
    assert lookup.find("stones", "alice") is None
    found.description = "new"
    found.save()
    assert lookup.find("alice", "stones").description == "new"  # type: ignore[union-attr]


def test_what_one_caller_changes_no_other_sees(repo: Repository) -> None:
    lookup = Lookup(lambda pk: Repository.objects.select_related("owner").filter(pk=pk), -1)
    first = lookup.find(repo.pk)
    assert first is not None
    first.description = "changed, not saved"
    first.owner.slug = "mallory"
    first.owner = None  # type: ignore[assignment]
    second = lookup.find(repo.pk)
    assert second is not None
    assert (second.description, second.owner.slug) == ("", "alice")
    second.owner.slug = "renamed"
    second.owner.save()
    third = lookup.find(repo.pk)
    assert third is not None
    assert third.owner.slug == "renamed"
    repo.delete()
    assert lookup.find(second.pk) is None


def test_few_rows_are_remembered(alice: User) -> None:
    lookup = Lookup(lambda pk: User.objects.filter(pk=pk), -1)
    users = [User.objects.create(username=f"user{number}") for number in range(REMEMBERED + 5)]
    for _ in range(2):
        assert [lookup.find(user.pk) for user in users] == users
    assert len(lookup._local.plan.seen) == REMEMBERED


def test_values_are_told_from_fixed_ones(alice: User) -> None:
    lookup = Lookup(lambda pk: AccessToken.objects.filter(scope=20, pk=pk), -1)
    kept = AccessToken.objects.create(user=alice, name="a", scope=20)
    other = AccessToken.objects.create(user=alice, name="b", scope=10)
    assert lookup.find(kept.pk) == kept
    assert lookup.find(other.pk) is None


@pytest.mark.django_db(transaction=True)
def test_every_thread_has_its_own() -> None:
    user = User.objects.create(username="dora")
    lookup = Lookup(lambda pk: User.objects.filter(pk=pk), -1)
    found: list[User | None] = []

    def ask() -> None:
        found.append(lookup.find(user.pk))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [user] * 4


def test_a_question_goes_along_with_another(alice: User, bob: User) -> None:
    users = Lookup(lambda pk: User.objects.filter(pk=pk), -1)
    names = Lookup(lambda name: User.objects.filter(username=name), "a-name")
    for number, name, user, named in (
        (alice.pk, "bob", alice, bob), (alice.pk, "nobody", alice, None), (0, "bob", None, bob), (0, "nobody", None, None),
    ):  # fmt: skip
        with expecting(names, name):
            assert (users.find(number), names.find(name)) == (user, named)
        with expecting(names, name):
            assert (names.find(name), users.find(number)) == (named, user)
    with expecting(names, "bob"):
        users.find(alice.pk)
        assert names.find("alice") == alice
    with expecting(names, "bob"):
        users.find(alice.pk)
        bob.username = "robert"
        bob.save()
    assert names.find("bob") is None  # What came along and was not asked for is not kept.


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="a file does not break")
def test_a_connection_that_broke_is_made_anew() -> None:
    user = User.objects.create(username="dora")
    lookup = Lookup(lambda pk: User.objects.filter(pk=pk), -1)
    assert lookup.find(user.pk) == user
    other = connection.copy()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (number,) = cursor.fetchone()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [number])
    other.close()
    assert lookup.find(user.pk) == user
    assert connection.is_usable()
