"""Writes down that a pull request is merged, however that came about, and closes the issues that it names."""

from __future__ import annotations

import contextlib
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from collab.models import Kind, PullRequest, Reference, Topic
from collab.services.happening import note, tell
from collab.services.topic_state import close_topic
from hub.lib.errors import HubError
from repos.git import refs
from repos.models import Visibility
from repos.paths import git_dir

MERGED = f"{refs.HIDDEN}merged/"


def merge_mark(number: int) -> str:
    """A ref that appears in the very moment in which the base branch moves, and goes once the rows know of it."""
    return f"{MERGED}{number}"


def settle_merge(*, actor: Actor, pull: PullRequest, before: str, commit: str, method: str) -> bool:
    """The pull request is merged by `commit`, its topic closed, what it promised to close is closed too.

    False when it was written down already; nothing is told twice.
    """
    with transaction.atomic():
        now = timezone.now()
        first = PullRequest.objects.filter(pk=pull.pk, merged_at=None).update(
            merged_at=now,
            merged_by=actor.user,
            merge_commit=commit,
            merge_method=method,
            base_commit=before,
            head_commit=pull.head_commit,
            check_state=PullRequest.Check.CLEAN,
            conflicts=[],
            auto_method="",
            auto_by=None,
        )
        if not first:
            return False
        Topic.objects.filter(pk=pull.topic_id).update(
            state=Topic.State.CLOSED,
            reason=Topic.Reason.MERGED,
            closed_at=now,
            closed_by=actor.user,
            updated_at=now,
        )
        pull.refresh_from_db(fields=["merged_at", "merged_by", "merge_commit", "merge_method", "base_commit"])
        pull.topic.refresh_from_db(fields=["state", "reason", "closed_at", "closed_by"])
        note(actor=actor, topic=pull.topic, verb="merged", commit=commit, base=pull.base_branch, method=method)
        tell(actor=actor, verb="merged pull request", topic=pull.topic, commit=commit, method=method)
        if pull.base_branch == pull.repository.default_branch:
            _close_named(actor, pull)
    refs.drop_ref(git_dir(pull.repository), merge_mark(pull.topic.number))
    return True


def _close_named(actor: Actor, pull: PullRequest) -> None:
    """Close what the text of the pull request said it closes, where whoever merges may do that."""
    named = Reference.objects.filter(source=pull.topic, closes=True, target__state=Topic.State.OPEN)
    rows = named.filter(target__kind=Kind.ISSUE).select_related("target__repository__owner")
    for topic in {row.target_id: row.target for row in rows}.values():
        with contextlib.suppress(HubError), transaction.atomic():
            close_topic(actor=actor, topic=topic, **_cause(pull, topic))


def _cause(pull: PullRequest, topic: Topic) -> dict[str, Any]:
    if pull.repository_id == topic.repository_id:
        return {"pull": pull.topic.number}
    # SECURITY: the line on the issue is read by everybody there; it must not name a repository that they may not see.
    if pull.repository.visibility != Visibility.PUBLIC:
        return {}
    return {"pull": pull.topic.number, "repository": pull.repository.full_name}
