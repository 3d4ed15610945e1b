"""The language of metric gates: what it reads, what it refuses and where, and how it judges."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collab.gate_rules import Bound, Comparison, Judgement, RuleError, read_rule, rule_text, together

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-1000, max_value=1000)
bounds = st.one_of(
    st.builds(lambda n: Bound(False, offset=n), numbers),
    st.builds(lambda n: Bound(True, factor=n), numbers),
    st.builds(lambda n, percent: Bound(True, offset=n, percent=percent and n != 0), numbers, st.booleans()),
)
keys = st.text(st.characters(exclude_characters='`"', exclude_categories=["Cs"]), min_size=1, max_size=40)
comparisons = st.builds(
    Comparison, keys, st.sampled_from(["last", "min", "max"]), st.sampled_from([">=", ">", "<=", "<", "=="]), bounds
)


@patient
@given(st.lists(comparisons, min_size=1, max_size=3))
def test_what_is_written_is_read_as_the_same(found: list[Comparison]) -> None:
    text = rule_text(found)
    if len(text) <= 300:
        assert list(read_rule(text)) == found


@patient
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    try:
        read_rule(text)
    except RuleError as refusal:
        assert 0 <= refusal.position <= len(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("val_acc >= base", "val_acc >= base"),
        ("val_loss<=base*1.02", "val_loss <= base * 1.02"),
        ("1.02 > 1", ""),
        ("val/acc ≥ .9", "val/acc >= 0.9"),
        ("max( val_acc )>base-0.01", "max(val_acc) > base - 0.01"),
        ("last(f1) >= base + 2%", "f1 >= base + 2%"),
        ("`my metric` = 3 and min >= 1", "`my metric` == 3 and min >= 1"),
        ("loss < 0.5 * base", "loss < base * 0.5"),
        ("baseline >= 1", "baseline >= 1"),
    ],
)
def test_people_may_write_it_in_their_way(text: str, wanted: str) -> None:
    if wanted:
        assert rule_text(read_rule(text)) == wanted
    else:
        with pytest.raises(RuleError, match="name of a metric"):
            read_rule(text)


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "the rule ends"),
        ("base >= 1", 0, "before the comparison"),
        ("val_acc => 1", 9, "number or “base”"),
        ("val_acc base", 8, "one of >=, >"),
        ("val_acc >= ", 11, "number or “base”"),
        ("max(val_acc >= 1", 12, "“)”"),
        ("val_acc >= base 3", 16, "“and” or the end"),
        ("val_acc >= base * x", 18, "a number"),
        ("a >= 1 and", 10, "name of a metric"),
        ("a >= __import__('os')", 5, "number or “base”"),
        (" and ".join(["a > 1"] * 6), 55, "at most 5 conditions"),
        ("a" * 301, 300, "at most 300"),
    ],
)
def test_a_refusal_says_where_and_what_was_expected(text: str, position: int, says: str) -> None:
    with pytest.raises(RuleError) as refusal:
        read_rule(text)
    assert refusal.value.position == position
    assert says in refusal.value.message
    assert f"at letter {position + 1}" in refusal.value.message


def judged(rule: str, value: float, base: float | None = None) -> Judgement:
    (comparison,) = read_rule(rule)
    return comparison.judge(value, base)


def test_values_are_judged_as_decimals_with_the_numbers_in_words() -> None:
    assert judged("val_acc >= base", 0.93, 0.91) == Judgement("success", "val_acc 0.93 ≥ base 0.91")
    assert judged("val_acc > base", 0.91, 0.91) == Judgement("failure", "val_acc 0.91 is not > base 0.91")
    assert judged("loss <= base * 1.1", 0.33, 0.3).state == "success"  # 0.3 * 1.1 is 0.33000000000000002 as a float.
    assert judged("acc >= base - 0.1", 0.7, 0.8).state == "success"
    assert judged("loss <= base + 2%", -0.98, -1.0).state == "success"
    assert judged("max(acc) >= 0.9", 0.89).words == "max(acc) 0.89 is not ≥ 0.9"
    assert judged("steps == 1e3", 1000.0).state == "success"
    assert judged("acc > base", 0.9088419032407808, 0.8542053655807865).words == "acc 0.908842 > base 0.854205"
    assert judged("acc > base", 0.9088419, 0.9088420).words == "acc 0.9088419 is not > base 0.908842"
    assert judged("steps >= 1234567", 12345678.0).words == "steps 12345678 ≥ 1234567"


def test_what_cannot_be_compared_never_passes() -> None:
    assert judged("acc >= 0", math.nan).state == "failure"
    assert judged("acc >= 0", math.inf).state == "failure"
    assert judged("acc >= base", 0.9, None).state == "pending"
    assert judged("acc >= base", 0.9, math.nan).state == "pending"


def test_of_several_runs_the_operator_says_which_counts() -> None:
    at_least, at_most, equal = read_rule("a >= 1 and a < 1 and a == 1")
    values = [0.3, 0.9, math.nan, 0.1]
    assert (at_least.best(values), at_most.best(values), equal.best(values)) == (0.9, 0.1, 0.3)
    assert at_least.best([]) is None
    assert math.isnan(at_least.best([math.nan]) or 0)


def test_a_rule_holds_when_all_its_conditions_do() -> None:
    good, bad, open_ = Judgement("success", "a"), Judgement("failure", "b"), Judgement("pending", "c")
    assert together([good, good]) == Judgement("success", "a; a")
    assert together([good, open_, bad]).state == "failure"
    assert together([good, open_]).state == "pending"


def test_numbers_keep_their_digits() -> None:
    assert str(Bound(False, offset=Decimal("0.123456789012"))) == "0.123456789012"
