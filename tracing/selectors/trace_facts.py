"""What stands beside traces in lists: their spans counted, the runs they belong to, words to filter by, sessions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from repos.models import Repository
from tracing.models.traces import TraceState
from tracing.rules import SESSION, SOURCE_RUN, TRACE_NAME
from tracing.selectors.trace_list import TraceQuery, matches
from tracing.selectors.traces import TraceDetail
from tracking import sql
from tracking.models import Experiment, LoggedModel, Run
from tracking.rules import HIGH
from tracking.selectors.paging import Page, cut

SESSIONS_PER_PAGE = 50
_RECENT = 500
_MOST_WORDS = 30


def span_counts(traces: Sequence[TraceDetail]) -> dict[int, int]:
    """How many spans each trace has, by its key: as its client counted them, else as they are kept here."""
    counts = {trace.row.pk: trace.expected_spans for trace in traces}
    unsaid = [trace.row.pk for trace in traces if not trace.expected_spans and trace.row.has_spans]
    if unsaid:
        inside, keys = sql.among("trace_id", unsaid)
        counts |= dict(
            sql.rows(f"SELECT trace_id, COUNT(*) FROM tracing_span WHERE {inside} GROUP BY trace_id", (keys,))
        )
    return counts


def runs_of(repository: Repository, traces: Sequence[TraceDetail]) -> dict[int, list[Run]]:
    """The runs of the repository that each trace belongs to, by the trace's key."""
    inside, keys = sql.among("trace_id", [trace.row.pk for trace in traces])
    linked = sql.rows(f"SELECT trace_id, run_uuid FROM tracing_tracerunlink WHERE {inside}", (keys,))
    said = [(trace.row.pk, trace.metadata[SOURCE_RUN]) for trace in traces if SOURCE_RUN in trace.metadata]
    pairs = dict.fromkeys([*said, *linked])
    runs = runs_named(repository, [uuid for _, uuid in pairs])
    found: dict[int, list[Run]] = {}
    for pk, uuid in pairs:
        if uuid in runs:
            found.setdefault(pk, []).append(runs[uuid])
    return found


def runs_named(repository: Repository, uuids: Iterable[str]) -> dict[str, Run]:
    """The runs of the repository with these ids, by id, each with its experiment; unknown ones are passed over."""
    wanted = list(dict.fromkeys(uuids))
    if not wanted:
        return {}
    runs = Run.objects.select_related("experiment").filter(repository=repository, uuid__in=wanted)
    return {run.uuid: run for run in runs}


def run_of_model(repository: Repository, model: str) -> Run | None:
    """The run that a logged model came out of, None where either is not here."""
    uuids = LoggedModel.objects.filter(repository=repository, uuid=model).values_list("source_run_id", flat=True)
    source = uuids.first()
    return runs_named(repository, [source]).get(source) if source else None


@dataclass(frozen=True, slots=True)
class Words:
    """What the newest traces are called, and what they were judged for: to complete what is typed."""

    names: list[str]
    judged: list[str]


def words_of(experiment: Experiment) -> Words:
    """The words of the newest traces."""
    recent = (
        "trace_id IN (SELECT id FROM tracing_trace WHERE experiment_id = ? "
        f"ORDER BY request_time DESC, trace_id LIMIT {_RECENT})"
    )
    names = sql.rows(
        f"SELECT DISTINCT value FROM tracing_tracetag WHERE key = ? AND {recent} ORDER BY value LIMIT ?",
        (TRACE_NAME, experiment.pk, _MOST_WORDS),
    )
    judged = sql.rows(
        f"SELECT DISTINCT name FROM tracing_assessment WHERE {recent} ORDER BY name LIMIT ?",
        (experiment.pk, _MOST_WORDS),
    )
    return Words([row[0] for row in names], [row[0] for row in judged])


@dataclass(frozen=True, slots=True)
class Session:
    """The traces of one session that match; times in ms since 1970, `duration` the sum of theirs in ms."""

    name: str
    traces: int
    errors: int
    first: int
    last: int
    duration: int

    @property
    def seconds(self) -> float:
        """How long its traces took together."""
        return self.duration / 1000

    @property
    def place(self) -> str:
        """Where a page ends whose last row is this one."""
        return f"{self.last}~{self.name}"


def session_page(experiment: Experiment, query: TraceQuery) -> Page[Session]:
    """The sessions of the traces that match, the latest first; traces without a session are left out."""
    matching = matches(experiment, query)
    at, _, name = query.after.partition("~")
    seek = ""
    seeked: tuple[Any, ...] = ()
    if name and "\0" not in name and at.isascii() and at.isdecimal() and len(at) < 19 and int(at) <= HIGH:
        seek = " HAVING MAX(t.request_time) <= ? AND (MAX(t.request_time) < ? OR s.value > ?)"
        seeked = (int(at), int(at), name)
    found = sql.rows(
        f"SELECT s.value, COUNT(*), SUM(CASE WHEN t.state = '{TraceState.ERROR.value}' THEN 1 ELSE 0 END), "
        "MIN(t.request_time), MAX(t.request_time), COALESCE(SUM(t.duration), 0) FROM tracing_trace t "
        "JOIN tracing_tracemetadata s ON s.trace_id = t.id AND s.key = ? "
        f"WHERE {matching.text} GROUP BY s.value{seek} ORDER BY MAX(t.request_time) DESC, s.value LIMIT ?",
        (SESSION, *matching.values, *seeked, SESSIONS_PER_PAGE + 1),
    )
    return cut([Session(row[0], *(int(number) for number in row[1:])) for row in found], SESSIONS_PER_PAGE)
