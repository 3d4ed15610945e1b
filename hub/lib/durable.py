"""Transactions that survive a power cut, for what clients drop their own copy of once it is acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def durable() -> Iterator[None]:
    """A transaction that is on the disk when it has committed; inside another one, a part of that.

    PostgreSQL commits so by itself. SQLite with a write-ahead log is told to sync it, which the hub spares where a
    killed process is all that must be survived: every commit would cost a sync of the disk.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=FULL")
    try:
        with transaction.atomic():
            yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=NORMAL")
