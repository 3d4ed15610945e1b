"""The state of a runs table in the address: it comes back as it was written, and nonsense is never an error."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from tracking import table_state
from tracking.table_state import Sort, TableState, short

RUN = "0123456789abcdef0123456789abcdef"
WORDS = ("q", "sort", "view", "cols", "pin", "w", "hide", "group", "with", "tree", "open", "size", "off", "colour")
labels = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
columns = st.one_of(
    st.sampled_from(table_state.BUILT_IN), st.builds(".".join, st.tuples(st.sampled_from(table_state.LOGGED), labels))
)
runs = st.text("0123456789abcdef", min_size=6, max_size=32)


def unique(of: st.SearchStrategy[str], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(of, unique=True, max_size=most).map(tuple)


states = st.builds(
    TableState,
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30).map(str.strip),
    sorts=st.lists(
        st.builds(Sort, st.sampled_from(["run_name", "metrics.a:b", "params.x y", "tags.-z"]), st.booleans()),
        unique_by=lambda sort: sort.key, max_size=4,
    ).map(tuple),
    view=st.sampled_from(table_state.VIEWS),
    columns=unique(columns, 6),
    pinned=unique(columns, 4),
    widths=st.dictionaries(columns, st.integers(*table_state.WIDTHS), max_size=4).map(lambda d: tuple(d.items())),
    hides=unique(st.sampled_from(table_state.HIDES), 2),
    groups=unique(columns, 3),
    experiments=st.lists(st.integers(0, 999_999_999), unique=True, max_size=4).map(tuple),
    tree=st.booleans(),
    opened=unique(runs, 4),
    after=st.text("abcXYZ019_-", max_size=20),
    size=st.sampled_from(table_state.SIZES),
    hidden=unique(runs, 4),
    colours=st.dictionaries(runs, st.integers(1, 8), max_size=4).map(lambda d: tuple(d.items())),
)  # fmt: skip


@given(states)
def test_a_state_comes_back_as_it_was_written(state: TableState) -> None:
    assert TableState.from_query(QueryDict(state.to_query())) == state


@given(st.lists(st.tuples(st.sampled_from((*WORDS, "after", "before")), st.text(max_size=40)), max_size=20))
def test_reading_is_total_and_settles_at_once(pairs: list[tuple[str, str]]) -> None:
    query = QueryDict(mutable=True)
    for key, value in pairs:
        query.appendlist(key, value)
    state = TableState.from_query(query)
    assert TableState.from_query(QueryDict(state.to_query())) == state


@pytest.mark.parametrize("word", [*WORDS, "after", "before"])
@pytest.mark.parametrize("value", ["", "\0", "-", "x" * 9999, "٣", "-1", "1e9", ".", "metrics.", ":5", "a:b", ",,,"])
def test_nonsense_falls_back(word: str, value: str) -> None:
    query = QueryDict(mutable=True)
    query.appendlist(word, value)
    state = TableState.from_query(query)
    assert state == TableState() or word in ("q", "after", "before", "with", "off", "open")
    assert len(state.to_query()) <= 5000


def test_everything_is_bounded() -> None:
    many = "&".join(
        f"cols=params.{n}&pin=params.{n}&w=params.{n}:9999&group=params.{n}&sort=params.{n}&with={n}&open={n:08x}"
        f"&off={n:08x}&colour={n:08x}:9"
        for n in range(300)
    )
    state = TableState.from_query(QueryDict(many[:90_000]))
    assert (len(state.columns), len(state.pinned), len(state.widths)) == (60, 8, 60)
    assert (len(state.groups), len(state.sorts), len(state.experiments)) == (3, 5, 20)
    assert (len(state.opened), len(state.hidden)) == (40, 200)
    assert set(dict(state.widths).values()) == {1200}
    assert set(dict(state.colours).values()) == {8}


def test_the_default_writes_nothing() -> None:
    assert TableState().to_query() == ""
    assert TableState.from_query(QueryDict(""), usual_view="deleted").to_query() == ""


def test_the_usual_view_of_a_deleted_experiment_is_the_trash() -> None:
    state = TableState.from_query(QueryDict("view=all"), usual_view="deleted")
    assert (state.view, state.to_query()) == ("all", "view=all")
    assert TableState.from_query(QueryDict("view=rubbish"), usual_view="deleted").view == "deleted"


def test_a_change_leads_to_the_first_page_and_a_toggle_stays() -> None:
    state = TableState(after="abc")
    assert state.changed(text="x") == TableState(text="x")
    assert state.changed(before="b").before == "b"
    assert state.toggled_run("hidden", RUN) == TableState(after="abc", hidden=(short(RUN),))


def test_eyes_and_colours_are_found_by_the_beginning_of_an_id() -> None:
    state = TableState(colours=((short(RUN), 3),)).toggled_run("hidden", RUN)
    assert state.is_hidden(RUN) and not state.is_hidden("f" * 32)
    assert (state.colour_of(RUN, 7), state.colour_of("f" * 32, 7)) == (3, 7)
    assert state.toggled_run("hidden", RUN).hidden == ()
