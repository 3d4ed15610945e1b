"""All that a few runs have logged, what differs first; pages of many runs take rows from run_comparison_rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracking.models import LatestMetric, Param, Run, RunTag
from tracking.selectors.run_page import SYSTEM
from tracking.selectors.run_table import metric_text


@dataclass(frozen=True, slots=True)
class Line:
    """One key and its value in each run, "" where it is missing."""

    key: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs do not all have the same value."""
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """Parameters, metrics (the machine's aside) and tags of some runs; in each, differing lines come first."""

    params: list[Line]
    metrics: list[Line]
    tags: list[Line]


def compare_runs(runs: Sequence[Run]) -> Comparison:
    """The runs side by side, in the order given."""
    keys = [run.pk for run in runs]
    params = Param.objects.filter(run__in=keys).values_list("run_id", "key", "value")
    latest = LatestMetric.objects.filter(run__in=keys).exclude(key__name__startswith=SYSTEM)
    metrics = latest.values_list("run_id", "key__name", "value", "is_nan")
    tags = RunTag.objects.filter(run__in=keys).exclude(key__startswith="mlflow.").values_list("run_id", "key", "value")
    return Comparison(
        params=_lines(runs, params),
        metrics=_lines(runs, [(run, key, metric_text(value, nan)) for run, key, value, nan in metrics]),
        tags=_lines(runs, tags),
    )


def _lines(runs: Sequence[Run], values: Iterable[tuple[int, str, str]]) -> list[Line]:
    by_key: dict[str, dict[int, str]] = defaultdict(dict)
    for run, key, text in values:
        by_key[key][run] = text
    lines = [Line(key, tuple(of_key.get(run.pk, "") for run in runs)) for key, of_key in by_key.items()]
    return sorted(lines, key=lambda line: (not line.differs, line.key))
