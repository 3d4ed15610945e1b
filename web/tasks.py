"""Background work of the web room."""

from __future__ import annotations

from jobs.tasks import job_task


@job_task(name="web.demo")
def make_demo(user_id: int) -> None:
    """Make the demonstration for an administrator, unless it is there already."""
    from accounts.models import User
    from web.demo.selectors import demo_exists
    from web.demo.services import create_demo

    owner = User.objects.filter(pk=user_id, is_superuser=True, is_active=True).first()
    if owner is not None and not demo_exists():
        create_demo(owner=owner)
