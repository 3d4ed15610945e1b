"""What finished runs keep beside their numbers: the curve so far by step, a table by species, a figure as a page."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from html import escape
from typing import Any

from web.demo.birds import SPECIES
from web.demo.drawing import GRID, SERIES, Canvas

EVERY = 10  # epochs from one picture to the next
_RESET = "\x1b[0m"
_COLOURS = ("#d57a14", "#3078b2", "#148c69")


def curve(values: Sequence[float | None], *, epochs: int, highest: float) -> bytes:
    """A PNG of the validation loss after the first epochs, in a frame for all of them."""
    canvas = Canvas(200, 160)
    for row in range(5):
        canvas.box(8, 10 + row * 34, 184, 1, GRID)
    for step, value in enumerate(values):
        if value is not None:
            canvas.disc(10 + step / max(epochs - 1, 1) * 180, 146 - min(value / highest, 1) * 136, 2.2, SERIES[1])
    return canvas.png()


def curves(record: dict[str, Any], start: int, per_epoch: int) -> dict[str, tuple[str, bytes]]:
    """The pictures as `mlflow.log_image(…, key="curve", step=…)` names them; `start` and `per_epoch` in ms."""
    values = record["metrics"].get("val_loss", [])
    highest = max((value for value in values if value is not None), default=1.0)
    files = {}
    for last in range(EVERY, len(values) + 1, EVERY):
        name = f"curve+step+{last - 1}+timestamp+{start + last * per_epoch}+{uuid.uuid4()}.png"
        files[f"images/{name}"] = ("image/png", curve(values[:last], epochs=len(values), highest=highest))
    return files


def by_species(counts: Sequence[Sequence[int]]) -> bytes:
    """A table as `mlflow.log_table` writes it: of each species, how many birds were told apart."""
    columns = ["species", "birds", "right", "recall", "taken_for"]
    data = []
    for at, (species, row) in enumerate(zip(SPECIES, counts, strict=True)):
        wrong = max((count, SPECIES[other]) for other, count in enumerate(row) if other != at)
        data.append([species, sum(row), row[at], round(row[at] / sum(row), 3), wrong[1] if wrong[0] else ""])
    return json.dumps({"columns": columns, "data": data}).encode()


def page(counts: Sequence[Sequence[int]], title: str) -> bytes:
    """A page with a drawing: the share of each species that was told apart, and what the rest was taken for."""
    bars = []
    for row, (species, numbers) in enumerate(zip(SPECIES, counts, strict=True)):
        at, whole = 90.0, sum(numbers)
        bars.append(f'<text x="0" y="{row * 44 + 25}">{species}</text>')
        for count, colour in zip(numbers, _COLOURS, strict=True):
            wide = 300 * count / whole
            bars.append(f'<rect x="{at:.1f}" y="{row * 44 + 6}" width="{wide:.1f}" height="30" fill="{colour}"/>')
            if count > 1:
                bars.append(f'<text x="{at + 4:.1f}" y="{row * 44 + 25}" fill="white">{count}</text>')
            at += wide
    keys = " ".join(f'<b style="color:{one}">■</b> {name}' for name, one in zip(SPECIES, _COLOURS, strict=True))
    return (
        '<!doctype html><meta charset="utf-8"><style>body{font:14px system-ui;margin:16px;background:white;'
        f"color:#222}}svg{{max-width:100%;height:auto}}</style><h1>{escape(title)}</h1><p>Taken for: {keys}</p>"
        f'<svg viewBox="0 0 400 132" width="400" height="132" role="img" aria-label="Birds by species, and what they '
        f'were taken for">{"".join(bars)}</svg>'
    ).encode()


def sweep_figure(rows: Sequence[dict[str, Any]]) -> bytes:
    """A figure as `plotly` writes it: validation loss after the last epoch over the rate, a line for each width."""
    widths: dict[str, list[tuple[float, float]]] = {}
    for record in rows:
        params = record["params"]
        points = widths.setdefault(params["hidden"], [])
        points.append((float(params["learning_rate"]), record["metrics"]["val_loss"][-1]))
    data = [
        {"type": "scatter", "mode": "lines+markers", "name": f"{width} units",
         "x": [rate for rate, _ in sorted(points)], "y": [loss for _, loss in sorted(points)]}
        for width, points in widths.items()
    ]  # fmt: skip
    layout = {
        "title": {"text": "Validation loss after 40 epochs"},
        "xaxis": {"type": "log", "title": {"text": "learning rate"}},
        "yaxis": {"title": {"text": "validation loss"}},
    }
    return json.dumps({"data": data, "layout": layout}).encode()


def sweep_log(rows: Sequence[tuple[str, float, float]]) -> bytes:
    """What a sweep says on a terminal, with its colours: run, validation loss and accuracy, the best one marked."""
    best = min(loss for _, loss, _ in rows)
    lines = [f"\x1b[1msweep\x1b[0m {len(rows)} combinations"]
    for number, (name, loss, accuracy) in enumerate(rows, start=1):
        colour = "\x1b[32m" if accuracy >= 0.92 else "\x1b[33m" if accuracy >= 0.88 else "\x1b[31m"
        mark = " \x1b[1;32m<- lowest loss\x1b[0m" if loss == best else ""
        score = f"{colour}accuracy {accuracy:.3f}{_RESET}"
        lines.append(f"\x1b[2m[{number:>2}/{len(rows)}]\x1b[0m {name:<16} loss {loss:.4f}  {score}{mark}")
        if accuracy < 0.85:
            lines.append(f"\x1b[31mWARNING{_RESET} {name} has not learnt enough after 40 epochs; a larger rate may do")
    return ("\n".join(lines) + "\n").encode()
