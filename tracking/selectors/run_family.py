"""The family of a run: the runs that it is nested in, and those nested in it, as a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from repos.models import Repository
from tracking import sql
from tracking.models import Run
from tracking.selectors.run_table import PARENT

MOST_ABOVE = 8
MOST_LEVELS = 4
MOST_BELOW = 100
"""Runs nested in a run that its page lists, all levels together."""


@dataclass(frozen=True, slots=True)
class Relative:
    """A run of the tree below a run; `depth` is 1 for its own children. `more`: of its children some are not shown."""

    run: Run
    depth: int


@dataclass(frozen=True, slots=True)
class Family:
    """`above` begins with the outermost run; `below` is in the order of the tree; `more`: not all are listed."""

    above: list[Run]
    below: list[Relative]
    more: bool


def family_of(repository: Repository, run: Run, tags: Mapping[str, str]) -> Family:
    """The runs above and below a run, trash aside below it."""
    below, more = _below(repository, run)
    return Family(_above(repository, run, tags.get(PARENT, "")), below, more)


def _above(repository: Repository, run: Run, parent: str) -> list[Run]:
    found: list[Run] = []
    seen = {run.uuid}
    while parent and parent not in seen and len(found) < MOST_ABOVE:
        seen.add(parent)
        # SECURITY: anybody may write any run's id into a tag; only runs of the same repository are named.
        above = Run.objects.select_related("experiment").filter(repository=repository, uuid=parent[:32]).first()
        if above is None:
            break
        found.append(above)
        parent = above.tags.filter(key=PARENT).values_list("value", flat=True).first() or ""
    return found[::-1]


def _below(repository: Repository, run: Run) -> tuple[list[Relative], bool]:
    children: dict[str, list[int]] = {}
    names = {run.uuid: run.pk}
    level, more = [run.uuid], False
    for _ in range(MOST_LEVELS):
        rows = _children(repository, level, MOST_BELOW + 1 - (len(names) - 1))
        level = []
        for key, uuid, parent in rows:
            if uuid not in names and len(names) <= MOST_BELOW:
                names[uuid] = key
                children.setdefault(parent, []).append(key)
                level.append(uuid)
            else:
                more = more or uuid not in names
        if not level:
            break
    runs = Run.objects.select_related("experiment").in_bulk([key for key in names.values() if key != run.pk])
    found: list[Relative] = []
    _lay(run.uuid, 1, children, runs, found)
    return found, more


def _lay(
    uuid: str, depth: int, children: Mapping[str, list[int]], runs: Mapping[int, Run], found: list[Relative]
) -> None:
    for key in children.get(uuid, ()):
        if key in runs:
            found.append(Relative(runs[key], depth))
            _lay(runs[key].uuid, depth + 1, children, runs, found)


def _children(repository: Repository, parents: Sequence[str], most: int) -> list[tuple[int, str, str]]:
    """Key, id and parent's id of the runs nested in these, the newest first."""
    # Written as the index of parents has it: SQLite uses that for this very expression, and no value in its condition.
    parent = "SUBSTRING(t.value, 1, 32)" if sql.is_postgres() else "SUBSTR(t.value, 1, 32)"
    is_among, values = sql.among(parent, parents)
    # CROSS JOIN has it begin there, too: without statistics it would walk through all runs of the repository.
    rows = sql.rows(
        f"SELECT r.id, r.uuid, {parent} FROM tracking_runtag t CROSS JOIN tracking_run r"
        f" WHERE r.id = t.run_id AND t.key = 'mlflow.parentRunId' AND {is_among}"
        " AND r.repository_id = ? AND r.deleted_at IS NULL ORDER BY r.start_time DESC, r.uuid LIMIT ?",
        (values, repository.pk, most),
    )
    return [(key, uuid, parent_id) for key, uuid, parent_id in rows]
