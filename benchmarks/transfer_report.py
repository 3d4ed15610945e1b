"""The table of transfers: the hub beside its peers, how near it comes to them, and whether that is enough."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Readings = Mapping[str, Mapping[str, Sequence[float]]]  # work → server → readings

PEERS = ("copy", "copy, synced", "nginx", "moto")


@dataclass(frozen=True)
class Target:
    """What work must reach: at least `share` of a peer's speed, or at most `ceiling`."""

    pattern: str
    peer: str = ""
    share: float = 0.0
    ceiling: float | None = None


# The table of the issue.
TARGETS = [
    Target(r"(MLflow|S3|DVC|LFS) PUT of \d+ MB, MB/s", "copy", 0.6),
    Target(r"(MLflow|S3|DVC|LFS) GET of \d+ MB, MB/s", "nginx", 0.8),
    Target(r"dvc(| over S3) push \+ pull of [\d,]+ files, s", "moto", 1 / 1.5),
    Target(r"looking for an object that is (there|missing), ms", ceiling=2),
    Target(r"memory added by .*, MB", ceiling=64),
]


def share_of(work: str, ours: float | None, theirs: float | None) -> float | None:
    """How fast the hub is, the peer being 1; what is counted a second is better when it is more, all else when less."""
    if not ours or not theirs:
        return None
    return ours / theirs if work.endswith("/s") else theirs / ours


def table(readings: Readings) -> tuple[str, list[str]]:
    """The table as Markdown, and the targets that were missed. Memory is told at its worst, all else as medians."""
    missed: list[str] = []
    lines = [["work", "hub", *PEERS, "hub : peer", "target"]]
    for work, servers in readings.items():
        settle = max if work.startswith("memory") else statistics.median
        found: dict[str, float] = {name: settle(values) for name, values in servers.items()}
        shares = {name: share for name in PEERS if (share := share_of(work, found.get("hub"), found.get(name)))}
        target = next((each for each in TARGETS if re.fullmatch(each.pattern, work)), None)
        words, fine = _judged(target, found.get("hub"), shares)
        if not fine:
            missed.append(f"{work}: {words.removeprefix('✗ ')}")
        told = ", ".join(f"{share:.2f} {name}" for name, share in shares.items())
        lines.append([work, *(shown(found.get(name)) for name in ("hub", *PEERS)), told, words])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    return "\n".join([rows[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *rows[1:]]), missed


def _judged(target: Target | None, ours: float | None, shares: Mapping[str, float]) -> tuple[str, bool]:
    if target is None or ours is None:
        return "", True
    if target.ceiling is not None:
        fine, words = ours <= target.ceiling, f"≤ {target.ceiling:g}"
    elif target.peer in shares:
        fine, words = shares[target.peer] >= target.share, f"≥ {target.share:.2f} {target.peer}"
    else:
        return "not measured", True
    return f"{'✓' if fine else '✗'} {words}", fine


def shown(value: float | None) -> str:
    """A number with as many digits as mean something."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
