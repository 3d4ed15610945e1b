"""Background work of the registry."""

from __future__ import annotations

from jobs.tasks import job_task


@job_task(name="registry.deliver_webhook")
def deliver_webhook(delivery_id: int) -> None:
    """Send a delivery to its webhook."""
    from registry.services.deliveries import deliver

    deliver(delivery_id=delivery_id)


@job_task(name="registry.try_prompt")
def try_prompt(trial_id: int) -> None:
    """Call an endpoint for what is left of a trial."""
    from registry.services.playground_work import continue_trial

    continue_trial(trial_id=trial_id)
