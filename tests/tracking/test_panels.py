"""Panels and boards as plain values: read, written into an address, and changed."""

from __future__ import annotations

import base64
import zlib

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from hub.lib.errors import Invalid
from tracking.board_state import BoardState
from tracking.charts.panels import (
    MOST_PANELS,
    ONE_SECTION,
    Panel,
    automatic,
    checked,
    draft_text,
    edited,
    in_sections,
    moved,
    plain,
    put,
    read_draft,
    read_panels,
)

TWO = [Panel(y="loss"), Panel(kind="scatter", y="acc", x="params.lr")]


@given(st.lists(st.builds(Panel, y=st.text("aä/ &=", min_size=1, max_size=9), smooth=st.floats(0, 0.99)), max_size=8))
def test_a_draft_is_read_as_it_was_written(panels: list[Panel]) -> None:
    assert read_draft(draft_text(panels)) == panels
    assert read_panels(plain(panels)) == panels


@pytest.mark.parametrize("text", ["", "x", "äöü", "AAAA", draft_text(TWO)[:-4], "A" * 20_000])
def test_a_broken_draft_says_that_the_link_is_broken(text: str) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        read_draft(text)


def test_a_draft_that_unpacks_into_gigabytes_is_refused() -> None:
    # The attack: a short address that fills the server's memory.
    bomb = base64.urlsafe_b64encode(zlib.compress(b"[" + b" " * 4_000_000 + b"]", 9)).decode().rstrip("=")
    assert len(bomb) < 7000
    with pytest.raises(Invalid, match="cannot be read"):
        read_draft(bomb)


@pytest.mark.parametrize(
    "wrong",
    [
        {"y": ""},
        {"y": "a", "kind": "pie"},
        {"y": "a", "unknown": 1},
        {"y": "a", "x": "params.lr"},
        {"y": "a", "kind": "scatter"},
        {"y": "a", "group": "metrics.x"},
        {"y": "a", "smooth": 2},
        {"y": "a", "width": 9},
        {"y": "a" * 400},
        {"y": "a\0"},
        {"y": "a", "columns": ["params.x"] * 30},
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        read_panels([wrong])


def test_a_board_has_a_limit() -> None:
    full = [Panel(y="a")] * MOST_PANELS
    assert len(read_panels(plain(full))) == MOST_PANELS
    with pytest.raises(Invalid, match="at most"):
        read_panels(plain([*full, Panel(y="b")]))
    with pytest.raises(Invalid, match="at most"):
        put(full, None, Panel(y="b"))


def test_panels_are_put_moved_resized_and_removed() -> None:
    three = put(TWO, None, Panel(y="c"))
    assert [panel.y for panel in three] == ["loss", "acc", "c"]
    assert [panel.y for panel in put(TWO, 0, Panel(y="new"))] == ["new", "acc"]
    assert [panel.y for panel in edited(three, 2, "up")] == ["loss", "c", "acc"]
    assert [panel.y for panel in edited(three, 0, "up")] == ["loss", "acc", "c"]
    assert [panel.y for panel in moved(three, 0, 2)] == ["acc", "c", "loss"]
    assert [panel.y for panel in edited(three, 1, "remove")] == ["loss", "c"]
    assert edited(edited(three, 0, "wider"), 0, "wider")[0].width == 3
    assert edited(edited(three, 0, "taller"), 0, "taller")[0].height == 2
    assert edited(three, 9, "remove") == three and edited(three, 0, "explode") == three


def test_the_automatic_board_has_lines_for_each_metric_in_sections() -> None:
    panels = automatic(["val/loss", "train/loss", "system/cpu", "epoch"])
    assert [panel.y for panel in panels] == ["epoch", "train/loss", "val/loss"]
    assert [section.title for section in in_sections(panels)] == [""]
    many = automatic([f"{part}/m{n}" for part in ("train", "val") for n in range(ONE_SECTION)])
    assert [(section.title, len(section.panels)) for section in in_sections(many)] == [("train", 12), ("val", 12)]


def test_names_say_what_is_drawn() -> None:
    assert [checked(panel).name for panel in TWO] == ["loss", "acc by lr"]
    assert Panel(kind="box", y="loss", group="tags.team").name == "loss by team"


@pytest.mark.parametrize(
    "query",
    ["", "n=50&by=params.lr&band=std&x=relative", "q=metrics.a+%3C+1&off=abcdef&board=7&rev=3&draft=abc", "board=0"],
)
def test_the_state_of_the_page_goes_round(query: str) -> None:
    state = BoardState.from_query(QueryDict(query))
    assert BoardState.from_query(QueryDict(state.to_query())) == state


@given(st.dictionaries(st.sampled_from(["n", "by", "band", "x", "board", "draft", "rev", "q"]), st.text(max_size=30)))
def test_any_address_is_some_state(given_: dict[str, str]) -> None:
    query = QueryDict(mutable=True)
    query.update(given_)
    state = BoardState.from_query(query)
    assert state.lines in (10, 20, 50, 100, 200)
    assert BoardState.from_query(QueryDict(state.to_query())) == state
