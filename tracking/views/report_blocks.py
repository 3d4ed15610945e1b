"""The blocks of reports as parts of a page: runs, curves, comparisons and files of the same repository."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse

from hub.lib.errors import Invalid
from repos.git.objects import Missing
from repos.models import Repository
from repos.views.frame import base_url, draw, repo_page
from storage.tracked import tracked_at
from storage.viewers.asks import Ask
from storage.viewers.drawing import draw_view
from storage.views.sides import Side, side_of_file, side_of_out
from tracking.charts import colour_of
from tracking.models import Run, RunStatus
from tracking.reports.blocks import (
    LONGEST_BLOCK,
    BlockFault,
    ChartBlock,
    Chosen,
    CompareBlock,
    FileBlock,
    RunsBlock,
    order_terms,
    read_block,
)
from tracking.reports.document import Embed
from tracking.selectors.reports import MOST_LINES, Values, chosen_runs, commit_at, differing, values_of
from tracking.table_state import LOGGED, Sort, TableState, is_sortable
from tracking.views.experiments import home_of

FILE_ROWS = 50
FILE_LINES = 60
CHART_SECONDS = 20
UNSETTLED = {RunStatus.RUNNING, RunStatus.SCHEDULED}
_KINDS = {"metrics": "metric", "params": "parameter", "tags": "tag"}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: a run with its values, each with whether it is a number."""

    run: Run
    colour: int
    url: str
    cells: tuple[tuple[str, bool], ...]


@repo_page()
def report_block(request: HttpRequest, repo: Repository) -> HttpResponse:
    """`kind` and `text` of a block; `at`: the commit that its report is read at; `line`: where it stands in it."""
    kind, source = request.GET.get("kind", ""), request.GET.get("text", "").replace("\r\n", "\n")
    if not kind or len(source) > LONGEST_BLOCK:
        raise Invalid("A block has a kind, and its text has at most 3,000 characters.", field="text")
    word = request.GET.get("line", "")
    line = int(word) if word.isascii() and word.isdecimal() and len(word) < 8 else 0
    context = block_context(repo, Embed(0, kind, source, line), request.GET.get("at", ""))
    page, part = "tracking/report_block.html", "tracking/_report_block.html"
    return draw(request, repo, page, context, part=part, active="experiments")


def block_context(repo: Repository, embed: Embed, at: str) -> dict[str, Any]:
    """What the template of blocks needs to draw one, or to say what is wrong with it. `at`: the report's commit."""
    try:
        context = _drawn(repo, read_block(embed.kind, embed.source), at)
    except BlockFault as fault:
        context = {"fault": fault.message, "fault_line": embed.line_of(fault.line_in(embed.source))}
    return {**context, "kind": embed.kind, "source": embed.source}


def _drawn(repo: Repository, block: Any, at: str) -> dict[str, Any]:
    drawers: dict[type, Callable[..., dict[str, Any]]] = {
        RunsBlock: _runs, ChartBlock: _chart, CompareBlock: _compare, FileBlock: _file,
    }  # fmt: skip
    return {"block": block, **drawers[type(block)](repo, block, at)}


def _runs(repo: Repository, block: RunsBlock, at: str) -> dict[str, Any]:
    runs, more = chosen_runs(repo, block.chosen)
    columns = block.columns or tuple(differing(runs))
    found = values_of(runs, columns)
    return {
        "lines": [_row(repo, run, columns, found) for run in runs],
        "heads": [(each.partition(".")[2], _KINDS[each.partition(".")[0]], _is_number(each)) for each in columns],
        "more": more,
        "is_live": any(run.status in UNSETTLED for run in runs) and not block.chosen.at,
        "table_url": _table_url(repo, block.chosen, runs, columns),
    }


def _row(repo: Repository, run: Run, columns: Sequence[str], found: Values) -> Line:
    cells = tuple((found.get(column, {}).get(run.pk, ""), _is_number(column)) for column in columns)
    return Line(run, colour_of(run.pk), run_address(repo, run), cells)


def _is_number(column: str) -> bool:
    return column.startswith("metrics.")


def run_address(repo: Repository, run: Run) -> str:
    """The page of a run."""
    return home_of(repo, "run", number=run.experiment.number, run=run.uuid)


def _table_url(repo: Repository, chosen: Chosen, runs: Sequence[Run], columns: Sequence[str]) -> str:
    """The same runs in the runs table, where a block names an experiment."""
    if not chosen.experiment or not runs or chosen.runs:
        return ""
    state = TableState(text=chosen.filter, sorts=_sorts(chosen.order), columns=tuple(columns))
    query = state.to_query()
    address = home_of(repo, "experiment", number=runs[0].experiment.number)
    return f"{address}?{query}" if query else address


def _sorts(order: str) -> tuple[Sort, ...]:
    terms = (term.replace("`", "").rpartition(" ") for term in order_terms(order))
    return tuple(Sort(key, way == "DESC") for key, _, way in terms if is_sortable(key))


def _chart(repo: Repository, block: ChartBlock, at: str) -> dict[str, Any]:
    runs, more = chosen_runs(repo, block.chosen)
    numbers = {run.experiment.number for run in runs}
    if len(numbers) > 1:
        raise BlockFault("A chart shows runs of one experiment; these are of several.", key="runs")
    charts = []
    for metric in block.metrics if runs else ():
        query = [("key", metric), *([] if block.x == "step" else [("x", block.x)])]
        query += [("run", run.uuid) for run in runs]
        charts.append((metric, f"{home_of(repo, 'compared_series', number=numbers.copy().pop())}?{urlencode(query)}"))
    return {
        "charts": charts,
        "lines": [_row(repo, run, (), {}) for run in runs],
        "more": more,
        "refresh": 0 if block.chosen.at else CHART_SECONDS,
        "table_url": _table_url(repo, block.chosen, runs, ()),
    }


def _compare(repo: Repository, block: CompareBlock, at: str) -> dict[str, Any]:
    runs, more = chosen_runs(repo, block.chosen)
    columns = block.columns or tuple(differing(runs, most=MOST_LINES // 2))
    found = values_of(runs, columns)
    rows = []
    for column in columns[:MOST_LINES]:
        kind, _, key = column.partition(".")
        rows.append((key, _KINDS[kind], _is_number(column), [found.get(column, {}).get(run.pk, "") for run in runs]))
    address = ""
    if len(runs) > 1 and len({run.experiment_id for run in runs}) == 1:
        number = runs[0].experiment.number
        address = f"{home_of(repo, 'compare', number=number)}?{urlencode([('run', run.uuid) for run in runs])}"
    return {"lines": [_row(repo, run, (), {}) for run in runs], "rows": rows, "more": more, "compare_url": address}


def _file(repo: Repository, block: FileBlock, at: str) -> dict[str, Any]:
    ref = block.at or at
    if not ref:
        raise BlockFault("The repository has no commit yet, so it has no files.")
    commit = commit_at(repo, ref).id
    side = _side(repo, commit, block.path)
    if side is None:
        raise BlockFault(f"There is no file {block.path[:200]} at {ref[:10]}.", key="path")
    context = {"side": side, "file_url": f"{base_url(repo, 'src', commit)}/{quote(side.path)}", "commit": commit}
    if side.source is None:
        raise BlockFault(f"The content of {block.path[:200]} was not pushed to this hub, or is too large.", key="path")
    view = draw_view(side.source, Ask())
    lines = getattr(view, "lines", ()) if view.template == "text" else ()
    return context | {
        "view": view,
        "text": lines[:FILE_LINES],
        "more_text": len(lines) > FILE_LINES or getattr(view, "count", 0) not in (None, 0, 1),
        "rows": list(getattr(view, "lines", ()))[:FILE_ROWS] if view.template == "table" else [],
        "row_count": FILE_ROWS,
    }


def _side(repo: Repository, commit: str, path: str) -> Side | None:
    """The file at a path of a commit: in Git, behind an LFS pointer, or in DVC's remote."""
    try:
        found = side_of_file(repo, commit, path)
        if found is not None:
            return found
        holding = tracked_at(repo, commit).holding(path)
    except Missing:
        return None
    if holding is None or (holding[0].is_dir and not holding[1]):
        return None
    side = side_of_out(repo, commit, *holding)
    return side if side.digest else None


def logged(columns: Sequence[str]) -> list[str]:
    """Those columns of a runs table that a block can have."""
    return [column for column in columns if column.partition(".")[0] in LOGGED]
