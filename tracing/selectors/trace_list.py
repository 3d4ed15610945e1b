"""The list of an experiment's traces as its page asks for it: filters, order, and pages that begin behind a row.

A page is found by values of its last row, so that it costs the same however deep it lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracing.measures import Dialect
from tracing.models.traces import TraceState
from tracing.rules import SESSION, SOURCE_RUN, TOKENS, TRACE_NAME, USER
from tracing.search import compile_traces
from tracing.selectors.traces import TraceDetail, TraceRow, with_words
from tracking import sql
from tracking.models import Experiment
from tracking.rules import HIGH, LOW
from tracking.search.compile import Condition, Setting
from tracking.selectors.paging import Page, cut

PER_PAGE = 50
COLUMNS = (
    "t.id, t.trace_id, t.request_time, t.duration, t.state, t.client_request_id, t.request_preview, "
    "t.response_preview, t.has_spans"
)
SORTS = ("time", "latency", "tokens")
_TAGGED = "EXISTS (SELECT 1 FROM tracing_tracetag w WHERE w.trace_id = t.id AND w.key = ?"
_SAID = "EXISTS (SELECT 1 FROM tracing_tracemetadata m WHERE m.trace_id = t.id AND m.key = ?"
_OF_RUN = (
    "(EXISTS (SELECT 1 FROM tracing_tracerunlink l WHERE l.trace_id = t.id AND l.run_uuid = ?) "
    f"OR {_SAID} AND m.value = ?))"
)
_JUDGED = "EXISTS (SELECT 1 FROM tracing_assessment a WHERE a.trace_id = t.id AND a.valid AND a.name = ?"


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """What is asked for. `text` is a filter of the search language; the rest are words that narrow further.

    `start` and `end` in ms since 1970, the end not included; `tag` and `judged` are `name` or `name=value`.
    `sort` is one of SORTS, behind `-` where the other direction than usual is meant: newest, slowest, largest first.
    `after` is where the page before ended, see `place_of`.
    """

    text: str = ""
    state: str = ""
    start: int | None = None
    end: int | None = None
    name: str = ""
    session: str = ""
    user: str = ""
    tag: str = ""
    judged: str = ""
    run: str = ""
    sort: str = "time"
    after: str = ""

    @property
    def sort_key(self) -> str:
        """What it is sorted by, without the direction."""
        return self.sort.lstrip("-")

    @property
    def reverse(self) -> bool:
        """Oldest, fastest or smallest first."""
        return self.sort.startswith("-")

    @property
    def narrows(self) -> bool:
        """Whether some traces are left out; a run alone does not count."""
        given = (self.text, self.state, self.name, self.session, self.user, self.tag, self.judged)
        return any(given) or self.start is not None or self.end is not None


def trace_page(experiment: Experiment, query: TraceQuery) -> Page[TraceDetail]:
    """One page of the traces that match, with tags, metadata and judgements. Raises FilterError."""
    matching = matches(experiment, query)
    value = _sorted_by(query)
    down, up = ("ASC", "DESC") if query.reverse else ("DESC", "ASC")
    seek, seeked = _seek(query, value)
    first = "" if value is None else f"{value} {down}, "
    order = f"{first}t.request_time {down if value is None else 'DESC'}, t.trace_id {up if value is None else 'ASC'}"
    found = sql.rows(
        f"SELECT {COLUMNS} FROM tracing_trace t WHERE {matching.text}{seek} ORDER BY {order} LIMIT ?",
        (*matching.values, *seeked, PER_PAGE + 1),
    )
    rows = [TraceRow(*(*row, experiment.number, experiment.artifact_location)) for row in found]
    page = cut(rows, PER_PAGE)
    return Page(with_words(page.rows), page.more)


def matches(experiment: Experiment, query: TraceQuery) -> Condition:
    """The condition on traces `t` that a query stands for; raises FilterError for a text that is not understood."""
    tests: list[tuple[str, tuple[Any, ...]]] = [("t.experiment_id = ?", (experiment.pk,))]
    if query.text:
        found = compile_traces(query.text, Setting(experiment.repository_id, sql.is_postgres()))
        tests.append((f"({found.text})", found.values))
    if query.state:
        tests.append(("t.state = ?", (query.state,)))
    if query.start is not None:
        tests.append(("t.request_time >= ?", (query.start,)))
    if query.end is not None:
        tests.append(("t.request_time < ?", (query.end,)))
    if query.name:
        tests.append((f"{_TAGGED} AND w.value = ?)", (TRACE_NAME, query.name)))
    for key, word in ((SESSION, query.session), (USER, query.user)):
        if word:
            tests.append((f"{_SAID} AND m.value = ?)", (key, word)))
    if query.run:
        tests.append((_OF_RUN, (query.run, SOURCE_RUN, query.run)))
    tests += [_pair(head, column, word) for head, column, word in _pairs(query) if word]
    return Condition(" AND ".join(text for text, _ in tests), tuple(value for _, each in tests for value in each))


def _pairs(query: TraceQuery) -> Sequence[tuple[str, str, str]]:
    return (_TAGGED, "w.value", query.tag), (_JUDGED, "a.word", query.judged)


def _pair(head: str, column: str, word: str) -> tuple[str, tuple[Any, ...]]:
    name, equals, value = word.partition("=")
    if not equals:
        return f"{head})", (name.strip(),)
    return f"{head} AND {column} = ?)", (name.strip(), value.strip())


def _sorted_by(query: TraceQuery) -> str | None:
    """SQL of what comes before the time in the order; None where the time alone decides. What is unknown comes last."""
    unknown = HIGH if query.reverse else LOW
    if query.sort_key == "latency":
        return f"COALESCE(t.duration, {unknown})"
    if query.sort_key == "tokens":
        said = f"(SELECT m.value FROM tracing_tracemetadata m WHERE m.trace_id = t.id AND m.key = '{TOKENS}')"
        number = Dialect(sql.is_postgres()).number_in(said, "total_tokens")
        return f"COALESCE({number}, {unknown})"
    return None


def _seek(query: TraceQuery, value: str | None) -> tuple[str, tuple[Any, ...]]:
    place = _read_place(query.after)
    if place is None:
        return "", ()
    at, time, trace_id = place
    sign = ">" if query.reverse else "<"
    if value is None:
        beyond = "<" if query.reverse else ">"
        test = f" AND t.request_time {sign}= ? AND (t.request_time {sign} ? OR t.trace_id {beyond} ?)"
        return test, (time, time, trace_id)
    tail = "(t.request_time < ? OR (t.request_time = ? AND t.trace_id > ?))"
    return f" AND ({value} {sign} ? OR ({value} = ? AND {tail}))", (at, at, time, time, trace_id)


def place_of(detail: TraceDetail, query: TraceQuery) -> str:
    """Where a page ends whose last row is this one, in the words of an address."""
    row, unknown = detail.row, HIGH if query.reverse else LOW
    known = {"latency": row.duration, "tokens": detail.tokens.get("total_tokens")}.get(query.sort_key)
    return f"{unknown if known is None else known}~{row.request_time}~{row.trace_id}"


def _read_place(text: str) -> tuple[float, int, str] | None:
    """Nothing where it makes no sense: then the first page is shown."""
    at, _, rest = text.partition("~")
    time, _, trace_id = rest.partition("~")
    try:
        value = float(at) if "." in at or "e" in at else int(at)
        place = value, int(time), trace_id
    except (ValueError, OverflowError):
        return None
    is_number = abs(value) <= HIGH + 1 and abs(place[1]) <= HIGH
    return place if is_number and trace_id and "\0" not in trace_id else None


@dataclass(frozen=True, slots=True)
class Pulse:
    """What changes when traces come, end or go: enough to know whether a list is still true."""

    count: int
    newest: int
    latest: str
    state: str
    open: bool

    @property
    def text(self) -> str:
        """As one word."""
        return f"{self.count}.{self.newest}.{self.state}.{self.latest}"


def pulse_of(experiment: Experiment) -> Pulse:
    """Two steps into the index of the experiment's traces."""
    found = sql.row("SELECT COUNT(*) FROM tracing_trace WHERE experiment_id = ?", (experiment.pk,))
    latest = sql.rows(
        "SELECT request_time, trace_id, state FROM tracing_trace WHERE experiment_id = ? "
        "ORDER BY request_time DESC, trace_id LIMIT ?",
        (experiment.pk, PER_PAGE),
    )
    if not latest:
        return Pulse(0, 0, "", "", False)
    states = "".join(state[0] for _, _, state in latest)
    return Pulse(
        found[0] if found else 0,
        latest[0][0],
        latest[0][1],
        states,
        any(state == TraceState.IN_PROGRESS for _, _, state in latest),
    )


def trace_counts(experiments: Sequence[int]) -> dict[int, int]:
    """How many traces the experiments with these keys have, those without any left out."""
    inside, keys = sql.among("experiment_id", list(experiments))
    counted = f"SELECT experiment_id, COUNT(*) FROM tracing_trace WHERE {inside} GROUP BY experiment_id"
    return dict(sql.rows(counted, (keys,)))
