"""The grammar: trees, precedence, and refusals with positions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.search.errors import FilterError
from tracking.search.grammar import EVERYTHING, MAX_COMPARISONS, Comparison, Joined, Not, Tree, Value, parse


def plain(tree: Tree) -> object:
    """The tree without positions."""
    if isinstance(tree, Comparison):
        return (f"{tree.name.entity}.{tree.name.key}".lstrip("."), tree.operator, tree.value)
    if isinstance(tree, Not):
        return ("NOT", plain(tree.inside))
    return (tree.word, *[plain(part) for part in tree.parts])


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_blank_matches_everything(text: str) -> None:
    assert parse(text) is EVERYTHING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metrics.a > 1", ("metrics.a", ">", 1)),
        ("metrics.a > 1.5e3", ("metrics.a", ">", 1500.0)),
        ("run_name = 'x'", ("run_name", "=", "x")),
        ('"run name" = "x"', ("run name", "=", "x")),
        ("params.`a b` != 'it''s'", ("params.a b", "!=", "it''s")),
        ("`params`.\"a.b\" = 'x'", ("params.a.b", "=", "x")),
        ("tags.a.b.c like '%x_'", ("tags.a.b.c", "LIKE", "%x_")),
        ("tags.a ILIKE 'x'", ("tags.a", "ILIKE", "x")),
        ("tags.a NOT LIKE 'x'", ("NOT", ("tags.a", "LIKE", "x"))),
        ("run_id IN ('a', 'b')", ("run_id", "IN", ("a", "b"))),
        ("run_id not in ('a',)", ("run_id", "NOT IN", ("a",))),
        ("tags.a IS NULL", ("tags.a", "IS NULL", None)),
        ("tags.a is not null", ("tags.a", "IS NOT NULL", None)),
    ],
)
def test_comparisons(text: str, expected: object) -> None:
    assert plain(parse(text)) == expected


def test_and_binds_tighter_than_or() -> None:
    a, b, c = ("a", "=", 1), ("b", "=", 2), ("c", "=", 3)
    assert plain(parse("a = 1 OR b = 2 AND c = 3")) == ("OR", a, ("AND", b, c))
    assert plain(parse("(a = 1 or b = 2) and c = 3")) == ("AND", ("OR", a, b), c)


def test_not_binds_tightest() -> None:
    a, b = ("a", "=", 1), ("b", "=", 2)
    assert plain(parse("NOT a = 1 AND b = 2")) == ("AND", ("NOT", a), b)
    assert plain(parse("NOT (a = 1 AND b = 2)")) == ("NOT", ("AND", a, b))
    assert plain(parse("NOT NOT a = 1")) == a


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("metrics.a", 9, "Expected an operator"),
        ("metrics.a >", 11, "Expected a value"),
        ("metrics.a > 1 AND", 17, "Expected 'Identifier'"),
        ("metrics.a > 1 metrics.b > 2", 14, "Invalid clause"),
        ("metrics.a == 1", 10, "Invalid comparator '=='"),
        ("metrics.a <> 1", 10, "Invalid comparator '<>'"),
        ("1 < metrics.a", 0, "Expected 'Identifier'"),
        ("'metrics.a' > 1", 0, "Expected 'Identifier'"),
        ("params.a = b", 11, "not quoted"),
        ("params.a IS 3", 12, "Expected NULL"),
        ("run_id IN 'a'", 13, "ill-formed list"),
        ("run_id IN ()", 11, "non-empty list"),
        ("run_id IN ('a' 'b')", 15, "ill-formed list"),
        ("run_id IN ('a', 1)", 16, "non-empty list of string values"),
        ("(metrics.a > 1", 0, "never closed"),
        ("metrics.a > 1)", 13, "Invalid clause"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, position: int, words: str) -> None:
    with pytest.raises(FilterError, match=words) as caught:
        parse(text)
    assert caught.value.position == position


def test_brackets_have_a_depth_and_filters_a_length() -> None:
    with pytest.raises(FilterError, match="brackets"):
        parse("(" * 5000)
    with pytest.raises(FilterError, match="comparisons"):
        parse(" AND ".join(["a = 1"] * (MAX_COMPARISONS + 1)))


_keys = st.text(st.characters(exclude_characters="`"), min_size=1, max_size=8)
_strings = st.text(st.characters(exclude_characters="'\\"), max_size=8)
_values = st.one_of(_strings, st.integers(-(10**9), 10**9), st.floats(0, 1e12).filter(lambda x: "e" not in repr(x)))
_comparisons = st.tuples(_keys, st.sampled_from(["=", "!=", "<", ">="]), _values)


def spelt(key: str, operator: str, value: Value) -> str:
    shown = f"'{value}'" if isinstance(value, str) else repr(value)
    return f"params.`{key}` {operator} {shown}"


@given(st.lists(_comparisons, min_size=1, max_size=5), st.sampled_from(["AND", "OR", "and", " oR "]))
def test_what_is_spelt_out_is_read_back(tests: list[tuple[str, str, Value]], word: str) -> None:
    tree = parse(f" {word} ".join(spelt(*test) for test in tests))
    parts = tree.parts if isinstance(tree, Joined) else (tree,)
    assert [plain(part) for part in parts] == [(f"params.{key}", op, value) for key, op, value in tests]


@given(st.text(st.sampled_from("()'\"`=<>!., andornotinliks123metrics\\"), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    position = 0
    try:
        parse(text)
    except FilterError as error:
        position = error.position or 0
    assert 0 <= position <= len(text)
