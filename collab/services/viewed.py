"""Marks that reviewers put on files they have looked at; a mark holds as long as the file's change is the same."""

from __future__ import annotations

from accounts.actor import Actor
from collab.models import PullRequest, ViewedFile
from hub.lib.errors import Invalid, Unauthenticated


def mark_viewed(*, actor: Actor, pull: PullRequest, path: str, change: str, viewed: bool) -> None:
    """Put or take away the actor's own mark on a file; `change` is its old and new blob.

    Raises Unauthenticated, Invalid for a path too long to be kept.
    """
    if actor.user is None:
        raise Unauthenticated("Sign in to mark files.")
    if len(path) > 1000:
        raise Invalid("This path is too long to be marked.", field="path")
    if viewed:
        ViewedFile.objects.update_or_create(pull=pull, user=actor.user, path=path, defaults={"change": change})
    else:
        ViewedFile.objects.filter(pull=pull, user=actor.user, path=path).delete()
