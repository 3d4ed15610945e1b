"""Plotly figures are told from other JSON by their content, within bounds, and can be read as JSON as well."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from storage.viewers import figures
from storage.viewers.asks import Ask
from storage.viewers.drawing import draw_view
from storage.viewers.source import BytesSource, Unreadable
from storage.viewers.texts import TextView
from storage.viewers.trees import TreeView

FIGURE = {"data": [{"type": "scatter", "x": [1, 2], "y": [3, 4]}], "layout": {"title": {"text": "Loss"}}}


def source(content: object, name: str = "f.json") -> BytesSource:
    return BytesSource(name, content if isinstance(content, bytes) else json.dumps(content).encode())


@pytest.mark.parametrize(
    "content",
    [
        FIGURE,
        {**FIGURE, "frames": []},
        {"layout": {}, "data": []},
        b"\xef\xbb\xbf" + json.dumps(FIGURE).encode(),
        json.dumps(FIGURE, indent=4).encode(),
    ],
)
def test_a_figure_is_known_by_its_content(content: object) -> None:
    assert draw_view(source(content), Ask()).template == "figure"


@pytest.mark.parametrize(
    "content",
    [
        {"data": [1], "columns": ["a"]},
        {"data": {}, "layout": {}},
        {"data": [], "layout": []},
        {"data": [], "layout": {}, "marks": []},
        {"$schema": "https://vega.github.io/schema/vega/v5.json", "data": [], "layout": {}},
        {"layout": {}},
        b'{"data": [NaN], "layout": {}}',
        [FIGURE],
    ],
)
def test_other_json_stays_a_tree(content: object) -> None:
    assert isinstance(draw_view(source(content), Ask()), TreeView)
    with pytest.raises(Unreadable):
        figures.read_figure(source(content))


@pytest.mark.parametrize("content", [b'{"data": [1, "layout": {}}', b'{"data": [' + b"[" * 100_000])
def test_broken_json_that_begins_like_a_figure_is_text(content: bytes) -> None:
    assert isinstance(draw_view(source(content), Ask()), TextView)


def test_a_figure_can_be_read_as_json_and_leads_back() -> None:
    view = draw_view(source(FIGURE), Ask(show="json"))
    assert isinstance(view, TreeView) and view.shows == figures.SHOWS
    long = draw_view(source({"data": [{"x": list(range(250_000))}], "layout": {}}), Ask(show="json"))
    assert isinstance(long, TextView) and long.shows == figures.SHOWS
    assert long.note == "Its JSON has more parts than a preview shows."


def test_a_figure_too_large_is_text_that_says_so() -> None:
    view = draw_view(source(b'{"data": [' + b" " * figures.FIGURE_BYTES + b'], "layout": {}}'), Ask())
    assert isinstance(view, TextView) and view.note == "As a figure, at most 8 MiB are drawn."


def test_many_small_parts_take_no_memory() -> None:
    content = b'{"data": [' + b"{}," * 2_000_000 + b'{}], "layout": {}}'
    tracemalloc.start()
    try:
        figures.read_figure(source(content))
        assert tracemalloc.get_traced_memory()[1] < 5 * len(content)
    finally:
        tracemalloc.stop()
