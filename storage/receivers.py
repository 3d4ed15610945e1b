"""Answers the repos room when refs moved, when a repository goes away or gets another owner."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import Owner
from jobs.services import enqueue
from repos.models import Repository
from repos.signals import deleting, forked, moving, pushed


@receiver(deleting, dispatch_uid="storage-forget-usage")
def forget_usage(*, repository: Repository, **_: Any) -> None:
    """Give the owner back the room that the repository's objects took; the rows go with the repository."""
    from storage.services import forget_usage as forget

    forget(repository=repository)


@receiver(moving, dispatch_uid="storage-move-usage")
def move_usage(*, repository: Repository, old_owner: Owner, new_owner: Owner, **_: Any) -> None:
    """Count the repository's objects for the owner it goes to."""
    from storage.services import move_usage as move

    move(repository=repository, old_owner=old_owner, new_owner=new_owner)


@receiver(pushed, dispatch_uid="storage-index-data")
def index_data(*, repository_id: int, **_: Any) -> None:
    """Have the directories that the pushed pointers name read into rows."""
    enqueue("storage.index_repository", repository_id)


@receiver(forked, dispatch_uid="storage-give-fork-data")
def give_fork_data(*, repository: Repository, **_: Any) -> None:
    """Have a fork hold what its commits need of its parent's data."""
    enqueue("storage.give_fork_data", repository.pk)
