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


@job_task(name="repos.draw_notebook")
def draw_notebook(rendering_id: int) -> None:
    """Draw one notebook as HTML."""
    from repos.services.renderings import draw_notebook as draw

    draw(rendering_id)


@job_task(name="repos.call_webhooks")
def call_webhooks(activity_id: int) -> None:
    """Write down what webhooks are to be told of a row of Activity."""
    from repos.services.hook_deliveries import call_webhooks as call

    call(activity_id=activity_id)


@job_task(name="repos.deliver_webhook")
def deliver_webhook(delivery_id: int) -> None:
    """Send a delivery to its webhook."""
    from repos.services.hook_deliveries import deliver

    deliver(delivery_id=delivery_id)
