"""The numbers behind line charts, as JSON: a metric of one run or of several, and what is new in running ones."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.gzip import gzip_page

from hub.lib.errors import Invalid
from repos.models import Repository
from repos.views.frame import repo_page
from tracking import rules
from tracking.charts import Asked, Series, colour_of, read_many
from tracking.charts.series import METRIC, RELATIVE, STEP, TIME
from tracking.selectors.panels import MOST_LINES, Drawn, chosen_runs, groups_of, latest_steps
from tracking.selectors.run_page import SYSTEM, curves_of, experiment_of, latest_metrics, metric_key, run_of, runs_among
from tracking.table_state import TableState
from tracking.views.run import UNSETTLED
from tracking.views.run_live import is_known

USUAL_LINES = 20
MOST_LIVE_KEYS = 100


@gzip_page
@repo_page()
def run_series(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """`key`: the metric; `x`: step, relative, time or metrics.<key>; `after`: only points of later steps; `from` and
    `to`: only what lies between two values of x, in full resolution."""
    found = run_of(repo, number, run)
    after = _step(request.GET.get("after", ""), "after")
    (series,) = _curves(repo, [found], request, {found.uuid: after})
    return numbers(
        request,
        {
            "x": _x_word(request, [series]),
            "series": [
                {"name": found.name[:200], "color": colour_of(found.pk), "points": series.points, **_more(series)}
            ],
            "last": series.last_step,
            "done": found.status not in UNSETTLED,
        },
    )


@repo_page()
def run_latest(request: HttpRequest, repo: Repository, number: int, run: str) -> HttpResponse:
    """The latest step and value of the metrics named by `key`, and how many of all have a curve, the run's and its
    machine's: a page that is looked at learns which charts to go on with, and whether there are new ones."""
    found = run_of(repo, number, run)
    curves, asked = curves_of(found), set(request.GET.getlist("key")[:MOST_LIVE_KEYS])
    of_run = [metric for metric in latest_metrics(found) if metric.number in curves]
    latest = {metric.key: [metric.step, metric.text] for metric in of_run if metric.key in asked}
    machine = sum(metric.key.startswith(SYSTEM) for metric in of_run)
    counts = {"curves": len(of_run) - machine, "system": machine}
    return numbers(request, {"latest": latest, **counts, "done": found.status not in UNSETTLED})


@gzip_page
@repo_page()
def compared_series(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """One metric of several runs: those named by `run`, else those that the table's parameters choose, `n` of them.

    `since` (`<run>.<step>`, repeated) asks only for these runs, and only for later steps. `group` tells what each run
    has in a column. The rest is as for one run.
    """
    given = request.GET
    state = state_of(request, experiment_of(repo, number).is_deleted)
    runs = runs_drawn(request, repo, number, state)
    after = dict(_since(each) for each in given.getlist("since")[:MOST_LINES])
    asked = [run for run in runs if run.uuid in after] if after else runs
    drawn = [(run, one) for run, one in zip(asked, _curves(repo, asked, request, after), strict=True) if one.points]
    groups = groups_of([run for run, _ in drawn], given["group"]) if _is_group(given.get("group", "")) else {}
    series = [_line(run, one, state, groups.get(run.pk)) for run, one in drawn]
    done = all(run.status not in UNSETTLED for run in runs)
    return numbers(request, {"x": _x_word(request, [one for _, one in drawn]), "series": series, "done": done})


@repo_page()
def live(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Which runs a board draws now, and how far those that go on have come in the metrics named by `key`.

    The answer changes only when there is something to draw: asking again costs a few bytes.
    """
    state = state_of(request, experiment_of(repo, number).is_deleted)
    runs = runs_drawn(request, repo, number, state)
    going = [run for run in runs if run.status in UNSETTLED]
    keys = [key for key in request.GET.getlist("key")[:MOST_LIVE_KEYS] if "\0" not in key]
    shown = hashlib.blake2b("".join(run.uuid + run.status for run in runs).encode(), digest_size=8).hexdigest()
    return numbers(request, {"runs": shown, "latest": latest_steps(going, repo, keys), "done": not going})


def numbers(request: HttpRequest, data: Any) -> HttpResponse:
    """JSON that a browser keeps and asks about again: 304 while nothing has changed."""
    body = msgspec.json.encode(data)
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    if is_known(request, tag):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)


def state_of(request: HttpRequest, in_trash: bool) -> TableState:
    """The state of the runs table that the address carries along."""
    return TableState.from_query(request.GET, usual_view="deleted" if in_trash else "active")


def lines_wanted(request: HttpRequest) -> int:
    """How many runs the reader wants lines of."""
    text = request.GET.get("n", "")
    return max(1, min(MOST_LINES, int(text))) if text.isdecimal() and len(text) < 6 else USUAL_LINES


def runs_drawn(request: HttpRequest, repo: Repository, number: int, state: TableState) -> Sequence[Drawn]:
    """The runs that lines are drawn of: those named, or those chosen by the table's parameters; hidden ones are not."""
    named = request.GET.getlist("run")[:MOST_LINES]
    if named:
        return runs_among(experiment_of(repo, number), named)
    runs = chosen_runs(repo, number, state, lines_wanted(request))
    return [run for run in runs if not state.is_hidden(run.uuid)]


@dataclass(frozen=True, slots=True)
class _Axis:
    """What x counts, as a series is asked for; `key` is the metric to draw over."""

    x: str
    key: int | None = None


def _curves(
    repo: Repository, runs: Sequence[Drawn], request: HttpRequest, after: dict[str, int | None]
) -> list[Series]:
    given = request.GET
    axis = _axis(repo, given.get("x", ""))
    key = metric_key(repo, given.get("key", ""))
    span = _span(given.get("from", ""), given.get("to", ""))
    if key is None or not runs or (axis.x == METRIC and axis.key is None):
        return [Series(axis.x, []) for _ in runs]
    asked = [Asked(run.pk, run.start_time, after.get(run.uuid)) for run in runs]
    return read_many(asked, key, x=axis.x, x_key=axis.key, span=span)


def _axis(repo: Repository, text: str) -> _Axis:
    if text.startswith("metrics."):
        return _Axis(METRIC, metric_key(repo, text.removeprefix("metrics.")))
    return _Axis(text if text in (TIME, RELATIVE) else STEP)


def _x_word(request: HttpRequest, series: Iterable[Series]) -> str:
    found = next((one.x for one in series if one.points), STEP)
    return request.GET.get("x", "")[:300] if found == METRIC else found


def _span(low: str, high: str) -> tuple[float, float] | None:
    if not low and not high:
        return None
    try:
        span = float(low or "-inf"), float(high or "inf")
    except ValueError:
        span = (math.nan, math.nan)
    if any(math.isnan(end) for end in span):
        raise Invalid("`from` and `to` are numbers, as x counts.", field="from")
    return span


def _since(text: str) -> tuple[str, int | None]:
    run, _, step = text.partition(".")
    return run, _step(step, "since")


def _step(text: str, name: str) -> int | None:
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isdecimal() and digits.isascii() and len(text) < 40 and rules.LOW <= int(text) <= rules.HIGH):
        raise Invalid(f"`{name}` is a step, a whole number of at most 64 bits.", field=name)
    return int(text)


def _is_group(text: str) -> bool:
    return text.startswith(("params.", "tags.")) and len(text) <= 260 and "\0" not in text


def _line(run: Drawn, series: Series, state: TableState, group: str | None) -> dict[str, Any]:
    """One of several curves."""
    return {
        "name": run.name[:200],
        "color": state.colour_of(run.uuid, colour_of(run.pk)),
        "id": run.uuid,
        "points": series.points,
        "last": series.last_step,
        **_more(series),
        **({} if group is None else {"group": group}),
    }


def _more(series: Series) -> dict[str, Any]:
    """What most curves have nothing of."""
    return {**({"thinned": True} if series.thinned else {}), **({"odd": series.odd} if series.odd else {})}
