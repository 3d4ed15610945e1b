"""Background work on experiments and runs."""

from __future__ import annotations

from celery import shared_task

from jobs.tasks import job_task


@job_task(name="tracking.purge")
def purge(purge_id: int) -> None:
    """Delete for ever what was chosen in a trash."""
    from tracking.services.purge_work import continue_purge

    continue_purge(purge_id=purge_id)


@job_task(name="tracking.bulk")
def change_runs(change_id: int) -> None:
    """Change many runs as somebody asked."""
    from tracking.services.bulk import continue_change

    continue_change(change_id=change_id)


@shared_task(name="tracking.purge_expired", ignore_result=True)
def purge_expired() -> None:
    """Delete for ever what has lain in a trash for as long as it is kept."""
    from tracking.services.purge_asking import ask_purges_of_expired

    ask_purges_of_expired()
