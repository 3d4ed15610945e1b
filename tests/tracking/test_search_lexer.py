"""The lexer: tokens with positions, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.search.errors import FilterError
from tracking.search.lexer import MAX_FILTER, Kind, tokens


def shape(text: str) -> list[tuple[str, str]]:
    return [(token.kind.value, token.text) for token in tokens(text)[:-1]]


def test_tokens_of_a_comparison() -> None:
    assert shape("metrics.acc >= 0.5") == [("name", "metrics.acc"), ("operator", ">="), ("number", "0.5")]


def test_no_spaces_are_needed() -> None:
    assert shape("metrics.acc>-.5e-3") == [("name", "metrics.acc"), ("operator", ">"), ("number", "-.5e-3")]


def test_positions_count_characters() -> None:
    assert [token.position for token in tokens("params.ä = 'x'")] == [0, 9, 11, 14]


@pytest.mark.parametrize(
    "text",
    ["params.`my key`", 'params."my key"', "`params`.key", "tags.mlflow.source.name", "tags.`mlflow.user`"],
)
def test_a_name_is_one_token(text: str) -> None:
    assert shape(text) == [("name", text)]


def test_a_list() -> None:
    assert shape("IN ('a', \"b\")") == [
        ("name", "IN"), ("(", "("), ("string", "'a'"), (",", ","), ("string", '"b"'), (")", ")"),
    ]  # fmt: skip


def test_the_last_token_is_the_end() -> None:
    assert [token.kind for token in tokens("  ")] == [Kind.END]


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("metrics.a > 'x", 12, "never closed"),
        ("params.a = 1; DROP", 12, "multiple expressions"),
        ("metrics.a > 5 # x", 14, "not understood"),
        ("1abc", 0, "not understood"),
        ("metrics.val-loss > 1", 11, "not understood"),
    ],
)
def test_what_fits_no_token_is_told_with_its_place(text: str, position: int, words: str) -> None:
    with pytest.raises(FilterError, match=words) as caught:
        tokens(text)
    assert caught.value.position == position
    assert f"at character {position + 1}" in caught.value.message


def test_a_filter_without_end_is_refused() -> None:
    with pytest.raises(FilterError, match="at most"):
        tokens("a" * (MAX_FILTER + 1))


@given(st.text(max_size=60))
def test_any_text_is_cut_or_refused(text: str) -> None:
    try:
        found = tokens(text)
    except FilterError:
        return
    assert found[-1].kind is Kind.END
    assert "".join(token.text for token in found) == "".join(
        text[token.position : token.position + len(token.text)] for token in found
    )
