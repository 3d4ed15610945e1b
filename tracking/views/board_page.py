"""What the page of charts shows: its runs, its panels with the addresses of their numbers, ways to other states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpRequest

from repos.models import Repository
from tracking.board_state import LINES, BoardState
from tracking.charts import colour_of
from tracking.charts.panels import AXES, BANDS, Panel, automatic, in_sections
from tracking.models import Experiment
from tracking.search.errors import FilterError
from tracking.selectors.panels import Chosen, chosen_runs, logged_keys
from tracking.views.experiments import home_of
from tracking.views.runs import run_url
from tracking.views.snippets import first_run

MOST_GROUPS = 200


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run in the list beside the charts; `toggle` is the query of the page with its eye the other way."""

    run: Chosen
    colour: int
    hidden: bool
    url: str
    toggle: str


@dataclass(frozen=True, slots=True)
class ShownPanel:
    """A panel and where its numbers come from; `band` where it draws groups."""

    at: int
    panel: Panel
    src: str
    band: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several states of the page."""

    label: str
    query: str
    active: bool


def page_context(
    request: HttpRequest, repo: Repository, experiment: Experiment, state: BoardState, panels: Sequence[Panel] | None
) -> dict[str, Any]:
    """The context of the page. A filter that is not understood gives no runs and a fault, never a guess."""
    fault = None
    try:
        runs = chosen_runs(repo, experiment.number, state.table, state.lines)
    except FilterError as error:
        runs, fault = [], error
    keys = logged_keys(runs)
    shown = automatic(keys.curves) if panels is None else panels
    here = home_of(repo, "experiment", number=experiment.number)
    empty = not (experiment.active_runs or experiment.deleted_runs)
    return {
        "state": state,
        "query": state.to_query(),
        "runs": [_run(repo, run, state) for run in runs],
        "hidden": sum(state.table.is_hidden(run.uuid) for run in runs),
        "sections": [
            (section.title, [_panel(here, at, panel, state) for at, panel in section.panels])
            for section in in_sections(shown)
        ],
        "count": len(shown),
        "automatic": panels is None,
        "groups": [f"params.{key}" for key in keys.params[:MOST_GROUPS]]
        + [f"tags.{key}" for key in keys.tags[:MOST_GROUPS]],
        "bands": BANDS,
        "lines": LINES,
        "axes": [
            Choice(label, state.changed(x="" if x == "step" else x).to_query(), (state.x or "step") == x)
            for x, label in AXES.items()
        ],
        "kept": [(name, value) for name, value in state.fields if name not in ("q", "n", "by", "band")],
        "live": f"{here}/charts/live?{state.runs_query()}",
        "edit": f"{here}/charts/edit?{state.to_query()}",
        "fault": fault,
        "snippets": first_run(request, repo, experiment.name) if empty else [],
    }


def _run(repo: Repository, run: Chosen, state: BoardState) -> ShownRun:
    return ShownRun(
        run,
        state.table.colour_of(run.uuid, colour_of(run.pk)),
        state.table.is_hidden(run.uuid),
        run_url(repo, run.experiment, run.uuid),
        state.changed(table=state.table.toggled_run("hidden", run.uuid)).to_query(),
    )


def _panel(here: str, at: int, panel: Panel, state: BoardState) -> ShownPanel:
    group = panel.group or (state.group if panel.kind == "line" else "")
    band = (panel.band or (state.band if not panel.group else "") or "minmax") if group and panel.kind == "line" else ""
    asked, where = _asked(panel, group, state)
    query = "&".join(filter(None, [urlencode(asked, quote_via=quote), state.runs_query()]))
    return ShownPanel(at, panel, f"{here}/{where}?{query}", band)


def _asked(panel: Panel, group: str, state: BoardState) -> tuple[list[tuple[str, str]], str]:
    """The parameters of a panel's numbers, and which page gives them."""
    metric = f"metrics.{panel.y}"
    if panel.kind == "line":
        x = panel.x or state.x
        pairs = [("key", panel.y), ("x", "" if x == "step" else x), ("group", group)]
        return [(name, value) for name, value in pairs if value], "series"
    if panel.kind == "importance":
        return [("metric", panel.y)], "charts/importance"
    if panel.kind == "parallel" and not panel.columns:
        return [("metric", panel.y)], "charts/values"
    columns = {
        "scatter": [panel.x, metric],
        "parallel": [*(column for column in panel.columns if column != metric), metric],
    }.get(panel.kind, [metric, *([group] if group else [])])
    return [("column", column) for column in columns], "charts/values"
