"""Whether there is a demonstration, and how its making goes."""

from __future__ import annotations

from accounts.models import Organization
from jobs.models import Job
from jobs.selectors import jobs_in

SLUG = "demo"
NAME = "penguins"
TASK = "web.demo"
# The description of the organisation tells a demonstration from what people made, and whether it was finished.
UNFINISHED = "A living example of this hub, which is just being made."
FINISHED = "A living example of this hub. Everything in it was made up; an administrator can clear it away."


def demo_exists() -> bool:
    """Whether there is a whole demonstration."""
    return Organization.objects.filter(owner__slug=SLUG, description=FINISHED).exists()


def latest_job() -> Job | None:
    """The job that was asked for last, done or not."""
    return jobs_in("").filter(task=TASK).first()
