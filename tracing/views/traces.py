"""The traces of an experiment or of a run: the list, its sessions, its charts, and what tells that it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from hub.lib.errors import Invalid
from hub.lib.wording import number_text
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracing.models.traces import TraceState
from tracing.selectors.trace_facts import Session, session_page, words_of
from tracing.selectors.trace_list import PER_PAGE, SORTS, TraceQuery, place_of, pulse_of, trace_counts, trace_page
from tracing.selectors.trace_overview import CHARTS, overview
from tracing.selectors.traces import TraceDetail
from tracing.views.addresses import TAB, frame_of, page_of
from tracing.views.rows import COLUMNS, DEFAULT_COLUMNS, rows_of
from tracing.views.snippets import first_trace
from tracking.models import Experiment, Run
from tracking.places import Fact
from tracking.rules import HIGH
from tracking.search.errors import FilterError
from tracking.selectors.paging import Page
from tracking.selectors.run_page import experiment_of, run_of

QUERY_LENGTH = 4000
WORD_LENGTH = 250
SPANS_OF_TIME = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last day", timedelta(days=1)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
}
EXAMPLES = (
    "execution_time_ms > 2000",
    "status = 'ERROR' AND tags.env = 'prod'",
    "span.type = 'LLM' AND span.name ILIKE '%answer%'",
    "feedback.correctness = 'false'",
    "text ILIKE '%refund%'",
    "name = 'chat' OR metadata.`mlflow.trace.user` = 'ada'",
)
_WORDS = ("name", "session", "user", "tag", "judged")
CHART_TITLES = {"traces": "Traces and errors", "latency": "Latency, seconds", "tokens": "Tokens"}


@repo_page()
def traces(request: HttpRequest, repo: Repository, number: int, run: str = "") -> HttpResponse:
    """The traces as a table, or their sessions: filter, order, columns and page are in the address."""
    experiment = experiment_of(repo, number)
    of_run = run_of(repo, number, run) if run else None
    query, grouped = trace_query(request, of_run), request.GET.get("group") == "session"
    found: Page[Any]
    found, fault = _found(experiment, query, grouped=grouped)
    pulse = pulse_of(experiment)
    empty = not found.rows and not fault and not query.narrows and not query.after
    context = {
        **frame_of(repo, experiment, "traces", of_run),
        **_asked(request, query, grouped),
        "list_url": page_of(repo, "run_traces", number=number, run=run)
        if run
        else page_of(repo, "traces", number=number),
        "aside_url": page_of(repo, "tracing_series", number=number),
        "rows": [] if grouped else rows_of(repo, found.rows, run=run),
        "sessions": [(each, _moment(each)) for each in found.rows] if grouped else [],
        "fault": fault,
        "next_place": _next_place(found, query) if found.more else "",
        "per_page": PER_PAGE,
        "pulse": pulse,
        "pulse_url": page_of(repo, "pulse", number=number),
        "words": words_of(experiment),
        "empty": empty and not grouped,
        "snippets": first_trace(request, repo, experiment) if empty else [],
    }
    status = 400 if fault else 200
    return draw(request, repo, "tracing/traces.html", context, part="tracing/_traces.html", active=TAB, status=status)


def _found(experiment: Experiment, query: TraceQuery, *, grouped: bool) -> tuple[Page[Any], FilterError | None]:
    """The page, and what is wrong with the filter: then it is empty, never a guess."""
    try:
        return session_page(experiment, query) if grouped else trace_page(experiment, query), None
    except FilterError as error:
        return Page([], False), error


def _next_place(found: Page[Any], query: TraceQuery) -> str:
    last: TraceDetail | Session = found.rows[-1]
    return last.place if isinstance(last, Session) else place_of(last, query)


def _moment(session: Session) -> datetime:
    return datetime.fromtimestamp(session.last / 1000, tz=UTC)


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: `next_sort` is what a click asks for, empty where the column cannot be sorted by."""

    label: str
    is_number: bool
    next_sort: str
    direction: str


def _head(key: str, query: TraceQuery) -> Head:
    """A click sorts the newest, slowest or largest first, another one the other way round."""
    here = query.sort_key == key
    direction = "" if not here else "ascending" if query.reverse else "descending"
    following = "" if key not in SORTS else f"-{key}" if here and not query.reverse else key
    return Head(COLUMNS[key], key in ("latency", "tokens", "spans"), following, direction)


@dataclass(frozen=True, slots=True)
class Choice:
    """A column that can be shown."""

    key: str
    label: str
    shown: bool


def _asked(request: HttpRequest, query: TraceQuery, grouped: bool) -> dict[str, Any]:
    """The query as the bar above the list shows it."""
    given = [key for key in request.GET.getlist("cols") if key in COLUMNS]
    shown = [key for key in COLUMNS if key in (given or DEFAULT_COLUMNS)]
    kept = request.GET.copy()
    for key in ("after", "cols", "sort", "group"):
        kept.pop(key, None)
    return {
        "query": query,
        "grouped": grouped,
        "since": request.GET.get("since", "") if request.GET.get("since", "") in SPANS_OF_TIME else "",
        "given": {key: request.GET.get(key, "")[:40] for key in ("from", "until")},
        "quick": any(request.GET.get(key) for key in (*_WORDS, "state", "since", "from", "until")),
        "states": TraceState.choices,
        "spans_of_time": [(key, label) for key, (label, _) in SPANS_OF_TIME.items()],
        "examples": EXAMPLES,
        "columns": shown,
        "heads": [_head(key, query) for key in shown],
        "chosen": given,
        "choices": [Choice(key, label, key in shown) for key, label in COLUMNS.items()],
        "charts": [(key, CHART_TITLES[key]) for key in CHARTS],
        "chart_query": kept.urlencode(),
    }


def trace_query(request: HttpRequest, run: Run | None = None) -> TraceQuery:
    """The query in the address; what makes no sense falls back to its default."""
    given = request.GET
    words = {key: given.get(key, "").strip().replace("\0", "")[:WORD_LENGTH] for key in _WORDS}
    sort, state = given.get("sort", "time"), given.get("state", "")
    start, end = _day(given.get("from", "")), _day(given.get("until", ""))
    if given.get("since") in SPANS_OF_TIME:
        start = int((datetime.now(UTC) - SPANS_OF_TIME[given["since"]][1]).timestamp() * 1000)
    return TraceQuery(
        text=given.get("q", "").strip()[:QUERY_LENGTH],
        state=state if state in TraceState.values else "",
        start=start,
        end=None if end is None else end + 86_400_000,
        run=run.uuid if run else "",
        sort=sort if sort.removeprefix("-") in SORTS else "time",
        after=given.get("after", "")[:600],
        **words,
    )


def _day(text: str) -> int | None:
    """The beginning of a day in UTC, in ms since 1970."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return min(max(int(day.timestamp() * 1000), 0), HIGH // 2)


@repo_page()
def series(request: HttpRequest, repo: Repository, number: int) -> JsonResponse:
    """`about`: one of the charts; the rest as in the list, `run` for those of a run."""
    about = request.GET.get("about", "")
    if about not in CHARTS:
        raise Invalid(f"`about` is one of {', '.join(CHARTS)}.", field="about")
    run = request.GET.get("run", "")
    query = trace_query(request, run_of(repo, number, run) if run and "\0" not in run else None)
    return JsonResponse(overview(experiment_of(repo, number), query, about))


@repo_page()
def pulse(request: HttpRequest, repo: Repository, number: int) -> JsonResponse:
    """One word that changes when traces come, end or go; `open`: some of the newest go on."""
    found = pulse_of(experiment_of(repo, number))
    return JsonResponse({"pulse": found.text, "open": found.open})


def experiment_facts(repo: Repository, experiments: Sequence[Experiment]) -> dict[int, Fact]:
    """How many traces each experiment of a list has, and where they are."""
    numbers = {each.pk: each.number for each in experiments}
    return {
        pk: Fact(f"{number_text(count)} trace{'s' if count != 1 else ''}", page_of(repo, "traces", number=numbers[pk]))
        for pk, count in trace_counts(list(numbers)).items()
    }
