"""Regular expressions of filters: the same on every database, and none that holds the hub up."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tracking import sql
from tracking.search.compile import text_test
from tracking.search.errors import FilterError
from tracking.search.patterns import check_pattern, for_postgres, matches

PIECES = [
    "a", "b", "B", "1", " ", ".", "-", "_", "\\.", "\\d", "\\w", "\\s", "\\D", "\\W", "\\S", "\\b", "\\B", "\\n", "\\t",
    "[ab]", "[^a]", "[a-c1]", "[\\d_]", "[]a]", "[^]a]", "[a\\]]", "[[:alpha:]]", "[\\w.-]", "(", ")", "(?:", "(?P<n>",
    "|", "*", "+", "?", "{2}", "{1,3}", "{0,}", "{", "}", "^", "$", "\\A", "\\z", "*?", "+?", "]", "/", "é", "\\-", "~",
]  # fmt: skip
TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "aB1",
    "a b",
    "a\nb",
    "aaa",
    "a.b",
    "b-1",
    "_",
    "é",
    "a]",
    "{",
    "a{2}",
    "1a\t",
    "/",
    "B_1 a",
    "~",
]


@pytest.mark.django_db
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=6),
    head=st.sampled_from(["", "(?i)", "(?s)", "(?is)"]),
)
@example(pieces=["^", "*"], head="")
@example(pieces=["(", ")", "{2}"], head="")
@example(pieces=["|"], head="(?i)")
def test_the_database_finds_what_the_matcher_finds(pieces: list[str], head: str) -> None:
    pattern = head + "".join(pieces)
    try:
        condition = text_test("CAST(? AS text)", "RLIKE", pattern, postgres=sql.is_postgres())
    except FilterError:
        return
    for text in TEXTS:
        found = sql.row(f"SELECT {condition.text}", (text, *condition.values))
        assert found is not None
        assert bool(found[0]) == matches(text, pattern), (pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a", "ab", True), ("^b", "ab", False), ("b$", "ab", True), ("a.b", "a\nb", False), ("(?s)a.b", "a\nb", True),
        ("(?i)ÄB", "äb", True), ("\\bcat\\b", "a cat.", True), ("\\bcat\\b", "concat", False), ("[^x]", "x", False),
        ("a{2,3}b", "aaab", True), ("(x|y)+z", "xyxz", True), ("", "", True), ("^$", "x", False), ("\\.", "a", False),
    ],
)  # fmt: skip
def test_what_is_found(pattern: str, text: str, found: bool) -> None:
    assert matches(text, pattern) is found
    assert bool(re.search(pattern, text)) is found


def test_nothing_matches_what_is_not_there() -> None:
    assert matches(None, ".*") is False


@pytest.mark.parametrize(
    "pattern", ["(a)\\1", "(?=a)", "(?<!a)b", "(", "a**", "[", "\\", "a{1001}", "(a{1,50}){1,50}", "x" * 1001]
)
def test_what_is_refused(pattern: str) -> None:
    with pytest.raises(FilterError):
        check_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*x$"])
def test_no_pattern_holds_the_hub_up(pattern: str) -> None:
    """The attack: each of these keeps Python's own matcher busy for longer than the universe is old."""
    assert matches("a" * 100_000 + "!", pattern) is False


@pytest.mark.parametrize(
    "pattern", ["\\pL", "\\p{Greek}", "(?i:a)", "a(?i)b", "\\Qa\\E", "a{256}", "[\\D]", "\\x41", "\\C"]
)
def test_what_postgres_has_no_words_for(pattern: str) -> None:
    with pytest.raises(FilterError):
        for_postgres(pattern)
