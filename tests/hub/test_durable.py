"""What is acknowledged is synced on SQLite, and only there and then."""

from __future__ import annotations

import pytest
from django.db import connection

from hub.lib.durable import durable

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL syncs every commit by itself")


def level() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_sync_is_full_inside_and_normal_again_after_a_failure() -> None:
    assert level() == 1
    with durable():
        assert level() == 2
    assert level() == 1
    with pytest.raises(ValueError, match="x"):
        _fail()
    assert level() == 1


def _fail() -> None:
    with durable():
        raise ValueError("x")


@pytest.mark.django_db
def test_inside_another_transaction_it_is_a_part_of_that() -> None:
    with durable():
        assert connection.in_atomic_block and level() == 1
