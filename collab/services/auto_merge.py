"""Merges that were ordered beforehand: they happen by themselves once nothing stands in the way."""

from __future__ import annotations

import structlog
from django.db import transaction

from accounts.actor import Actor
from collab.access import check_talk, check_triage
from collab.models import PullRequest, Topic
from collab.selectors.pulls import pulls
from collab.selectors.standing import standing
from collab.services.happening import note
from collab.services.merging import check_may_merge, merge_pull
from collab.services.pull_state import look_at
from hub.lib.errors import Conflict, Forbidden, HubError, Unavailable
from jobs.services import enqueue

log = structlog.get_logger()

TRY = "collab.try_auto_merge"
MOST_AT_ONCE = 200


def order_merge(
    *, actor: Actor, pull: PullRequest, method: str, title: str = "", message: str = "", delete_branch: bool = False
) -> None:
    """It will be merged this way, in the actor's name, as soon as nothing stands in the way.

    Raises Conflict when nothing does (merge it), or what does cannot go away by itself; Forbidden, Invalid.
    """
    check_talk(actor, pull.repository)
    stands = standing(pull, actor)
    check_may_merge(actor, pull, method, stands)
    if stands.is_clear:
        raise Conflict("Nothing stands in the way.", next_step="Merge it now.")
    if not stands.can_wait:
        words = " ".join(blocker.words for blocker in stands.blockers if not blocker.waits)
        raise Conflict(f"Waiting does not help: {words}")
    with transaction.atomic():
        PullRequest.objects.filter(pk=pull.pk).update(
            auto_method=method,
            auto_by=actor.user,
            auto_title=" ".join(title.replace("\0", "").split())[:255],
            auto_message=message.replace("\0", "").strip(),
            auto_delete_branch=delete_branch,
        )
        note(actor=actor, topic=pull.topic, verb="auto_merge_on", method=method)
    pull.refresh_from_db()


def call_off_merge(*, actor: Actor, pull: PullRequest) -> None:
    """It will not be merged by itself. Writers, the author and who ordered it may; doing it twice changes nothing."""
    user = check_talk(actor, pull.repository)
    if user.pk not in (pull.topic.author_id, pull.auto_by_id):
        check_triage(actor, pull.repository)
    if pull.auto_method:
        _end(actor, pull, "")


def try_auto_merge(pull_id: int) -> bool:
    """Merge what was ordered if nothing stands in the way now; whether it was merged."""
    pull = look_at(pull_id)
    if pull is None or not pull.auto_method:
        return False
    actor = Actor(user=pull.auto_by)
    if not pull.topic.is_open:
        _end(actor, pull, "the pull request was closed")
        return False
    if pull.auto_by is None or not pull.auto_by.is_active:
        _end(actor, pull, "who ordered it is not here any more")
        return False
    stands = standing(pull, actor)
    if not stands.is_clear:
        return False
    try:
        merge_pull(
            actor=actor,
            pull=pull,
            method=pull.auto_method,
            title=pull.auto_title,
            message=pull.auto_message,
            expected_head=pull.head_commit,
            delete_branch=pull.auto_delete_branch or None,
        )
    except (Unavailable, Conflict) as error:  # Something came in between, or may come right by itself.
        log.info("auto_merge_waits", pull=pull.pk, error=error.message)
        return False
    except (Forbidden, HubError) as error:
        _end(actor, pull, error.message)
        return False
    return True


def sweep_auto_merges() -> int:
    """Ask for another try of all merges that wait: what clears the way is not always announced. How many wait."""
    waiting = PullRequest.objects.exclude(auto_method="").filter(topic__state=Topic.State.OPEN)
    keys = list(waiting.values_list("pk", flat=True)[:MOST_AT_ONCE])
    with transaction.atomic():
        for key in keys:
            enqueue(TRY, key, queue="git")
    return len(keys)


def want_auto_merges(repository_id: int, commit: str) -> None:
    """Something was said of a commit: merges that wait for it are tried. In the caller's transaction."""
    rows = pulls().filter(repository_id=repository_id, head_commit=commit).exclude(auto_method="")
    for key in rows.values_list("pk", flat=True):
        enqueue(TRY, key, queue="git")


def _end(actor: Actor, pull: PullRequest, reason: str) -> None:
    with transaction.atomic():
        PullRequest.objects.filter(pk=pull.pk).update(auto_method="", auto_by=None)
        note(actor=actor, topic=pull.topic, verb="auto_merge_ended", reason=reason)
    pull.auto_method = ""
