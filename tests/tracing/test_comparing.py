"""Results of evaluations side by side: joined by what went in, differing first, the worst regression on top."""

from __future__ import annotations

import json

import pytest

from tracing.comparing import EvalRow, compare, key_of, score_of
from tracing.selectors.evaluation_rows import table_rows


def row(question: str, answer: str = "a", **scores: object) -> EvalRow:
    """A row of a run."""
    return EvalRow(
        key_of({"q": question}), question, answer, "", {name: score_of(said) for name, said in scores.items()}
    )


def test_rows_are_joined_by_what_went_in_whatever_the_order_of_names() -> None:
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1}) != key_of({"a": 1})
    found = compare([[row("one"), row("two")], [row("two"), row("three")]])
    assert [[side.row is not None for side in each.sides] for each in found.rows] == [
        [True, False], [True, True], [False, True],
    ]  # fmt: skip


def test_the_same_question_asked_twice_is_two_rows() -> None:
    found = compare([[row("one", "x"), row("one", "y")], [row("one", "x"), row("one", "z")]])
    assert [[side.row.response for side in each.sides if side.row] for each in found.rows] == [["x", "x"], ["y", "z"]]


def test_the_biggest_regression_is_first_and_what_differs_is_told() -> None:
    base = [row("a", good=True), row("b", good=True, length=3.0), row("c", good=False), row("d", "same", good=True)]
    other = [row("a", good=True), row("b", good=False, length=1.0), row("c", good=True), row("d", "same", good=True)]
    found = compare([base, other])
    assert [each.request for each in found.picked(show="all", sort="regression")] == ["b", "c", "a", "d"]
    assert found.picked(show="all", sort="improvement")[0].request == "c"
    assert [each.request for each in found.picked(show="differ", sort="input")] == ["b", "c"]
    assert [each.request for each in found.picked(show="worse", sort="input")] == ["b"]
    worst = found.picked(show="all", sort="regression")[0]
    assert worst.worst == -2.0 and found.scorers == ["good", "length"]
    assert [(cell.name, cell.delta) for cell in worst.sides[1].cells] == [("good", -1.0), ("length", -2.0)]


def test_one_run_alone_shows_what_scored_low_first() -> None:
    found = compare([[row("good", x=True), row("bad", x=False), row("between", x=0.5)]])
    assert [each.request for each in found.picked(show="all", sort="regression")] == ["bad", "between", "good"]


@pytest.mark.parametrize(
    ("value", "text", "number"),
    [(True, "yes", 1.0), (False, "no", 0.0), (2, "2", 2.0), (0.12345, "0.1235", 0.12345), ("No", "No", 0.0),
     ("fluent", "fluent", None), (None, "null", None), ({"a": 1}, '{"a": 1}', None), (10**400, None, None)],
)  # fmt: skip
def test_scores(value: object, text: str | None, number: float | None) -> None:
    if text is None:
        assert score_of(value).number is None
        return
    assert (score_of(value).text, score_of(value).number) == (text, number)


def test_the_table_of_a_classic_evaluation() -> None:
    table = {
        "columns": [
            "question",
            "ground_truth",
            "outputs",
            "token_count",
            "toxicity/v1/score",
            "toxicity/v1/justification",
        ],
        "data": [["why", "since", "because", 3, 0.5, "rude"], ["how", "so", "thus", 1, None, None]],
    }
    first, second = table_rows(json.dumps(table).encode())
    assert (first.request, first.expected, first.response) == ("why", "since", "because")
    assert {name: (score.number, score.rationale) for name, score in first.scores.items()} == {
        "toxicity/v1": (0.5, "rude")
    }
    assert second.scores == {}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"columns": 1, "data": 2}', b"\xff", b'{"columns": ["a"], "data": [1]}',
                                     b"[" * 100_000])  # fmt: skip
def test_what_is_no_table_has_no_rows(content: bytes) -> None:
    assert table_rows(content) == []
