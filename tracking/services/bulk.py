"""Changes many runs at once: tags, the archive, the trash, another experiment.

Which runs are meant is written down when it is asked for. A few are changed at once, many by a job in small
transactions, with room for other writers between them; each may be stopped at any time and begun again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from hub.lib.errors import Conflict, Invalid
from jobs.services import enqueue
from repos.access import level_for
from repos.models import Repository
from repos.services import activity
from tracking import rules, sql
from tracking.models import Action, BulkChange, BulkItem, Experiment
from tracking.search.compile import Condition
from tracking.selectors.bulk import with_nested
from tracking.selectors.run_scope import Scope
from tracking.services.bulk_steps import Outcome, change_some

TASK = "tracking.bulk"
AT_ONCE = 200
"""So many runs are changed while the page is waited for; with more, a job does it."""
MOVED_AT_ONCE = 20
TURN = 240
"""Seconds that one job works before it makes room for others in the queue."""
NOT_ALLOWED = "who asked may not write here any more"
_VERBS = {
    Action.TAG: "tagged runs",
    Action.UNTAG: "untagged runs",
    Action.MOVE: "moved runs",
    Action.ARCHIVE: "archived runs",
    Action.UNARCHIVE: "unarchived runs",
    Action.DELETE: "deleted runs",
    Action.RESTORE: "restored runs",
}


def ask_change(
    *,
    repository: Repository,
    experiment: Experiment,
    action: Action,
    chosen: Sequence[str] | Scope,
    arguments: Mapping[str, str] | None = None,
    expected: int | None = None,
    actor: Actor,
) -> BulkChange:
    """The chosen runs (ids, or all of a scope) wait to be changed, or are, where they are few.

    `arguments`: `key` and `value` of a tag, `experiment` (its number) of a move; what is nested in a run goes with it.
    Raises Invalid for arguments that make no sense, Conflict where no run is left to change, or not `expected` many.
    """
    checked = _checked(repository, action, arguments or {})
    with sql.writing():
        change = BulkChange.objects.create(
            repository=repository, experiment=experiment, action=action, arguments=checked, asked_by=actor.user
        )
        chosen_now = _add_scope(change, chosen) if isinstance(chosen, Scope) else _add_picked(change, chosen)
        if not chosen_now:
            raise Conflict("No run was picked, so nothing was changed.")
        if expected is not None and chosen_now != expected:
            raise Conflict(
                f"The filter matched {expected:,} runs when you looked, and matches {chosen_now:,} now. "
                "Nothing was changed.",
                next_step="Look at the number again.",
            )
        change.total = chosen_now + (_add_nested(change) if action is Action.MOVE else 0)
        change.save(update_fields=["total"])
        at_once = change.total <= (MOVED_AT_ONCE if action is Action.MOVE else AT_ONCE)
        if not at_once:
            enqueue(TASK, change.pk)
    if at_once:
        work_on_change(change_id=change.pk)
        change.refresh_from_db()
    return change


def _checked(repository: Repository, action: Action, given: Mapping[str, str]) -> dict[str, Any]:
    if action in (Action.TAG, Action.UNTAG):
        key = rules.check_key(given.get("key", "").strip())
        if not key:
            raise Invalid("A tag needs a key.", field="key")
        if key.startswith("mlflow."):  # One of them is the run's name.
            raise Invalid("Keys that begin with mlflow. are written by clients.", field="key",
                          next_step="Choose another key.")  # fmt: skip
        if action is Action.UNTAG:
            return {"key": key}
        value = given.get("value", "")
        if len(value) > rules.MAX_TAG_VALUE:  # Clients' longer ones are cut; what somebody types is not.
            raise rules.too_long("value", rules.MAX_TAG_VALUE)
        return {"key": key, "value": rules.check_tag(key, value)[1]}
    if action is not Action.MOVE:
        return {}
    number = given.get("experiment", "")
    known = number.isascii() and number.isdecimal() and len(number) < 19
    target = Experiment.objects.filter(repository=repository, number=int(number) if known else -1).first()
    if target is None or target.is_deleted:
        raise Invalid("Choose an experiment of this repository that is not in the trash.", field="experiment")
    return {"experiment": target.number, "name": target.name}


def _add_scope(change: BulkChange, scope: Scope) -> int:
    inside = scope.inside
    return sql.change(
        f"INSERT INTO tracking_bulkitem (change_id, run_id) SELECT ?, r.id FROM tracking_run r WHERE {inside.text}",
        (change.pk, *inside.values),
    )


def _add_picked(change: BulkChange, uuids: Sequence[str]) -> int:
    test, value = sql.among("uuid", [uuid for uuid in dict.fromkeys(uuids) if "\0" not in uuid])
    # SECURITY: ids come from a form; only runs of this repository are taken.
    return sql.change(
        "INSERT INTO tracking_bulkitem (change_id, run_id) SELECT ?, id FROM tracking_run "
        f"WHERE repository_id = ? AND {test}",
        (change.pk, change.repository_id, value),
    )


def _add_nested(change: BulkChange) -> int:
    """The runs nested in those chosen, to any depth, in the same experiments; how many came on top."""
    chosen = Condition("r.id IN (SELECT run_id FROM tracking_bulkitem WHERE change_id = ?)", (change.pk,))
    family = with_nested(chosen)
    return sql.change(
        f"INSERT INTO tracking_bulkitem (change_id, run_id) SELECT CAST(? AS bigint), q.id FROM ({family.text}) q "
        "WHERE 1 = 1 ON CONFLICT DO NOTHING",
        (change.pk, *family.values),
    )


def work_on_change(*, change_id: int, seconds: float = TURN) -> bool:
    """The change is further by what `seconds` allow; returns whether it is finished (or gone)."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        started = time.monotonic()
        if _batch(change_id):
            return True
        time.sleep(min(time.monotonic() - started, 0.2))  # As long as it took: others get half of the time.
    return False


def continue_change(*, change_id: int) -> None:
    """Work on the change for a while; ask for another turn if that was not enough.

    Runs that are left when whoever asked may no longer write to the repository stay as they are.
    """
    _check_access(change_id)
    if not work_on_change(change_id=change_id):
        enqueue(TASK, change_id)


def _check_access(change_id: int) -> None:
    """Refuse all that is left, where who asked has lost access meanwhile."""
    with sql.writing():
        change = BulkChange.objects.select_for_update().filter(pk=change_id, finished_at__isnull=True).first()
        # SECURITY: a job may wait for long, and acts for somebody: what they may do is looked at when it is done.
        if change is None or level_for(Actor(user=_who(change)), change.repository) >= Level.WRITE:
            return
        left = sql.change("DELETE FROM tracking_bulkitem WHERE change_id = ?", (change_id,))
        change.refused += left
        change.reasons = {**change.reasons, NOT_ALLOWED: left}
        _finish(change)
        change.save()


def _who(change: BulkChange) -> User | None:
    return change.asked_by if change.asked_by and change.asked_by.is_active else None


def _batch(change_id: int) -> bool:
    """One transaction; whether the change is finished."""
    with sql.writing():
        change = BulkChange.objects.select_for_update().filter(pk=change_id, finished_at__isnull=True).first()
        if change is None:
            return True
        outcome: Outcome = change_some(change)
        change.done += outcome.done
        change.refused += sum(outcome.reasons.values())
        change.reasons = dict(Counter(change.reasons) + outcome.reasons)
        finished = not BulkItem.objects.filter(change=change).exists()
        if finished:
            _finish(change)
        change.save()
    return finished


def _finish(change: BulkChange) -> None:
    change.finished_at = timezone.now()
    data = {**change.arguments, "experiment_number": change.experiment.number, "runs": change.done}
    activity.record(
        actor=Actor(user=change.asked_by), repository=change.repository, verb=_VERBS[Action(change.action)],
        subject=told(change), data=data,
    )  # fmt: skip


def told(change: BulkChange) -> str:
    """What a change has done so far, in words: `3 runs are in the trash`."""
    arguments, count = change.arguments, change.done
    runs = f"{count:,} run{'' if count == 1 else 's'}"
    have, are = ("has", "is") if count == 1 else ("have", "are")
    return {
        Action.TAG: f"{runs} {have} the tag {arguments.get('key')}={str(arguments.get('value', ''))[:80]}",
        Action.UNTAG: f"{runs} {have} no tag {arguments.get('key')}",
        Action.MOVE: f"{runs} {are} in {arguments.get('name')}",
        Action.ARCHIVE: f"{runs} {are} archived",
        Action.UNARCHIVE: f"{runs} {are} out of the archive",
        Action.DELETE: f"{runs} {are} in the trash",
        Action.RESTORE: f"{runs} {are} back",
    }[Action(change.action)]
