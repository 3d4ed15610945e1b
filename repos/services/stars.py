"""Stars: repositories that people mark to find them again, and their count on the repository's row."""

from __future__ import annotations

from django.db import transaction

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from hub.lib.errors import Forbidden, Unauthenticated
from repos.models import Repository, Star


def star(*, actor: Actor, repository: Repository) -> bool:
    """The actor stars a repository that they may read; False when they did. Raises Unauthenticated, Forbidden."""
    user = _person(actor, repository)
    with transaction.atomic():
        _, made = Star.objects.get_or_create(repository=repository, user=user)
        if made:
            _count(repository)
    return made


def unstar(*, actor: Actor, repository: Repository) -> bool:
    """They do not any more; False when they did not. Raises Unauthenticated, Forbidden."""
    user = _person(actor, repository)
    with transaction.atomic():
        gone, _ = Star.objects.filter(repository=repository, user=user).delete()
        if gone:
            _count(repository)
    return bool(gone)


def _person(actor: Actor, repository: Repository) -> User:
    if actor.user is None:
        raise Unauthenticated("Sign in to star repositories.")
    # SECURITY: reading suffices for a person, not for their read-only token.
    if actor.ceiling(repository.pk) < Level.WRITE:
        raise Forbidden("This token may only read.", next_step="Use a token with write access.")
    return actor.user


def _count(repository: Repository) -> None:
    """Counted afresh under a lock, so that no drift of the past stays."""
    row = Repository.objects.select_for_update().only("pk").get(pk=repository.pk)
    repository.stars_count = Star.objects.filter(repository=row).count()
    Repository.objects.filter(pk=row.pk).update(stars_count=repository.stars_count)
