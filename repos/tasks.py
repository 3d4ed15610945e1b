"""Background work on repositories."""

from __future__ import annotations

from celery import shared_task

from jobs.tasks import job_task


@job_task(name="repos.maintain")
def maintain(repository_id: int) -> None:
    """Pack and index one repository."""
    from repos.services.maintenance import maintain_repository

    maintain_repository(repository_id)


@shared_task(name="repos.maintain_stale", ignore_result=True)
def maintain_stale() -> None:
    """Ask for maintenance where pushes have come to rest."""
    from repos.services.maintenance import maintain_stale as ask

    ask()
