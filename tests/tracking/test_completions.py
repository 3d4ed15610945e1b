"""What the filter box offers at the cursor."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from repos.models import Repository
from tests.factories.tracking import make_experiment, make_run
from tracking.models import Experiment, MetricKey
from tracking.search.hints import Wanted, hint_at
from tracking.selectors.completions import MOST_ITEMS, complete

AT = "/alice/stones/experiments/1/completions"


@pytest.fixture
def sweep(repo: Repository) -> Experiment:
    """An experiment with something of each kind."""
    experiment = make_experiment(repo)
    make_run(
        repo, experiment, "one", params={"lr": "0.1", "layer size": "3"}, metrics={"loss": [1.0], "val/loss": [2.0]},
        tags={"team": "vision"},
    )  # fmt: skip
    make_run(repo, experiment, "two", params={"lr": "0.01"}, user="carol")
    return experiment


def labels(experiment: Experiment, text: str, cursor: int | None = None) -> list[str]:
    found = complete([experiment], text, len(text) if cursor is None else cursor)
    return [item.label for item in found.items]


def accepted(experiment: Experiment, text: str, label: str) -> str:
    """The text after one of the items has been taken."""
    found = complete([experiment], text, len(text))
    item = next(item for item in found.items if item.label == label)
    return text[: found.start] + item.insert + text[found.end :]


def test_names_of_every_kind_are_offered(sweep: Experiment) -> None:
    assert labels(sweep, "")[:3] == ["run_name", "status", "start_time"]
    assert {"metrics.", "params.", "tags.", "NOT", "("} <= set(labels(sweep, ""))
    assert labels(sweep, "metrics.") == ["metrics.loss", "metrics.val/loss"]
    assert labels(sweep, "metrics.LOSS") == ["metrics.loss", "metrics.val/loss"]
    assert labels(sweep, "lr") == ["params.lr"]
    assert labels(sweep, "(params.l") == ["params.lr", "params.layer size"]
    assert labels(sweep, "datasets.") == ["datasets.name", "datasets.digest", "datasets.context"]
    assert labels(sweep, "nonsense.") == []


def test_what_is_taken_is_quoted_where_it_must_be(sweep: Experiment) -> None:
    assert accepted(sweep, "metrics.val", "metrics.val/loss") == "metrics.`val/loss` "
    assert accepted(sweep, "metrics.`va", "metrics.val/loss") == "metrics.`val/loss` "
    assert accepted(sweep, "params.`layer s", "params.layer size") == "params.`layer size` "


def test_operators_fit_the_kind_of_value(sweep: Experiment) -> None:
    assert labels(sweep, "metrics.loss ") == ["=", "!=", "<", "<=", ">", ">="]
    assert labels(sweep, "params.lr ") == ["=", "!=", "~", "!~", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL"]
    assert labels(sweep, "run_id ")[-2:] == ["IN", "NOT IN"]
    assert labels(sweep, "params.lr IS ") == ["NULL", "NOT NULL"]
    assert labels(sweep, "params.lr NOT ") == ["LIKE", "ILIKE"]
    assert labels(sweep, "metrics.loss >") == [">", ">="]
    assert labels(sweep, "nothing ") == []


def test_values_come_from_the_runs(sweep: Experiment) -> None:
    assert labels(sweep, "params.lr = ") == ["'0.1'", "'0.01'"]
    assert labels(sweep, "params.lr = '0.01") == ["'0.01'"]
    assert labels(sweep, "tags.team = ") == ["'vision'"]
    assert labels(sweep, "user_id = ") == ["'bob'", "'carol'"]
    assert labels(sweep, "status = 'f") == ["'FINISHED'", "'FAILED'"]
    assert labels(sweep, "metrics.loss < ") == []
    assert labels(sweep, "start_time > ")[:2] == ["now - 1h", "now - 1d"]
    assert labels(sweep, "start_time > now ")[0] == "- 1h"
    assert labels(sweep, "duration > ")[0] == "30s"
    assert labels(sweep, "params.lr = '0.1' ") == ["AND", "OR"]
    assert labels(sweep, "(params.lr = '0.1' ") == ["AND", "OR", ")"]
    assert labels(sweep, "(params.lr = '0.1' a") == ["AND"]


def test_the_word_at_the_cursor_is_replaced_whole(sweep: Experiment) -> None:
    found = complete([sweep], "metrics.lossy < 3", 10)
    assert (found.start, found.end) == (0, 13)


def test_other_experiments_are_not_read(repo: Repository, sweep: Experiment) -> None:
    make_run(repo, make_experiment(repo, "other"), params={"secret": "value"})
    assert labels(sweep, "params.sec") == []


def test_twenty_thousand_keys_are_bounded(repo: Repository, sweep: Experiment) -> None:
    MetricKey.objects.bulk_create(MetricKey(repository=repo, name=f"layer/{n}/norm") for n in range(20_000))
    found = complete([sweep], "metrics.layer", 13).items
    assert len(found) == MOST_ITEMS
    assert found[0].label == "metrics.layer/0/norm"
    assert labels(sweep, "metrics.19999") == ["metrics.layer/19999/norm"]


@given(
    st.text(st.sampled_from("metrics.loss params`'\"<>=!~() 0.5 AND NOT IN now-7d,\\"), max_size=30),
    st.integers(-5, 40),
)
def test_any_text_has_a_hint(text: str, cursor: int) -> None:
    hint = hint_at(text, cursor)
    assert 0 <= hint.start <= hint.end <= len(text)
    assert isinstance(hint.wanted, Wanted)


def test_the_answer_is_json_for_those_who_may_read(
    sweep: Experiment, browser_of: Callable[[User | None], Client], carol: User, mallory: User
) -> None:
    answer = browser_of(carol).get(AT, {"q": "metrics.los", "at": "11"})
    assert answer.json() == {
        "start": 0, "end": 11, "expected": "a metric, parameter, tag or attribute",
        "items": [{"label": "metrics.loss", "insert": "metrics.loss ", "detail": "metric"},
                  {"label": "metrics.val/loss", "insert": "metrics.`val/loss` ", "detail": "metric"}],
    }  # fmt: skip
    assert browser_of(mallory).get(AT, {"q": "m"}).status_code == 404
    assert browser_of(carol).get(AT, {"q": "m\0", "at": "-3", "with": "x,77"}).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_completing_takes_the_same_queries_for_one_run_and_for_three(
    repo: Repository, browser_of: Callable[[User | None], Client], bob: User, count: int
) -> None:
    experiment = make_experiment(repo)
    for number in range(count):
        make_run(repo, experiment, params={"lr": str(number)})
    client = browser_of(bob)
    client.get(AT, {"q": "params.lr = "})
    with CaptureQueriesContext(connection) as queries:
        client.get(AT, {"q": "params.lr = "})
    assert len(queries) == 5
