"""Deltas and what differs: examples, and laws that hold for any numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.rules import LARGEST
from tracking.selectors.run_comparison_deltas import Better, best_of, delta_of, differ, finite

_numbers = st.floats(allow_nan=False, allow_infinity=False)
_maybe = st.none() | _numbers


@pytest.mark.parametrize(
    ("value", "base", "text", "percent"),
    [
        (0.4, 0.5, "−0.1", "−20.0\u202f%"),
        (1.0, 0.5, "+0.5", "+100\u202f%"),
        (0.5, 0.5, "±0", ""),
        (1.0, 0.0, "+1", ""),
        (-1.0, -2.0, "+1", "+50.0\u202f%"),
        (1e12, 1e-3, "+1e+12", "+>100\u202f000\u202f%"),
        (0.50001, 0.5, "+1e-05", "+0.0\u202f%"),
    ],
)
def test_a_delta_says_how_far_with_its_sign(value: float, base: float, text: str, percent: str) -> None:
    found = delta_of(value, base)
    assert found is not None
    assert (found.text, found.percent_text, found.verdict) == (text, percent, "")


@pytest.mark.parametrize(("value", "base"), [(None, 1.0), (1.0, None), (LARGEST, -LARGEST)])
def test_no_delta_without_two_numbers_that_can_be_subtracted(value: float | None, base: float | None) -> None:
    assert delta_of(value, base) is None


def test_nan_and_infinities_are_no_numbers_to_calculate_with() -> None:
    assert [finite(0.0, True), finite(LARGEST, False), finite(-LARGEST, False), finite(2.0, False)] == [
        None, None, None, 2.0
    ]  # fmt: skip


@given(_maybe, _maybe, st.sampled_from(["", "min", "max"]))
def test_a_delta_is_always_finite_and_leads_to_the_value(value: float | None, base: float | None, way: Better) -> None:
    found = delta_of(value, base, way)
    if found is None:
        assert value is None or base is None or not math.isfinite(value - base)
        return
    assert value is not None and base is not None
    assert math.isfinite(found.absolute) and found.absolute == value - base
    assert found.percent is None or math.isfinite(found.percent)
    assert (found.absolute == 0) == (found.text == "±0")
    if not way or not found.absolute:
        assert found.verdict == ""
    else:
        assert found.verdict == ("better" if (value > base) == (way == "max") else "worse")


@given(_numbers, _numbers)
def test_the_way_back_is_the_other_verdict(one: float, other: float) -> None:
    there, back = delta_of(one, other, "min"), delta_of(other, one, "min")
    assert (there is None) == (back is None)
    if there and back:
        assert {there.verdict, back.verdict} == ({""} if one == other else {"better", "worse"})
        assert there.absolute == -back.absolute


@given(st.lists(_maybe, max_size=12), st.sampled_from(["min", "max"]))
def test_the_best_are_all_that_nothing_beats(values: list[float | None], way: Better) -> None:
    best = best_of(values, way)
    there = [value for value in values if value is not None]
    if len(set(there)) < 2:
        assert best == frozenset()
        return
    top = min(there) if way == "min" else max(there)
    assert best == {at for at, value in enumerate(values) if value is not None and value == top}
    assert best_of(values, "") == frozenset()


@given(st.lists(st.none() | st.text(max_size=3), max_size=8))
def test_texts_differ_unless_all_are_the_same(texts: list[str | None]) -> None:
    assert differ(texts) == any(text != texts[0] for text in texts)
    assert differ(texts) == differ(texts[::-1])
