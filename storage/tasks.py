"""Periodic work on stored bytes."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings

log = logging.getLogger(__name__)

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


@shared_task(name="storage.clear_uploads", ignore_result=True)
def clear_uploads() -> None:
    """Remove uploads in parts that nobody went on with, and say in the log what that freed."""
    from storage.services import clear_uploads as clear

    cleared = clear(older_than=timedelta(days=settings.UPLOAD_DAYS))
    if cleared.uploads or cleared.stray_files:
        log.warning(
            "Removed %d abandoned uploads of %d bytes, and %d stray parts.",
            cleared.uploads, cleared.size, cleared.stray_files,
        )  # fmt: skip
