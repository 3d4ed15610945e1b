"""The demonstration's notebook, with the outputs that its code would leave."""

from __future__ import annotations

import base64
import json
from statistics import mean
from typing import Any

from web.demo.birds import SPECIES, Bird

_READ = """import pandas as pd

birds = pd.read_csv("../data/penguins.csv")
print(f"{len(birds)} birds of {birds.season.nunique()} seasons")
birds.head()"""
_MEANS = 'birds.groupby("species")[["bill_length_mm", "bill_depth_mm", "body_mass_g"]].mean().round(1)'
_PLOT = """import matplotlib.pyplot as plt

for species, group in birds.groupby("species"):
    plt.scatter(group.bill_length_mm, group.bill_depth_mm, label=species)
plt.show()"""
_MISSING = 'birds.query("sex != sex").shape[0]'


def notebook(rows: list[Bird], picture: bytes) -> bytes:
    """The notebook as a file; `picture` is the PNG of its scatter plot."""
    seasons = len({bird.season for bird in rows})
    head = [[bird.species, bird.island, bird.season, bird.bill_length, bird.body_mass] for bird in rows[:5]]
    cells = [
        _words("# A first look\n\nHow far do **bills alone** tell the species apart?"),
        _code(
            1,
            _READ,
            {"output_type": "stream", "name": "stdout", "text": f"{len(rows)} birds of {seasons} seasons\n"},
            _table(1, ["species", "island", "season", "bill_length_mm", "body_mass_g"], list(enumerate(head))),
        ),
        _words("The means differ most in the depth of the bill and in weight:"),
        _code(2, _MEANS, _table(2, ["bill_length_mm", "bill_depth_mm", "body_mass_g"], _means(rows))),
        _code(3, _PLOT, _picture(picture)),
        _words("Length alone confuses `Ridge` and `Tide`, depth alone `Pebble` and `Ridge`. Both together do well."),
        _code(4, _MISSING, _result(4, str(sum(not bird.sex for bird in rows)))),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"look-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python", "version": "3.12.3"}}
    document = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1).encode() + b"\n"


def _means(rows: list[Bird]) -> list[tuple[object, list[object]]]:
    groups = {name: [bird for bird in rows if bird.species == name] for name in SPECIES}
    return [
        (
            name,
            [
                round(mean(bird.bill_length for bird in group), 1),
                round(mean(bird.bill_depth for bird in group), 1),
                round(mean(bird.body_mass for bird in group), 1),
            ],
        )
        for name, group in groups.items()
    ]


def _words(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(count: int, source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": count, "metadata": {}, "outputs": outputs, "source": lines}


def _result(count: int, text: str, html: str = "") -> dict[str, Any]:
    data = {"text/html": html, "text/plain": text} if html else {"text/plain": text}
    return {"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": data}


def _table(count: int, columns: list[str], rows: list[tuple[object, list[object]]]) -> dict[str, Any]:
    """As pandas writes a data frame."""
    top = "".join(f"<th>{name}</th>" for name in columns)
    body = "".join(
        f"<tr><th>{name}</th>" + "".join(f"<td>{value}</td>" for value in values) + "</tr>" for name, values in rows
    )
    html = f'<table border="1" class="dataframe"><thead><tr><th></th>{top}</tr></thead><tbody>{body}</tbody></table>'
    lines: list[list[object]] = [["", *columns], *([name, *values] for name, values in rows)]
    text = "\n".join(" ".join(f"{value!s:>16}" for value in line) for line in lines)
    return _result(count, text, html)


def _picture(png: bytes) -> dict[str, Any]:
    data = {"image/png": base64.b64encode(png).decode(), "text/plain": "<Figure size 720x440 with 1 Axes>"}
    return {"output_type": "display_data", "metadata": {}, "data": data}
