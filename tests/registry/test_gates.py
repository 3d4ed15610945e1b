"""Metric gates: what people may write, and what comes of numbers that are missing, NaN, infinite or awkward."""

from __future__ import annotations

import math

import pytest

from hub.lib.errors import Invalid
from registry.gates import judge, read_gate, read_gates


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("metrics.val_acc >= 0.9", "metrics.val_acc >= 0.9"),
        (" METRICS.val/acc>.9 ", "metrics.val/acc > 0.9"),
        ("metrics.loss <= 1e-9", "metrics.loss <= 1e-9"),
        ("metrics.n = 3", "metrics.n == 3"),
        ("metrics.`top 5` < -2", "metrics.`top 5` < -2"),
        ('metrics."a`b" < 2', 'metrics."a`b" < 2'),
        ("metrics.acc >= base", "metrics.acc >= base"),
        ("metrics.acc >= BASE - 0.010", "metrics.acc >= base - 0.01"),
        ("metrics.loss<=base+5 %", "metrics.loss <= base + 5%"),
        ("metrics.acc >= base - 0", "metrics.acc >= base"),
    ],
)
def test_a_gate_is_read_and_said_again(text: str, shown: str) -> None:
    gate = read_gate(text)
    assert str(gate) == shown
    assert read_gate(str(gate)) == gate


@pytest.mark.parametrize(
    "text",
    [
        "acc >= 1", "metrics. >= 1", "metrics.acc", "metrics.acc >= ", "metrics.acc => 1", "metrics.acc >= one",
        "metrics.acc != 1", "metrics.acc >= 1%", "metrics.acc >= nan", "metrics.acc >= base * 2", "metrics.acc >= 1e9999",
        "metrics.acc >= 1; drop", "metrics.`` > 1", "metrics.a > 1 and metrics.b > 1", "metrics." + "a" * 400 + " > 1",
        "metrics.acc >= base -", "metrics.acc >= ١",
    ],
)  # fmt: skip
def test_what_is_no_gate_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_gate(text)
    assert "metrics.val_acc >= 0.9" in caught.value.next_step and caught.value.field == "gates"


def test_a_rule_has_few_gates_and_none_twice() -> None:
    assert len(read_gates(["metrics.a > 1", "", "metrics.a>1.0", "metrics.b > 1"])) == 2
    with pytest.raises(Invalid):
        read_gates([f"metrics.a{n} > 1" for n in range(11)])


@pytest.mark.parametrize(
    ("gate", "value", "passed"),
    [
        ("metrics.a >= 0.9", 0.9, True),
        ("metrics.a > 0.9", 0.9, False),
        ("metrics.a <= 0.9", 0.9, True),
        ("metrics.a < 0.9", 0.9, False),
        ("metrics.a == 0.9", 0.9, True),
        ("metrics.a == 0.9", 0.90001, False),
        ("metrics.a >= -1", -0.5, True),
        ("metrics.a >= base", 0.8, True),
        ("metrics.a > base", 0.8, False),
        ("metrics.a >= base - 0.1", 0.7, True),  # 0.8 - 0.1 in binary is 0.7000000000000001.
        ("metrics.a >= base - 0.1", 0.69999, False),
        ("metrics.a <= base + 5%", 0.84, True),
        ("metrics.a <= base + 5%", 0.8401, False),
        ("metrics.a >= base + 10%", 0.88, True),
    ],
)
def test_numbers_are_compared_as_they_are_written(gate: str, value: float, passed: bool) -> None:
    assert judge([read_gate(gate)], {"a": value}, 3, {"a": 0.8})[0].passed is passed


def test_percent_of_a_negative_base_loosens_as_of_a_positive_one() -> None:
    gate = [read_gate("metrics.a >= base - 10%")]
    assert [judge(gate, {"a": value}, 1, {"a": -100.0})[0].passed for value in (-110.0, -110.1)] == [True, False]


@pytest.mark.parametrize(
    ("values", "base", "words"),
    [
        ({}, {"a": 1.0}, "a was not logged: not passed"),
        ({"a": math.nan}, {"a": 1.0}, "a is NaN: not passed"),
        ({"a": math.inf}, {"a": 1.0}, "a is infinite: not passed"),
        ({"a": 1.7976931348623157e308}, {"a": 1.0}, "a is infinite: not passed"),
        ({"a": 1.0}, {}, "a is 1, but that of version 3 was not logged: not passed"),
        ({"a": 1.0}, {"a": math.nan}, "a is 1, but that of version 3 is NaN: not passed"),
    ],
)
def test_what_cannot_be_compared_is_not_passed_and_said(
    values: dict[str, float], base: dict[str, float], words: str
) -> None:
    result = judge([read_gate("metrics.a >= base")], values, 3, base)[0]
    assert (result.passed, result.words) == (False, words)


def test_without_a_holder_there_is_nothing_to_be_worse_than() -> None:
    result = judge([read_gate("metrics.a >= base")], {"a": 0.25}, None, {})[0]
    assert (result.passed, result.words) == (True, "a is 0.25, and no version holds the place yet")


def test_the_numbers_are_told() -> None:
    gates = [read_gate("metrics.a >= base - 1%"), read_gate("metrics.a > 1e12")]
    words = [result.words for result in judge(gates, {"a": 1250.5}, 2, {"a": 1500.0})]
    assert words == ["a is 1250.5, not ≥ 1500 of version 2 - 1%", "a is 1250.5, not > 1000000000000"]
