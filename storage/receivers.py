"""Answers the repos room when a repository goes away."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from repos.models import Repository
from repos.signals import deleting


@receiver(deleting, dispatch_uid="storage-forget-usage")
def forget_usage(*, repository: Repository, **_: Any) -> None:
    """Give the owner back the room that the repository's objects took; the rows go with the repository."""
    from storage.services import forget_usage as forget

    forget(repository=repository)
