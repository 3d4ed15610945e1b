"""Questions about background work."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from jobs.models import Job


def jobs_in(state: str) -> QuerySet[Job]:
    """Jobs in a state ("" for any), the latest first."""
    jobs = Job.objects.order_by("-pk")
    return jobs.filter(state=state) if state in Job.State.values else jobs


def counts() -> dict[str, int]:
    """How many jobs are in each state; states without any are there with 0."""
    found = dict(Job.objects.values_list("state").annotate(count=Count("pk")))
    return {state: found.get(state, 0) for state in Job.State.values}
