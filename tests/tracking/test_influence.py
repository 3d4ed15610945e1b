"""Importance of parameters: on made-up runs the parameter that decides is found, and chance is not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.charts.influence import as_number, influence, pearson, ranks


def made(runs: int = 200) -> tuple[dict[str, list[str]], list[float]]:
    """Runs whose metric rises with log(lr), is lower with adam, and knows nothing of the seed."""
    dice = random.Random(7)
    rates = [dice.uniform(-5, -1) for _ in range(runs)]
    kinds = [dice.choice(["adam", "sgd"]) for _ in range(runs)]
    seeds = [str(dice.randrange(10**6)) for _ in range(runs)]
    outcomes = [
        2 * rate + (0 if kind == "adam" else 1) + dice.gauss(0, 0.2) for rate, kind in zip(rates, kinds, strict=True)
    ]
    return {"lr": [str(10**rate) for rate in rates], "optimizer": kinds, "seed": seeds}, outcomes


def test_the_parameter_that_decides_is_the_most_important() -> None:
    params, outcomes = made()
    found = {key: influence(key, values, outcomes) for key, values in params.items()}
    lr, optimizer, seed = found["lr"], found["optimizer"], found["seed"]
    assert lr is not None and optimizer is not None and seed is not None
    assert lr.importance > 0.8 > optimizer.importance > seed.importance
    assert lr.correlation is not None and lr.correlation > 0.9
    assert optimizer.correlation is None
    assert seed.importance < 0.05


def test_a_best_value_in_the_middle_is_important_without_any_correlation() -> None:
    values = [n / 100 for n in range(-100, 101)]
    found = influence("lr", [str(value) for value in values], [value * value for value in values])
    assert found is not None
    assert found.importance > 0.8
    assert abs(found.correlation or 0) < 0.1


def test_a_value_of_its_own_in_every_run_explains_nothing() -> None:
    found = influence("name", [f"run-{n}" for n in range(50)], [float(n) for n in range(50)])
    assert found is not None and found.importance == 0.0


def test_one_diverged_run_does_not_decide() -> None:
    outcomes = [float(n % 10) for n in range(99)] + [1e300]
    found = influence("seed", [str(n * 37 % 100) for n in range(100)], outcomes)
    assert found is not None and found.importance < 0.2


@pytest.mark.parametrize(("values", "outcomes"), [([], []), (["1", "2", "3"], [1.0, 2.0, 3.0]), (["1"] * 9, [1.0] * 9)])
def test_nothing_is_said_of_too_little(values: list[str], outcomes: list[float]) -> None:
    assert influence("x", values, outcomes) is None


def test_a_metric_that_never_changes_is_explained_by_nothing() -> None:
    found = influence("lr", ["1", "2", "3", "4", "5"], [1.0] * 5)
    assert found is not None and (found.importance, found.correlation) == (0.0, 0.0)


@given(st.lists(st.tuples(st.sampled_from(["0.1", "adam", "1e3", "True", "nan"]), st.floats(-1e9, 1e9)), max_size=60))
def test_importance_is_a_share_whatever_comes(rows: list[tuple[str, float]]) -> None:
    found = influence("x", [text for text, _ in rows], [value for _, value in rows])
    if found is not None:
        assert 0 <= found.importance <= 1
        assert found.correlation is None or -1 <= found.correlation <= 1


def test_equal_values_share_their_rank() -> None:
    assert ranks([3.0, 1.0, 3.0, 2.0]) == [3.5, 1.0, 3.5, 2.0]
    assert pearson([1, 2, 3], [2, 4, 6]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "number"), [("1e-3", 0.001), ("True", 1.0), ("nan", None), ("inf", None), ("adam", None), ("", None)]
)
def test_what_counts_as_a_number(text: str, number: float | None) -> None:
    assert as_number(text) == number
