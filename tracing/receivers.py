"""Answers the repos room when a repository goes away."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from repos.models import Repository
from repos.signals import deleting


@receiver(deleting, dispatch_uid="tracing-forget-repository")
def forget_repository(*, repository: Repository, **_: Any) -> None:
    """Delete the rows of this room in bulk; Django's own cascade would load them one by one."""
    from tracing.services.purge import purge_repository

    purge_repository(repository=repository)
