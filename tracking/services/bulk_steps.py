"""The steps in which many runs are changed: each takes some that are left, in the caller's transaction."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from repos.models import Repository
from tracking import sql
from tracking.belongings import bound, needed
from tracking.clock import now_ms
from tracking.models import Action, BulkChange
from tracking.services.locking import hold_experiment_row
from tracking.services.run_moves import TRASHED, HeldRun, Target, move_run

STEP = 500
"""How many runs one step changes: some 20 ms, so that nobody waits longer to write."""
HOLD = 0.05
"""Seconds after which a step that moves runs ends."""
GONE = "deleted for ever meanwhile"
DOOMED = "being deleted for ever"
HOME_TRASHED = "its experiment is in the trash: restore that"
TARGET_TRASHED = "the other experiment is in the trash meanwhile"
UNCHANGED = "nothing to change"
_HOLD_RUNS = (
    "SELECT r.id, r.uuid, r.experiment_id, e.artifact_location, r.deleted_at, r.archived_at, r.status "
    "FROM tracking_run r JOIN tracking_experiment e ON e.id = r.experiment_id WHERE {} ORDER BY r.id"
)


@dataclass(slots=True)
class Outcome:
    """How many runs a step changed, and why it did not change others: words → how many."""

    done: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


def change_some(change: BulkChange) -> Outcome:
    """Some of the runs that are left are changed, or refused with a reason, and are no longer left."""
    keys = [row[0] for row in sql.rows(
        "SELECT run_id FROM tracking_bulkitem WHERE change_id = ? ORDER BY run_id LIMIT ?", (change.pk, STEP)
    )]  # fmt: skip
    if not keys:
        return Outcome()
    outcome = Outcome()
    reached = _moved(change, keys, outcome) if change.action == Action.MOVE else _changed(change, keys, outcome)
    test, value = sql.among("run_id", reached)
    sql.change(f"DELETE FROM tracking_bulkitem WHERE change_id = ? AND {test}", (change.pk, value))
    return outcome


def _hold(repository_id: int, keys: Sequence[int], *more: int) -> list[HeldRun]:
    """Lock the experiments of runs, then the runs, in the order of their keys, as everybody does."""
    test, value = sql.among("id", keys)
    homes = {row[0] for row in sql.rows(f"SELECT DISTINCT experiment_id FROM tracking_run WHERE {test}", (value,))}
    for home in sorted(homes | set(more)):
        hold_experiment_row(home)
    test, value = sql.among("r.id", keys)
    lock = " FOR NO KEY UPDATE OF r" if sql.is_postgres() else ""
    rows = sql.rows(_HOLD_RUNS.format(f"{test} AND r.repository_id = ?") + lock, (value, repository_id))
    return [HeldRun(*row) for row in rows]


def _changed(change: BulkChange, keys: Sequence[int], outcome: Outcome) -> Sequence[int]:
    held = _hold(change.repository_id, keys)
    outcome.reasons[GONE] += len(keys) - len(held)
    _STEPS[Action(change.action)](change, held, outcome)
    outcome.reasons += Counter()  # Without what happened to none.
    return keys


def _live(held: Sequence[HeldRun], outcome: Outcome) -> list[int]:
    keys = [run.pk for run in held if run.deleted_at is None]
    outcome.reasons[TRASHED] += len(held) - len(keys)
    return keys


def _tag(change: BulkChange, held: Sequence[HeldRun], outcome: Outcome) -> None:
    keys = _live(held, outcome)
    key, value = change.arguments["key"], change.arguments["value"]
    sql.insert(
        "INSERT INTO tracking_runtag (run_id, key, value)",
        [(run, key, value) for run in keys],
        "ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value",
    )
    outcome.done += len(keys)


def _untag(change: BulkChange, held: Sequence[HeldRun], outcome: Outcome) -> None:
    keys = _live(held, outcome)
    test, value = sql.among("run_id", keys)
    gone = sql.change(f"DELETE FROM tracking_runtag WHERE {test} AND key = ?", (value, change.arguments["key"]))
    outcome.done += gone
    outcome.reasons[UNCHANGED] += len(keys) - gone


def _archive(change: BulkChange, held: Sequence[HeldRun], outcome: Outcome) -> None:
    wanted = change.action == Action.ARCHIVE
    live = set(_live(held, outcome))
    keys = [run.pk for run in held if run.pk in live and (run.archived_at is None) == wanted]
    test, value = sql.among("id", keys)
    sql.change(f"UPDATE tracking_run SET archived_at = ? WHERE {test}", (now_ms() if wanted else None, value))
    outcome.done += len(keys)
    outcome.reasons[UNCHANGED] += len(live) - len(keys)


def _delete(change: BulkChange, held: Sequence[HeldRun], outcome: Outcome) -> None:
    runs = [run for run in held if run.deleted_at is None]
    outcome.reasons[UNCHANGED] += len(held) - len(runs)
    _put(runs, deleted_at=now_ms(), who=change.asked_by_id)
    outcome.done += len(runs)


def _restore(change: BulkChange, held: Sequence[HeldRun], outcome: Outcome) -> None:
    test, value = sql.among("thing_id", [run.pk for run in held])
    doomed = {row[0] for row in sql.rows(
        f"SELECT thing_id FROM tracking_purgeitem WHERE kind = 'run' AND {test}", (value,)
    )}  # fmt: skip
    test, value = sql.among("id", sorted({run.experiment for run in held}))
    trashed = {row[0] for row in sql.rows(
        f"SELECT id FROM tracking_experiment WHERE deleted_at IS NOT NULL AND {test}", (value,)
    )}  # fmt: skip
    runs = []
    for run in held:
        reason = (
            UNCHANGED if run.deleted_at is None
            else DOOMED if run.pk in doomed
            else HOME_TRASHED if run.experiment in trashed else ""
        )  # fmt: skip
        if reason:
            outcome.reasons[reason] += 1
        else:
            runs.append(run)
    _put(runs, deleted_at=None, who=None)
    outcome.done += len(runs)


def _put(runs: Sequence[HeldRun], *, deleted_at: int | None, who: int | None) -> None:
    """Into the trash or out of it, with the counts of their experiments."""
    test, value = sql.among("id", [run.pk for run in runs])
    sql.change(f"UPDATE tracking_run SET deleted_at = ?, deleted_by_id = ? WHERE {test}", (deleted_at, who, value))
    sign = 1 if deleted_at is None else -1
    for experiment, count in sorted(Counter(run.experiment for run in runs).items()):
        sql.change(
            "UPDATE tracking_experiment SET active_runs = active_runs + ?, deleted_runs = deleted_runs - ? "
            "WHERE id = ?",
            (sign * count, sign * count, experiment),
        )


def _moved(change: BulkChange, keys: Sequence[int], outcome: Outcome) -> list[int]:
    """Runs one after the other, as long as there is time; those that were reached."""
    repository = Repository.objects.select_related("owner").get(pk=change.repository_id)
    target = _target(change)
    held = {run.pk: run for run in _hold(repository.pk, keys, target.pk)} if target else {}
    # Asked again: while the experiment's row was waited for, somebody may have put it into the trash.
    if target is None or _target(change) is None:
        outcome.reasons[TARGET_TRASHED] += len(keys)
        return list(keys)
    wanted = needed(repository)
    until, reached = time.monotonic() + HOLD, []
    staying = bound(list(held))
    for key in keys:
        reached.append(key)
        reason = staying.get(key) or _move(repository, held.get(key), target, wanted)
        if reason:
            outcome.reasons[reason] += 1
        else:
            outcome.done += 1
        if time.monotonic() > until:
            break
    return reached


def _target(change: BulkChange) -> Target | None:
    found = sql.row(
        "SELECT id, artifact_location FROM tracking_experiment "
        "WHERE repository_id = ? AND number = ? AND deleted_at IS NULL",
        (change.repository_id, change.arguments["experiment"]),
    )
    return Target(*found) if found else None


def _move(repository: Repository, run: HeldRun | None, target: Target, wanted: dict[str, str]) -> str:
    """Why a run is not moved, or "" when it is."""
    if run is None:
        return GONE
    return UNCHANGED if run.experiment == target.pk else move_run(repository, run, target, wanted)


_STEPS: dict[Action, Callable[[BulkChange, Sequence[HeldRun], Outcome], None]] = {
    Action.TAG: _tag,
    Action.UNTAG: _untag,
    Action.ARCHIVE: _archive,
    Action.UNARCHIVE: _archive,
    Action.DELETE: _delete,
    Action.RESTORE: _restore,
}
