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


@shared_task(name="storage.expire_versions", ignore_result=True)
def expire_versions() -> None:
    """Remove former versions of objects that are older than the hub keeps them."""
    from django.conf import settings

    from storage.services import expire_versions as expire

    expire(older_than=timedelta(days=settings.VERSION_DAYS))
