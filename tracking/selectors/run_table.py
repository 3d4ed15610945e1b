"""One page of a runs table: its runs, those nested in them as far as they are opened, and the cells of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from repos.git.objects import known_commits
from repos.models import Repository
from repos.paths import git_dir
from tracking.charts import SERIES_COLOURS, colour_of
from tracking.clock import now_ms
from tracking.models import Experiment, Run, RunStatus
from tracking.selectors.run_columns import (
    COMMIT,
    SOURCE,
    USER,
    USUAL,
    Cells,
    Column,
    Logged,
    candidates,
    column,
    default_columns,
    in_order,
    logged_of,
    metric_text,
)
from tracking.selectors.run_keyset import RunPage, page_of_runs
from tracking.selectors.run_scope import PARENT, Scope, child_counts, children_scope, scope_of
from tracking.table_state import TableState, short

__all__ = ["COMMIT", "PARENT", "SOURCE", "USER", "commits_here", "metric_text", "run_table"]

MOST_CHILDREN = 50
"""Children of one run that are shown below it; a link leads to all of them."""

MOST_DEPTH = 6
MOST_ROWS = 600
MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: `text` is "" where the run has none, `whole` is more of it. `commit` leads to the code."""

    text: str
    is_number: bool = False
    whole: str = ""
    when: datetime | None = None
    span: timedelta | None = None
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A run and its cells, in the order of the columns. `mark` is the beginning of its id by which addresses name it.

    `children` counts runs nested in it, as text; `depth` is 0 at the top level. `rests` are runs of whose children this
    one is the last that is shown, though they have more.
    """

    run: Run
    number: int
    mark: str
    colour: int
    hidden: bool
    depth: int
    children: str
    opened: bool
    rests: tuple[Run, ...]
    parent: str
    parent_name: str
    cells: tuple[Cell, ...]

    @property
    def next_colour(self) -> int:
        """The colour behind this one, for those who choose by going round."""
        return self.colour % SERIES_COLOURS + 1


@dataclass(frozen=True, slots=True)
class Table:
    """One page of the table."""

    rows: list[Row]
    columns: list[Column]
    page: RunPage
    has_running: bool

    @property
    def top(self) -> int:
        """Runs of the top level on this page."""
        return len(self.page.keys)


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a run stands in the table."""

    run: Run
    depth: int
    children: int
    opened: bool
    rests: tuple[Run, ...] = ()


def run_table(repository: Repository, experiments: Sequence[Experiment], state: TableState) -> Table:
    """The page that the state asks for, of one or several experiments of the repository.

    Raises FilterError when filter or order are not understood.
    """
    scope = scope_of(repository, experiments, state)
    page = page_of_runs(scope, state)
    return _table(scope, state, page, _as_tree(scope, state, runs_in_order(page.keys), 0))


def empty_table(state: TableState) -> Table:
    """The table without runs, in place of one whose filter is not understood."""
    return Table([], [column(key) for key in state.columns or USUAL], RunPage([], 0, "", ""), False)


def runs_in_order(keys: Sequence[int]) -> list[Run]:
    """The runs with these primary keys, in this order."""
    found = Run.objects.in_bulk(keys)
    return [found[key] for key in keys if key in found]


def _as_tree(scope: Scope, state: TableState, runs: Sequence[Run], depth: int) -> list[_Stand]:
    """The runs, each followed by those nested in it where they are opened."""
    if not state.tree:
        return [_Stand(run, 0, 0, False) for run in runs]
    counts = child_counts(scope, runs, most=MOST_COUNTED)
    found: list[_Stand] = []
    for run in runs:
        opened = state.is_open(run.uuid) and run.pk in counts and depth < MOST_DEPTH and len(found) < MOST_ROWS
        found.append(_Stand(run, depth, counts.get(run.pk, 0), opened))
        if opened:
            below = page_of_runs(children_scope(scope, run), state.changed(size=MOST_CHILDREN))
            found += _as_tree(scope, state, runs_in_order(below.keys), depth + 1)
            if below.after:
                found[-1] = replace(found[-1], rests=(*found[-1].rests, run))
    return found


def _table(scope: Scope, state: TableState, page: RunPage, stands: Sequence[_Stand]) -> Table:
    keys = [stand.run.pk for stand in stands]
    offered = [] if state.columns else candidates(keys)
    repository = scope.repository
    logged = logged_of(repository, keys, {*state.columns, *state.pinned, *offered})
    if state.columns:
        chosen = [column(key) for key in state.columns]
    else:
        several = ("experiment",) if len(scope.experiments) > 1 else ()
        chosen = [column(key) for key in (*several, *USUAL)] + default_columns(offered, logged, len(keys))
    columns = in_order(chosen, state, logged, len(keys))
    context = _Context(
        state,
        logged,
        {experiment.pk: experiment for experiment in scope.experiments},
        _parent_names(repository, logged.tags),
        commits_here(repository, {tags.get(COMMIT, "") for tags in logged.tags.values()}),
    )
    rows = [_row(stand, columns, context) for stand in stands]
    return Table(rows, columns, page, any(stand.run.status == RunStatus.RUNNING for stand in stands))


@dataclass(frozen=True, slots=True)
class _Context:
    state: TableState
    logged: Logged
    experiments: Mapping[int, Experiment]
    names: Mapping[str, str]
    commits: Set[str]


def _row(stand: _Stand, columns: Sequence[Column], context: _Context) -> Row:
    run, state = stand.run, context.state
    parent = context.logged.tags.get(run.pk, {}).get(PARENT, "")
    count = stand.children
    return Row(
        run=run,
        number=context.experiments[run.experiment_id].number,
        mark=short(run.uuid),
        colour=state.colour_of(run.uuid, colour_of(run.pk)),
        hidden=state.is_hidden(run.uuid),
        depth=stand.depth,
        children="" if not count else f"{count - 1}+" if count >= MOST_COUNTED else str(count),
        opened=stand.opened,
        rests=stand.rests,
        parent=parent if parent in context.names else "",
        parent_name=context.names.get(parent, ""),
        cells=tuple(_cell(run, each, context) for each in columns),
    )


def _cell(run: Run, shown: Column, context: _Context) -> Cell:
    if not shown.kind:
        return _known(run, shown.key, context)
    text = context.logged.of(shown.kind).get(run.pk, {}).get(shown.label, "")
    return _text(text) if shown.kind != "metrics" else Cell(text, is_number=True)


def _text(text: str) -> Cell:
    return Cell(text[:80] + "…", whole=text) if len(text) > 80 else Cell(text, whole=text if len(text) > 24 else "")


def _known(run: Run, key: str, context: _Context) -> Cell:
    """What is known of every run."""
    tags: Mapping[str, str] = context.logged.tags.get(run.pk, {})
    if key == "start_time":
        return Cell("", when=run.started)
    if key == "end_time":
        return Cell("", when=run.ended)
    if key == "duration":
        return Cell("", is_number=True, span=run.duration or _so_far(run))
    if key == "source":
        commit = tags.get(COMMIT, "")
        source = tags.get(SOURCE, "").rpartition("/")[2]
        return Cell(commit[:8] or source[:40], whole=source, commit=commit if commit in context.commits else "")
    texts = {
        "user_id": run.user_name or tags.get(USER, ""),
        "status": run.get_status_display(),
        "experiment": context.experiments[run.experiment_id].name,
    }
    return _text(texts.get(key, run.uuid))


def _so_far(run: Run) -> timedelta | None:
    """How long a run has been going on."""
    if run.status != RunStatus.RUNNING or not run.start_time:
        return None
    return timedelta(milliseconds=max(0, now_ms() - run.start_time))


def _parent_names(repository: Repository, tags: Cells) -> dict[str, str]:
    parents = {of_run[PARENT] for of_run in tags.values() if of_run.get(PARENT)}
    # SECURITY: anybody may write any run's id into a tag; only runs of the same repository are named.
    rows = Run.objects.filter(repository=repository.pk, uuid__in=parents)
    return dict(rows.values_list("uuid", "name")) if parents else {}


def commits_here(repository: Repository, commits: Iterable[str]) -> set[str]:
    """Those of the commit ids that the repository holds."""
    wanted = {commit for commit in commits if commit}
    return known_commits(git_dir(repository), wanted) if wanted and not repository.is_empty else set()
