"""The decorator that binds a function to a job row, and the periodic sweep."""

from __future__ import annotations

from collections.abc import Callable

from celery import shared_task

from jobs import services


def job_task(*, name: str) -> Callable[[Callable[[int], object]], Callable[[int], None]]:
    """Make a Celery task of a function that takes the id of the object it is about.

    The message carries the job's id alone; the row says what it concerns and whether it is still wanted.
    """

    def bind(work: Callable[[int], object]) -> Callable[[int], None]:
        @shared_task(name=name, ignore_result=True)
        def task(job_id: int) -> None:
            services.run(job_id, work)

        return task

    return bind


@shared_task(name="jobs.sweep", ignore_result=True)
def sweep() -> None:
    """Send overdue jobs again."""
    services.sweep()
