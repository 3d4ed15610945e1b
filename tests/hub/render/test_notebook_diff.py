"""Notebooks are compared by cell: what came, went and changed, and whether only the outputs did."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.lib.errors import Invalid
from hub.lib.render.notebook_diff import compare


def code(source: str, *outputs: dict[str, Any], count: int = 1) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "execution_count": count, "outputs": list(outputs)}


def text(words: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": words}


def book(*cells: dict[str, Any]) -> bytes:
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_changed_added_and_removed_cells_are_told_apart() -> None:
    old = book(code("import numpy as np\nx = 1"), code("gone()\nfor ever"), code("print(x)"))
    new = book(code("import numpy as np\nx = 2"), code("print(x)"), {"cell_type": "markdown", "source": "# New"})
    diff = compare(old, new)
    assert [(cell.status, cell.old, cell.new) for cell in diff.cells] == [
        ("changed", 1, 1),
        ("removed", 2, None),
        ("same", 3, 2),
        ("added", None, 3),
    ]
    rows = diff.cells[0].rows
    assert [row.sign for row in rows] == [" ", "-", "+"]
    assert "hl-del" in rows[1].html and "hl-ins" in rows[2].html


def test_outputs_alone_are_told_and_counters_are_not() -> None:
    old = book(code("f()", text("one")), code("g()", text("same"), count=2))
    new = book(code("f()", text("two")), code("g()", text("same"), count=9))
    diff = compare(old, new)
    assert [cell.status for cell in diff.cells] == ["outputs", "same"]
    assert "one" in diff.cells[0].old_outputs and "two" in diff.cells[0].new_outputs


def test_new_and_deleted_notebooks() -> None:
    assert [cell.status for cell in compare(b"", book(code("a"))).cells] == ["added"]
    assert [cell.status for cell in compare(book(code("a")), b"").cells] == ["removed"]


def test_markup_in_cells_and_outputs_stays_text() -> None:
    """Attack: a notebook whose source and outputs carry script."""
    evil = "<script>alert(1)</script>"
    html = {"output_type": "display_data", "data": {"text/html": f"{evil}<img src=x onerror=alert(1)>"}, "metadata": {}}
    diff = compare(book(code("a")), book(code(evil, html, text(evil)), {"cell_type": "markdown", "source": evil}))
    shown = "".join(row.html for cell in diff.cells for row in cell.rows)
    shown += "".join(cell.new_outputs + cell.old_outputs for cell in diff.cells)
    assert "<script" not in shown and "onerror=" not in shown.replace("&", "")


def test_what_is_no_notebook_is_refused() -> None:
    with pytest.raises(Invalid):
        compare(b"{}", book())
    with pytest.raises(Invalid):
        compare(book(), b"not json")


@given(st.lists(st.text(max_size=30), max_size=6), st.lists(st.text(max_size=30), max_size=6))
def test_every_cell_is_told_once(old: list[str], new: list[str]) -> None:
    diff = compare(book(*map(code, old)), book(*map(code, new)))
    assert [cell.old for cell in diff.cells if cell.old] == list(range(1, len(old) + 1))
    assert [cell.new for cell in diff.cells if cell.new] == list(range(1, len(new) + 1))
