"""What clicks do to the state of a runs table."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.test_table_state import states
from tracking.table_actions import act
from tracking.table_state import TableState

SHOWN = ("start_time", "metrics.loss", "params.lr")
MARK = "0123456789"
WORDS = ("eye", "open", "paint", "sort", "then", "pin", "hide", "show", "move", "left", "right", "width", "group",
         "dull", "tree", "usual", "rubbish", "")  # fmt: skip


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("", f"eye:{MARK}", f"off={MARK}"),
        (f"off={MARK}", f"eye:{MARK}", ""),
        ("", f"open:{MARK}", f"open={MARK}"),
        ("", f"paint:{MARK}:3", f"colour={MARK}%3A3"),
        (f"colour={MARK}:3", f"paint:{MARK}:4", f"colour={MARK}%3A4"),
        (f"colour={MARK}:3", f"paint:{MARK}:0", ""),
        ("", "sort:-metrics.loss", "sort=-metrics.loss"),
        ("sort=run_name&after=abc", "sort:params.lr", "sort=params.lr"),
        ("sort=run_name", "then:-params.lr", "sort=run_name&sort=-params.lr"),
        ("sort=run_name&sort=params.lr", "then:-run_name", "sort=params.lr&sort=-run_name"),
        ("sort=run_name", "sort:", ""),
        ("", "pin:params.lr", "pin=params.lr"),
        ("pin=params.lr", "pin:params.lr", ""),
        ("", "hide:metrics.loss", "cols=start_time&cols=params.lr"),
        ("pin=metrics.loss", "hide:metrics.loss", "cols=start_time&cols=params.lr"),
        ("", "show:tags.a:b", "cols=start_time&cols=metrics.loss&cols=params.lr&cols=tags.a%3Ab"),
        ("", "move:0:params.lr", "cols=params.lr&cols=start_time&cols=metrics.loss"),
        ("", "left:params.lr", "cols=start_time&cols=params.lr&cols=metrics.loss"),
        ("", "left:start_time", "cols=start_time&cols=metrics.loss&cols=params.lr"),
        ("", "right:start_time", "cols=metrics.loss&cols=start_time&cols=params.lr"),
        ("", "width:240:params.lr", "w=params.lr%3A240"),
        ("w=params.lr:240", "width:0:params.lr", ""),
        ("", "width:99999:run_name", "w=run_name%3A1200"),
        ("after=abc", "group:params.lr", "group=params.lr"),
        ("group=params.lr&group=tags.t", "group:params.lr", "group=tags.t"),
        ("group=params.lr", "group:", ""),
        ("", "dull:empty", "hide=empty"),
        ("hide=empty", "dull:empty", ""),
        ("after=abc", "tree:", "tree=0"),
        ("tree=0", "tree:", ""),
        ("q=x&cols=params.lr&pin=params.lr&w=params.lr:99&hide=empty", "usual:", "q=x"),
    ],
)
def test_an_action(before: str, action: str, after: str) -> None:
    assert act(TableState.from_query(QueryDict(before)), action, SHOWN).to_query() == after


@pytest.mark.parametrize(
    "action",
    ["", "x", "eye:", "eye:ZZ", "paint:0123456789:9", "paint:0123456789", "sort:rubbish", "then:", "pin:rubbish",
     "hide:nothing.here", "move:x:params.lr", "move:1:params.unknown", "move:9999:params.lr", "width:-1:params.lr",
     "width:٣:params.lr", "width:5:rubbish", "group:rubbish", "dull:rubbish", "show:rubbish", "show:params.lr"],
)  # fmt: skip
def test_an_action_that_makes_no_sense_changes_nothing(action: str) -> None:
    state = TableState(text="x", columns=SHOWN, after="abc")
    assert act(state, action, SHOWN) == state


@given(states, st.sampled_from(WORDS), st.text(max_size=30), st.lists(st.text(max_size=10), max_size=4))
def test_whatever_is_asked_the_outcome_can_stand_in_an_address(
    state: TableState, word: str, about: str, shown: list[str]
) -> None:
    after = act(state, f"{word}:{about}", shown)
    assert TableState.from_query(QueryDict(after.to_query())) == after
