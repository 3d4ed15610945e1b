"""The query of a viewer's address: read, written, and refused where nobody can mean it."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from storage.viewers.asks import MOST_CONDITIONS, Ask, Condition, read_ask
from storage.viewers.source import Unreadable


def asked(query: str) -> Ask:
    return read_ask(QueryDict(query.lstrip("?")))


def test_an_ask_survives_its_own_address() -> None:
    ask = Ask("columns", 7, "a, b & ü", True, (Condition("x'y", "ge", '"0.5'), Condition("z", "null")), "", 50)
    assert asked(ask.query()) == ask
    assert asked(Ask("sql", sql="SELECT 1;\n-- ü").query()) == Ask("sql", sql="SELECT 1;\n-- ü")
    assert Ask().query() == "?" and asked("") == Ask()


def test_the_fields_of_the_form_become_a_filter_once() -> None:
    ask = asked("column=a&operator=gt&value=1")
    assert ask.where == (Condition("a", "gt", "1"),)
    assert asked(ask.query()[1:] + "&column=a&operator=gt&value=1").where == ask.where


def test_sql_shows_sql_and_down_beats_sort() -> None:
    assert asked("sql=SELECT+1").show == "sql"
    assert (asked("sort=a&down=b").sort, asked("sort=a&down=b").down) == ("b", True)


@pytest.mark.parametrize(
    "query",
    [
        "page=x",
        "page=-1",
        "page=²",
        "start=1e9",
        "where=x",
        "where=[1,2,3]",
        'where=["a","b","c"]',
        'where=["a","eq"]',
        "where=" + "[" * 5000,
        "column=a&operator=drop",
        "sort=" + "a" * 3000,
        "sql=" + "a" * 9000,
        "sql=%00",
        "column=%00",
        "&".join(f'where=["a","eq","{n}"]' for n in range(MOST_CONDITIONS + 1)),
    ],
)
def test_what_nobody_can_mean_is_refused(query: str) -> None:
    with pytest.raises(Unreadable):
        asked(query)


def test_large_pages_are_bounded() -> None:
    assert asked("page=99999999999").page == 10_000_000
    assert asked("page=0").page == 1
