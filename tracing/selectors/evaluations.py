"""Runs that evaluated something, with what each scorer said on the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from repos.models import Repository
from tracing.measures import Dialect, finite
from tracing.models.assessments import AssessmentKind
from tracing.rules import SOURCE_RUN
from tracking import sql
from tracking.models import Experiment, LatestMetric, Run
from tracking.selectors.paging import Page, cut

PER_PAGE = 25
TABLE = "eval_results_table.json"
_TYPE = "mlflow.runType"
_TYPES = ("genai_evaluate", "test")
_FILES = "mlflow.loggedArtifacts"
JUDGED_IN = "mlflow.assessment.sourceRunId"
_MOST_METRICS = 8


@dataclass(frozen=True, slots=True)
class Sum:
    """What one scorer said of a run's rows. `mean` is the share of yes where `is_rate`; None where nothing counts."""

    name: str
    count: int
    mean: float | None
    is_rate: bool
    errors: int = 0

    @property
    def text(self) -> str:
        """The mean in words."""
        if self.mean is None:
            return f"{self.count} said"
        return f"{100 * self.mean:.0f} %" if self.is_rate else f"{self.mean:.4g}"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run with its sums; `classic`: its rows are in a file, not in traces."""

    run: Run
    sums: list[Sum]
    rows: int
    classic: bool


_TAGGED = "EXISTS (SELECT 1 FROM tracking_runtag w WHERE w.run_id = r.id AND w.key = ? AND"
_EVALUATED = (
    f"({_TAGGED} w.value IN (?, ?)) OR {_TAGGED} w.value LIKE ?) OR EXISTS (SELECT 1 FROM tracing_tracerunlink l "
    "JOIN tracing_assessment a ON a.trace_id = l.trace_id WHERE l.run_uuid = r.uuid))"
)
_WHAT = (_TYPE, *_TYPES, _FILES, f"%{TABLE}%")


def evaluation_runs(experiment: Experiment, *, offset: int = 0) -> Page[Run]:
    """The runs of the experiment that evaluated something, the newest first, trash aside."""
    found = sql.rows(
        f"SELECT r.id FROM tracking_run r WHERE r.experiment_id = ? AND r.deleted_at IS NULL AND {_EVALUATED} "
        "ORDER BY r.start_time DESC, r.uuid LIMIT ? OFFSET ?",
        (experiment.pk, *_WHAT, PER_PAGE + 1, offset),
    )
    page = cut([row[0] for row in found], PER_PAGE)
    runs = Run.objects.in_bulk(page.rows)
    return Page([runs[pk] for pk in page.rows if pk in runs], page.more)


def evaluating(runs: Sequence[Run]) -> list[Run]:
    """Those of the runs that evaluated something, in the order given."""
    inside, keys = sql.among("r.id", [run.pk for run in runs])
    found = sql.rows(f"SELECT r.id FROM tracking_run r WHERE {inside} AND {_EVALUATED}", (keys, *_WHAT))
    known = {row[0] for row in found}
    return [run for run in runs if run.pk in known]


def evaluations_of(experiment: Experiment, runs: Sequence[Run]) -> list[Evaluation]:
    """The runs with their sums: from the judgements of their traces, else from their metrics."""
    if not runs:
        return []
    sums, rows = _sums(experiment, [run.uuid for run in runs])
    bare = [run for run in runs if run.uuid not in sums]
    metrics = _metrics(bare)
    return [
        Evaluation(run, sums[run.uuid], rows[run.uuid], False)
        if run.uuid in sums
        else Evaluation(run, metrics.get(run.pk, []), 0, True)
        for run in runs
    ]


# The traces of runs: those that say so themselves, and those that were linked.
_MINE = (
    "SELECT m.value AS run, t.id FROM tracing_trace t JOIN tracing_tracemetadata m ON m.trace_id = t.id AND m.key = ? "
    "WHERE t.experiment_id = ? AND {said} UNION SELECT l.run_uuid, l.trace_id FROM tracing_tracerunlink l "
    "JOIN tracing_trace u ON u.id = l.trace_id WHERE u.repository_id = ? AND {linked}"
)
# A trace that several runs judged says of each judgement whose it is.
_OWN = f"(a.metadata NOT LIKE '%\"{JUDGED_IN}\"%' OR a.metadata LIKE '%' || mine.run || '%')"


def _sums(experiment: Experiment, uuids: Sequence[str]) -> tuple[dict[str, list[Sum]], dict[str, int]]:
    (said, given), (linked, again) = sql.among("m.value", list(uuids)), sql.among("l.run_uuid", list(uuids))
    number = Dialect(sql.is_postgres()).judged_number
    rows = sql.rows(
        f"SELECT mine.run, a.name, COUNT(*), COUNT(a.number), AVG({number}), "
        "SUM(CASE WHEN a.body LIKE '%\"error_message\"%' THEN 1 ELSE 0 END), COUNT(DISTINCT mine.id) "
        f"FROM ({_MINE.format(said=said, linked=linked)}) mine JOIN tracing_assessment a ON a.trace_id = mine.id "
        f"WHERE a.valid AND a.kind = ? AND {_OWN} GROUP BY mine.run, a.name ORDER BY mine.run, a.name",
        (SOURCE_RUN, experiment.pk, given, experiment.repository_id, again, AssessmentKind.FEEDBACK.value),
    )
    sums: dict[str, list[Sum]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    for run, name, count, numbers, mean, errors, traces in rows:
        sums[run].append(Sum(name, count, None if mean is None else finite(mean), not numbers, int(errors or 0)))
        counts[run] = max(counts[run], traces)
    return sums, counts


def _metrics(runs: Sequence[Run]) -> dict[int, list[Sum]]:
    found: dict[int, list[Sum]] = defaultdict(list)
    latest = LatestMetric.objects.filter(run__in=runs, is_nan=False).order_by("key__name")
    for run, name, value in latest.values_list("run_id", "key__name", "value"):
        if len(found[run]) < _MOST_METRICS and not name.startswith("system/"):
            found[run].append(Sum(name, 1, finite(value), False))
    return found


def runs_to_compare(repository: Repository, experiment: Experiment, uuids: Sequence[str]) -> list[Run]:
    """The runs of the experiment with these ids, in the order given, each once; unknown ids are passed over."""
    wanted = [uuid for uuid in dict.fromkeys(uuids) if "\0" not in uuid]
    found = {run.uuid: run for run in Run.objects.filter(repository=repository, experiment=experiment, uuid__in=wanted)}
    for run in found.values():
        run.experiment = experiment
    return [found[uuid] for uuid in wanted if uuid in found]
