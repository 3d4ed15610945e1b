"""What was measured of pages, and the table of Markdown made of it."""

from __future__ import annotations

import gzip
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """A page or the calls of one: bytes and gzipped bytes together, median ms of a round, ms of CPU a round."""

    size: int
    packed: int
    wall: float
    cpu: float
    calls: int

    @classmethod
    def of(cls, bodies: Sequence[bytes], rounds: Sequence[float], cpu: float) -> Measured:
        """From the bodies of one round, the times of all, and their mean CPU."""
        packed = sum(len(gzip.compress(body, 6)) for body in bodies)
        return cls(sum(map(len, bodies)), packed, statistics.median(rounds), cpu, len(bodies))

    def __str__(self) -> str:
        return f"{self.wall:.1f} ms, {self.cpu:.1f} ms of CPU, {kb(self.size)} KB ({kb(self.packed)} gz)"


def kb(size: float) -> str:
    """Bytes as kilobytes."""
    return f"{size / 1000:,.0f}" if size >= 10_000 else f"{size / 1000:.1f}"


def ms(value: float) -> str:
    """Milliseconds."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def markdown(
    found: Sequence[tuple[str, str, str, Measured | str]], assets: Mapping[str, Mapping[str, int]]
) -> tuple[str, list[str]]:
    """The table with what could not be measured below it, and the pages that the hub did not answer."""
    rows: dict[tuple[str, str], dict[str, Measured | str]] = {}
    for page, size, server, what in found:
        rows.setdefault((page, size), {})[server] = what
    ours = "hub: wall, ms | CPU, ms | HTML or JSON, KB (gz)"
    head = f"| page | data | {ours} | MLflow's calls | wall, ms | CPU, ms | JSON, KB (gz) |"
    lines = [head, "|---|---|---|---|---|---|---|---|---|"]
    notes, missed = [], []
    for (page, size), by_server in rows.items():
        cells = [page, size]
        for server in ("hub", "mlflow"):
            what = by_server.get(server, "")
            if isinstance(what, str) and what:
                notes.append(f"{page}, {size}, {server}: {what}")
                missed += [page] if server == "hub" else []
            cells += _cells(what if isinstance(what, Measured) else None, with_calls=server == "mlflow")
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| what comes along once, gzipped | KB |", "|---|---|"]
    lines += [f"| {name}: {what} | {kb(size)} |" for name, sizes in assets.items() for what, size in sizes.items()]
    return "\n".join([*lines, *(["", *(f"- {note}" for note in notes)] if notes else [])]), missed


def _cells(what: Measured | None, *, with_calls: bool) -> list[str]:
    if what is None:
        return ["–"] * (4 if with_calls else 3)
    shown = [ms(what.wall), ms(what.cpu), f"{kb(what.size)} ({kb(what.packed)})"]
    return [str(what.calls), *shown] if with_calls else shown
