"""Background work of the index."""

from __future__ import annotations

from celery import shared_task

from jobs.tasks import job_task


@shared_task(name="search.look", ignore_result=True)
def look() -> None:
    """Read what changed in every source."""
    from search.services import catch_up as work

    work()


@job_task(name="search.index_code")
def index_code(repository_id: int) -> None:
    """Read the files of one repository."""
    from search.services import index_code as work

    work(repository_id)


@shared_task(name="search.tidy", ignore_result=True)
def tidy() -> None:
    """Take out what is gone."""
    from search.services import tidy as work

    work()
