"""Periodic work on stored bytes."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings

from jobs.tasks import job_task

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


@job_task(name="storage.index_repository")
def index_repository(repository_id: int) -> None:
    """Look what the pointers at the heads of a repository stand for, and have their directories read."""
    from repos.models import Repository
    from storage.services.manifests import want_manifests_of_heads

    repository = Repository.objects.select_related("owner").filter(pk=repository_id).first()
    if repository is not None:
        want_manifests_of_heads(repository)


@job_task(name="storage.index_manifest")
def index_manifest(manifest_id: int) -> None:
    """Read the list of one directory into rows."""
    from storage.services.manifests import index_manifest as index

    index(manifest_id)


@shared_task(name="storage.want_missing_manifests", ignore_result=True)
def want_missing_manifests() -> None:
    """Have lists read that arrived by a door and were not named by a push since."""
    from storage.services.manifests import want_missing_manifests as want

    want()


@job_task(name="storage.collect_dvc")
def collect_dvc(repository_id: int) -> None:
    """Drop the DVC objects of a repository that no commit needs; those of the last two weeks stay."""
    from repos.models import Repository
    from storage.services.dvc_collection import collect_as_asked

    repository = Repository.objects.select_related("owner").filter(pk=repository_id).first()
    if repository is not None:
        collect_as_asked(repository=repository)


@job_task(name="storage.give_fork_data")
def give_fork_data(repository_id: int) -> None:
    """Let a fork hold the data that its commits share with its parent's."""
    from storage.services.forking import give_data_of_parent

    give_data_of_parent(repository_id)
