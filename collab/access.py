"""Who may talk: rules beyond the doorman's level, for issues, pull requests, discussions and comments."""

from __future__ import annotations

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from collab.models import Topic
from hub.lib.errors import Forbidden, Unauthenticated
from repos.access import level_for
from repos.models import Repository


def check_talk(actor: Actor, repository: Repository, topic: Topic | None = None) -> User:
    """The person who may say something here; expects that the doorman let them in with READ.

    Anybody signed in who may read may talk; a locked topic is for writers. Raises Unauthenticated, Forbidden.
    """
    user = actor.user
    if user is None:
        raise Unauthenticated("Sign in to take part.")
    # SECURITY: reading suffices for a person, not for their read-only token.
    if actor.ceiling(repository.pk) < Level.WRITE:
        raise Forbidden("This token may only read.", next_step="Use a token with write access.")
    if topic is not None and topic.is_locked and level_for(actor, repository) < Level.WRITE:
        raise Forbidden(f"This {topic.word} is locked: only people with write access may go on.")
    return user


def check_triage(actor: Actor, repository: Repository) -> User:
    """The person who may sort things: labels, milestones, assignees, pins, locks. Needs WRITE.

    Raises Unauthenticated, Forbidden.
    """
    user = check_talk(actor, repository)
    if level_for(actor, repository) < Level.WRITE:
        raise Forbidden(f"This needs write access to {repository.full_name}.")
    return user


def may_edit(actor: Actor, repository: Repository, author_id: int | None) -> bool:
    """Whether the actor may change or delete what `author_id` wrote: their own, or anybody's with WRITE."""
    if actor.user is None or actor.ceiling(repository.pk) < Level.WRITE:
        return False
    return actor.user.pk == author_id or level_for(actor, repository) >= Level.WRITE
