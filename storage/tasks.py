"""Periodic work on stored bytes."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

GRACE = timedelta(days=1)


@shared_task(name="storage.collect_garbage", ignore_result=True)
def collect_garbage() -> None:
    """Free what nothing has referred to for a day, and set the owners' sums right."""
    from storage.services import collect_garbage as collect
    from storage.services import recount_usage

    collect(older_than=GRACE)
    recount_usage()
