"""Readings side by side as a table of Markdown, with how many times better the hub is and whether that is enough."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Readings = Mapping[str, Mapping[str, Sequence[float]]]  # server → work → readings


@dataclass(frozen=True)
class Target:
    """What work must reach: times better than MLflow and FastTrackML (None: anything), and at most `ceiling`."""

    pattern: str
    mlflow: float | None = None
    fml: float | None = None
    ceiling: float | None = None


# The table. The ratios of MLflow hold on PostgreSQL too.
TARGETS = [
    Target(r"(create run|log-metric|get run)/s", 10, 1),
    Target(r"log-batch of 1,000, metrics/s", 20, 5),
    Target(r"search: 1,000 by a metric, of 2,000, ms", 15, 1),
    Target(r"search: 100 by metric and param filter, of 100,000, ms", 20, 1, ceiling=50),
    Target(r"history of 100,000 points, ms", 15, 3),
    Target(r"artifact (PUT|GET) of 100 MB, ms", 2),
    Target(r"first answer, ms", 10),
    Target(r"idle memory, MB", 5),
]


def medians(readings: Readings) -> dict[str, dict[str, float]]:
    """The median of the repetitions."""
    return {
        server: {work: statistics.median(found) for work, found in works.items()} for server, works in readings.items()
    }


def ratio(work: str, ours: float | None, theirs: float | None) -> float | None:
    """How many times better the hub is; what is counted a second is better when it is more, all else when less."""
    if not ours or not theirs:
        return None
    return ours / theirs if work.endswith("/s") else theirs / ours


def table(readings: Readings, ours: str, peers: Mapping[str, str]) -> tuple[str, list[str]]:
    """The table, and the targets that were missed. `peers`: server → whose target it is held to (mlflow or fml)."""
    found = medians(readings)
    servers = [name for name in (ours, *peers) if name in found]
    missed: list[str] = []
    lines = [["work", *servers, *[f"{ours} : {name}" for name in servers[1:]], "target"]]
    for work in dict.fromkeys(work for name in servers for work in found[name]):
        cells = [_shown(found[name].get(work)) for name in servers]
        target = next((each for each in TARGETS if re.fullmatch(each.pattern, work)), Target(""))
        value = found[ours].get(work)
        words, fine = [], True
        for name in servers[1:]:
            times = ratio(work, value, found[name].get(work))
            wanted = target.mlflow if peers[name] == "mlflow" else target.fml
            cells.append("–" if times is None else f"{times:.1f}x")
            if wanted is not None and times is not None:
                words.append(f"≥ {wanted:g}x {name}")
                fine = fine and times >= wanted
        if target.ceiling is not None and value is not None:
            words.append(f"≤ {target.ceiling:g}")
            fine = fine and value <= target.ceiling
        mark = "" if not words else f"{'✓' if fine else '✗'} {', '.join(words)}"
        if not fine:
            missed.append(f"{work}: {', '.join(words)}")
        lines.append([work, *cells, mark])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    return "\n".join([rows[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *rows[1:]]), missed


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
