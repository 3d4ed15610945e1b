"""Which runs a table is about: experiments, view, filter, and the place of nested runs in a tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from repos.models import Repository
from tracking import sql
from tracking.models import Experiment, Run
from tracking.search.compile import Condition, Setting, compile_filter
from tracking.search.vocabulary import RUNS_BY_HAND
from tracking.table_state import TableState

PARENT = "mlflow.parentRunId"
_TESTS = {
    "active": "r.deleted_at IS NULL AND r.archived_at IS NULL",
    "archived": "r.deleted_at IS NULL AND r.archived_at IS NOT NULL",
    "deleted": "r.deleted_at IS NOT NULL",
    "all": "1 = 1",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Runs of some experiments of a repository. `condition` is SQL about a run `r`; the experiment comes on top."""

    repository: Repository
    experiments: tuple[Experiment, ...]
    view: str
    matching: Condition
    condition: Condition
    setting: Setting
    parent: str = ""

    @property
    def homes(self) -> list[int]:
        """Keys of the experiments."""
        return [experiment.pk for experiment in self.experiments]

    @property
    def inside(self) -> Condition:
        """The test that a run `r` is in one of the experiments and matches, wherever it stands in the tree."""
        homes = self.homes
        text = f"r.experiment_id IN ({sql.marks(homes)}) AND {self.matching.text}"
        return Condition(text, (*homes, *self.matching.values))

    def expected(self) -> int:
        """About how many runs there are, without the filter: the counts that experiments keep."""
        active = sum(experiment.active_runs for experiment in self.experiments)
        deleted = sum(experiment.deleted_runs for experiment in self.experiments)
        return {"active": active, "archived": 0, "deleted": deleted, "all": active + deleted}[self.view]


def scope_of(repository: Repository, experiments: Sequence[Experiment], state: TableState) -> Scope:
    """The runs that stand at the top level of a table. Raises FilterError when the filter is not understood.

    In a tree these are the runs that no other run of the table is the parent of.
    """
    setting = Setting(repository.pk, sql.is_postgres())
    found = compile_filter(state.text, RUNS_BY_HAND, setting)
    matching = Condition(f"({_TESTS[state.view]} AND ({found.text}))", found.values)
    flat = Scope(repository, tuple(experiments), state.view, matching, matching, setting)
    if not state.tree or state.groups:
        return flat
    inside = flat.inside
    # The inner `r` is the parent, and hides the outer one, which the tag still knows.
    nested = (
        f"SELECT 1 FROM tracking_runtag t WHERE t.run_id = r.id AND t.key = '{PARENT}' AND EXISTS "
        f"(SELECT 1 FROM tracking_run r WHERE r.uuid = t.value AND {inside.text} AND {_may_hold('t.run_id')})"
    )
    roots = Condition(f"{matching.text} AND NOT EXISTS ({nested})", (*matching.values, *inside.values))
    return replace(flat, condition=roots)


def children_scope(scope: Scope, parent: Run) -> Scope:
    """The runs of the scope that stand below `parent`."""
    below = _below(parent.pk, bool(nested_among([parent.pk])))
    test = (
        f"r.id IN (SELECT t.run_id FROM tracking_runtag t WHERE t.key = '{PARENT}' AND {parent_column(scope)} = ? "
        f"AND t.value = ?) AND {below}"
    )
    values = (*scope.matching.values, parent.uuid, parent.uuid, parent.pk)
    condition = Condition(f"{scope.matching.text} AND {test}", values)
    return replace(scope, condition=condition, parent=parent.uuid)


def nested_among(runs: Sequence[int]) -> set[int]:
    """Those of the runs with these keys that say that they are nested in some run."""
    test, value = sql.among("t.run_id", list(runs))
    rows = sql.rows(f"SELECT t.run_id FROM tracking_runtag t WHERE {test} AND t.key = '{PARENT}'", (value,))
    return {row[0] for row in rows}


def parent_column(scope: Scope) -> str:
    """The expression under which the index of parents knows a tag `t`."""
    return f"{'SUBSTRING' if scope.setting.postgres else 'SUBSTR'}(t.value, 1, 32)"


def _may_hold(child: str) -> str:
    """Whether run `r` may hold a child: tags can say that runs hold each other, and then each would be hidden.

    A parent is older than its child, or it is nobody's child. So no chain of parents comes back to where it began.
    """
    nested = f"SELECT 1 FROM tracking_runtag g WHERE g.run_id = r.id AND g.key = '{PARENT}'"
    return f"(r.id < {child} OR NOT EXISTS ({nested}))"


def _below(parent: int, nested: bool) -> str:
    """The same, asked of a child `r` when the parent is known; its key is the one value."""
    return "r.id > ?" if nested else "r.id <> ?"


def child_counts(scope: Scope, runs: Sequence[Run], *, most: int = 100) -> dict[int, int]:
    """How many children runs have in the scope, counted up to `most`; runs without any are left out."""
    column = parent_column(scope)
    listed = "UNNEST(CAST(? AS text[])) AS v(value)" if scope.setting.postgres else "json_each(?) v"
    held = f"SELECT 1 FROM tracking_runtag t WHERE t.key = '{PARENT}' AND {column} = v.value"
    given = sql.among("", [run.uuid for run in runs])[1]
    holding = {row[0] for row in sql.rows(f"SELECT v.value FROM {listed} WHERE EXISTS ({held})", (given,))}
    parents = [run for run in runs if run.uuid in holding]
    if not parents:
        return {}
    inside = scope.inside
    nested = nested_among([run.pk for run in parents])
    statements: list[str] = []
    values: list[Any] = []
    for run in parents:
        statements.append(
            "SELECT CAST(? AS bigint), COUNT(*) FROM (SELECT 1 FROM tracking_runtag t JOIN tracking_run r "
            f"ON r.id = t.run_id WHERE t.key = '{PARENT}' AND {column} = ? AND {inside.text} "
            f"AND {_below(run.pk, run.pk in nested)} LIMIT {int(most)}) x"
        )
        values += [run.pk, run.uuid, *inside.values, run.pk]
    return {parent: children for parent, children in sql.rows(" UNION ALL ".join(statements), values) if children}
