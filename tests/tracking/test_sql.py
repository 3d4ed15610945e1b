"""Below the ORM: writers queue, transactions hold, statements keep their text."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections, transaction

from accounts.models import User
from hub.lib.errors import Invalid
from tracking import sql

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_failed_write_leaves_nothing() -> None:
    def fail() -> None:
        with sql.writing():
            User.objects.create(username="dora")
            raise Invalid("no")

    with pytest.raises(Invalid):
        fail()
    assert not User.objects.exists()
    with sql.writing():
        User.objects.create(username="dora")
    assert User.objects.count() == 1


def test_writers_queue() -> None:
    """Each adds one to what it has read: no addition is lost, and none is refused as busy."""
    user = User.objects.create(username="dora", bio="0")
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(10):
                with sql.writing():
                    lock = " FOR UPDATE" if sql.is_postgres() else ""
                    found = sql.row(f"SELECT bio FROM accounts_user WHERE id = ?{lock}", (user.pk,))
                    assert found is not None
                    sql.change("UPDATE accounts_user SET bio = ? WHERE id = ?", (str(int(found[0]) + 1), user.pk))
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    user.refresh_from_db()
    assert user.bio == "60"


def test_a_write_inside_a_transaction_waits_for_nobody() -> None:
    """Somebody who holds the queue may wait for our transaction; we must not wait for them in turn."""
    inside, done = threading.Event(), threading.Event()

    def other() -> None:
        try:
            inside.wait(60)
            with sql.writing():
                User.objects.create(username="second")
            done.set()
        finally:
            connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    with transaction.atomic():
        User.objects.create(username="first")
        inside.set()
        thread.join(60 if sql.is_postgres() else 0.3)
        assert done.is_set() is sql.is_postgres(), "PostgreSQL has many writers, SQLite one"
        with sql.writing():
            User.objects.create(username="third")
    thread.join(60)
    assert done.is_set()
    assert User.objects.count() == 3


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_inserts_of_any_length(count: int) -> None:
    head = "INSERT INTO accounts_accesstoken (user_id, name, scope, nonce, created_at, kind)"
    user = User.objects.create(username="dora")
    rows = [(user.pk, f"t{number}", 20, "n", "2026-01-01 00:00:00+00:00", "token") for number in range(count)]
    sql.insert(head, rows)
    assert sql.row("SELECT count(*) FROM accounts_accesstoken") == (count,)


def test_sets_of_values() -> None:
    users = [User.objects.create(username=name) for name in ("a%", "b?", "c'")]
    test, value = sql.among("username", ["a%", "b?", "c'", "nobody"])
    found = sql.rows(f"SELECT id FROM accounts_user WHERE {test} AND username LIKE '%' ORDER BY id", (value,))
    assert found == [(user.pk,) for user in users]
    assert list(sql.stream(f"SELECT id FROM accounts_user WHERE {test}", (sql.among("x", [])[1],))) == []
    assert connection.in_atomic_block is False
