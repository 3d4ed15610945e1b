"""Groups of a runs table: what its part needs to draw them, and the part by itself for further pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from hub.lib.wording import number_text
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracking.models import Experiment
from tracking.models.experiments import moment
from tracking.search.errors import FilterError
from tracking.selectors.run_columns import column
from tracking.selectors.run_export import shown_keys
from tracking.selectors.run_groups import Group, Groups, Statistics, grouped
from tracking.selectors.run_page import experiment_of
from tracking.selectors.run_scope import scope_of
from tracking.table_state import TableState
from tracking.views.experiments import TAB, home_of
from tracking.views.filtering import experiments_asked

MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """Statistics of one metric in a group as text; all "" where none of its runs has the metric."""

    mean: str = ""
    deviation: str = ""
    low: str = ""
    high: str = ""
    count: int = 0
    nans: int = 0


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group as a row; `url` is the table of its runs, "" where no filter finds them."""

    group: Group
    values: tuple[str | None, ...]
    url: str
    newest: datetime | None
    numbers: list[ShownNumber]


def groups_context(
    request: HttpRequest, repo: Repository, experiments: Sequence[Experiment], state: TableState
) -> dict[str, Any]:
    """What _runs_groups.html needs; the first experiment is that of the address. Raises FilterError."""
    word = request.GET.get("page", "1")
    page = int(word) if word.isascii() and word.isdecimal() and 0 < len(word) < 6 else 1
    scope = scope_of(repo, experiments, state)
    metrics = [key.partition(".")[2] for key in shown_keys(scope, state) if key.startswith("metrics.")]
    found = grouped(scope, state, metrics, min(max(page, 1), MOST_PAGES))
    return {
        "groups": found,
        "group_heads": [column(key).label for key in found.keys],
        "group_rows": [_row(repo, experiments[0], state, found, each) for each in found.rows],
        "group_previous": found.page - 1,
        "group_next": found.page + 1,
        "here": home_of(repo, "experiment", number=experiments[0].number),
        "state": state,
        "ungrouped": state.changed(groups=()).to_query(),
    }


def _row(repo: Repository, first: Experiment, state: TableState, found: Groups, group: Group) -> ShownGroup:
    number, rest = first.number, state
    if "experiment" in found.keys:
        number = int(group.values[found.keys.index("experiment")] or number)
        rest = replace(state, experiments=())
    query = "" if group.query is None else rest.changed(text=group.query, groups=()).to_query()
    home = home_of(repo, "experiment", number=number)
    shown = [_shown(group.metrics.get(name)) for name in found.metrics]
    url = "" if group.query is None else f"{home}?{query}"
    return ShownGroup(group, group.values, url, moment(group.newest) if group.newest else None, shown)


def _shown(found: Statistics | None) -> ShownNumber:
    if found is None:
        return ShownNumber()
    return ShownNumber(
        _text(found.mean), _text(found.deviation), _text(found.low), _text(found.high), found.count, found.nans
    )


def _text(number: float | None) -> str:
    return "" if number is None else number_text(number)


@repo_page()
def groups(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """A page of groups: the part alone for HTMX."""
    experiment = experiment_of(repo, number)
    state = TableState.from_query(request.GET, usual_view="deleted" if experiment.is_deleted else "active")
    context: dict[str, Any] = {"experiment": experiment, "fault": None}
    try:
        context |= groups_context(request, repo, experiments_asked(repo, number, request), state)
    except FilterError as error:
        context |= {"fault": error, "here": home_of(repo, "experiment", number=number), "state": state}
    status = 400 if context["fault"] else 200
    return draw(
        request, repo, "tracking/groups.html", context, part="tracking/_runs_groups.html", active=TAB, status=status
    )
