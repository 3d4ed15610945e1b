"""The runs table of an experiment: which runs a page shows, and the parameters, metrics and tags in its columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q

from hub.lib.wording import number_text
from repos.git.objects import known_commits
from repos.models import Repository
from repos.paths import git_dir
from tracking.charts import colour_of
from tracking.clock import now_ms
from tracking.models import Experiment, LatestMetric, Param, Run, RunStatus, RunTag
from tracking.selectors.paging import View
from tracking.selectors.runs import search_runs

PER_PAGE = 40
DEFAULT_COLUMNS = 6
"""Columns of each kind that are shown when nobody has chosen any."""

PARENT = "mlflow.parentRunId"
COMMIT = "mlflow.source.git.commit"
SOURCE = "mlflow.source.name"
USER = "mlflow.user"
_KNOWN_TAGS = (PARENT, COMMIT, SOURCE, USER)
ATTRIBUTES = {"run_name", "status", "start_time", "user_id"}

Cells = Mapping[int, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class TableQuery:
    """What the reader asks of the table. `sort` is a column's key, with a minus for the largest first."""

    text: str = ""
    sort: str = ""
    view: str = "active"
    columns: tuple[str, ...] = ()
    page: int = 1

    @property
    def sort_key(self) -> str:
        """The column sorted by."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Largest first."""
        return self.sort.startswith("-")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of logged values: `key` names it in the address, `label` in its head."""

    key: str
    label: str
    kind: str

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers, set to the right."""
        return self.kind == "metrics"


@dataclass(frozen=True, slots=True)
class Cell:
    """One logged value as text, "" where the run has none."""

    text: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A run and its cells, in the order of the columns. `commit_known`: the commit is in the repository."""

    run: Run
    colour: int
    duration: timedelta | None
    user: str
    commit: str
    commit_known: bool
    source: str
    parent: str
    parent_name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One page of the table. `choices` are all columns that the runs of this page could fill, by kind."""

    rows: list[Row]
    columns: list[Column]
    choices: dict[str, list[Column]]
    has_next: bool
    has_running: bool


@dataclass(slots=True)
class _Logged:
    """What the runs of a page have logged: run → key → text, by kind of column."""

    params: Cells = field(default_factory=dict)
    metrics: Cells = field(default_factory=dict)
    tags: Cells = field(default_factory=dict)

    def of(self, kind: str) -> Cells:
        return {"params": self.params, "metrics": self.metrics, "tags": self.tags}[kind]


def run_table(experiment: Experiment, query: TableQuery) -> Table:
    """The page of the table that is asked for. Raises FilterError when filter or order are not understood."""
    found = search_runs(
        experiment.repository,
        [experiment.number],
        filter_text=query.text,
        order_by=_order(query),
        view=View(query.view),
        size=PER_PAGE,
        offset=(query.page - 1) * PER_PAGE,
    )
    runs = runs_in_order([row.pk for row in found.rows])
    logged = _logged([run.pk for run in runs])
    choices = {kind: _choices(kind, logged.of(kind)) for kind in ("metrics", "params", "tags")}
    columns = _chosen(query.columns) if query.columns else default_columns(choices, logged, len(runs))
    names = _parent_names(experiment, logged.tags)
    commits = commits_here(experiment.repository, {tags.get(COMMIT, "") for tags in logged.tags.values()})
    return Table(
        rows=[_row(run, columns, logged, names, commits) for run in runs],
        columns=columns,
        choices=choices,
        has_next=found.more,
        has_running=any(run.status == RunStatus.RUNNING for run in runs),
    )


def runs_in_order(keys: Sequence[int]) -> list[Run]:
    """The runs with these primary keys, in this order."""
    found = Run.objects.in_bulk(keys)
    return [found[key] for key in keys if key in found]


def _order(query: TableQuery) -> list[str]:
    if not query.sort_key:
        return []
    kind, dot, key = query.sort_key.partition(".")
    name = f"{kind}.`{key}`" if dot else kind
    return [f"{name} {'DESC' if query.descending else 'ASC'}"]


def _logged(keys: Sequence[int]) -> _Logged:
    params = Param.objects.filter(run__in=keys).values_list("run_id", "key", "value")
    metrics = LatestMetric.objects.filter(run__in=keys).values_list("run_id", "key__name", "value", "is_nan")
    ours = Q(key__in=_KNOWN_TAGS) | ~Q(key__startswith="mlflow.")
    tags = RunTag.objects.filter(ours, run__in=keys).values_list("run_id", "key", "value")
    return _Logged(
        _by_run(params),
        _by_run((run, key, metric_text(value, is_nan)) for run, key, value, is_nan in metrics),
        _by_run(tags),
    )


def metric_text(value: float, is_nan: bool) -> str:
    """A logged value as tables show it."""
    return "NaN" if is_nan else number_text(value)


def _by_run(values: Iterable[tuple[int, str, str]]) -> Cells:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for run, key, text in values:
        found[run][key] = text
    return found


def _choices(kind: str, cells: Cells) -> list[Column]:
    keys = {key for of_run in cells.values() for key in of_run}
    return [column(f"{kind}.{key}") for key in sorted(keys) if kind != "tags" or not key.startswith("mlflow.")]


def column(key: str) -> Column:
    """The column that an address names: `params.lr`, `metrics.loss`, `tags.team`."""
    kind, _, label = key.partition(".")
    return Column(key, label, kind)


def _chosen(keys: Sequence[str]) -> list[Column]:
    found = [column(key) for key in dict.fromkeys(keys)]
    return [each for each in found if each.kind in ("params", "metrics", "tags") and each.label]


def default_columns(choices: Mapping[str, list[Column]], logged: _Logged, runs: int) -> list[Column]:
    """The metrics and parameters in which the runs differ; all of them while there is little to compare."""
    shown: list[Column] = []
    for kind in ("metrics", "params"):
        offered = [each for each in choices[kind] if not each.label.startswith("system/")]
        differing = [each for each in offered if runs < 2 or _differs(logged.of(kind), each.label, runs)]
        shown += (differing or (offered if kind == "metrics" else []))[:DEFAULT_COLUMNS]
    return shown


def _differs(cells: Cells, key: str, runs: int) -> bool:
    values = [of_run[key] for of_run in cells.values() if key in of_run]
    return len(values) < runs or len(set(values)) > 1


def _parent_names(experiment: Experiment, tags: Cells) -> dict[str, str]:
    parents = {of_run[PARENT] for of_run in tags.values() if of_run.get(PARENT)}
    # SECURITY: anybody may write any run's id into a tag; only runs of the same repository are named.
    rows = Run.objects.filter(repository=experiment.repository_id, uuid__in=parents)
    return dict(rows.values_list("uuid", "name")) if parents else {}


def commits_here(repository: Repository, commits: Iterable[str]) -> set[str]:
    """Those of the commit ids that the repository holds."""
    wanted = {commit for commit in commits if commit}
    return known_commits(git_dir(repository), wanted) if wanted and not repository.is_empty else set()


def _so_far(run: Run) -> timedelta | None:
    """How long a run has been going on."""
    if run.status != RunStatus.RUNNING or not run.start_time:
        return None
    return timedelta(milliseconds=max(0, now_ms() - run.start_time))


def _row(run: Run, columns: Sequence[Column], logged: _Logged, names: Mapping[str, str], commits: Set[str]) -> Row:
    tags = logged.tags.get(run.pk, {})
    parent = tags.get(PARENT, "")
    return Row(
        run=run,
        colour=colour_of(run.pk),
        duration=run.duration or _so_far(run),
        user=run.user_name or tags.get(USER, ""),
        commit=tags.get(COMMIT, ""),
        commit_known=tags.get(COMMIT, "") in commits,
        source=tags.get(SOURCE, "").rpartition("/")[2],
        parent=parent if parent in names else "",
        parent_name=names.get(parent, ""),
        cells=tuple(Cell(logged.of(each.kind).get(run.pk, {}).get(each.label, ""), each.is_number) for each in columns),
    )
