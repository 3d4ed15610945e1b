"""What the filter box knows beyond MLflow: expressions, moments, spans, free words; and that errors know their place."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repos.models import Repository
from tests.factories.tracking import START, make_experiment, make_run
from tracking.clock import now_ms
from tracking.models import Experiment, Run
from tracking.search.compile import Setting, compile_filter
from tracking.search.errors import FilterError
from tracking.search.free_words import free_words
from tracking.search.grammar import Comparison, parse
from tracking.search.moments import Moment, Span, read_date
from tracking.search.vocabulary import RUNS, RUNS_BY_HAND
from tracking.search.writing import both, equals, written_name, written_value
from tracking.selectors.run_scope import scope_of
from tracking.sql import rows
from tracking.table_state import TableState

DAY = 86_400_000


def found(repo: Repository, experiment: Experiment, text: str) -> set[str]:
    """Names of the runs that a filter of the box finds."""
    inside = scope_of(repo, [experiment], TableState(text=text, tree=False)).inside
    return {row[0] for row in rows(f"SELECT r.name FROM tracking_run r WHERE {inside.text}", inside.values)}


@pytest.fixture
def sweep(repo: Repository) -> Experiment:
    """Three runs: today's, one of last week that took long, one of long ago without end."""
    experiment = make_experiment(repo)
    now = now_ms()
    make_run(repo, experiment, "ResNet-50 base", params={"opt": "adamw"}, start=now - 3_600_000)
    make_run(repo, experiment, "resnet-18", params={"opt": "sgd"}, tags={"team": "vision"}, start=now - 7 * DAY)
    make_run(repo, experiment, "vit_large", start=now - 90 * DAY, status="RUNNING")
    Run.objects.filter(name="resnet-18").update(end_time=now - 7 * DAY + 5 * 3_600_000)
    return experiment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run_name ~ '^res'", {"resnet-18"}),
        ("run_name ~ '(?i)^res'", {"ResNet-50 base", "resnet-18"}),
        ("run_name !~ '[0-9]'", {"vit_large"}),
        ("params.opt ~ 'adam|sgd'", {"ResNet-50 base", "resnet-18"}),
        ("params.opt !~ 'adam'", {"resnet-18"}),
        ("NOT params.opt ~ 'adam'", {"resnet-18", "vit_large"}),
        ("tags.team ~ 'vis'", {"resnet-18"}),
        ("start_time > now - 1d", {"ResNet-50 base"}),
        ("start_time > -1d", {"ResNet-50 base"}),
        ("attributes.start_time > NOW - 2w", {"ResNet-50 base", "resnet-18"}),
        ("created < now - 8.5d", {"vit_large"}),
        ("start_time < now", {"ResNet-50 base", "resnet-18", "vit_large"}),
        ("start_time > '2020-01-01'", {"ResNet-50 base", "resnet-18", "vit_large"}),
        ("start_time > '2999-01-01T12:30+02:00'", set()),
        ("duration > 1h", {"resnet-18"}),
        ("duration <= 65s", {"ResNet-50 base"}),
        ("attributes.duration = 65000", {"ResNet-50 base"}),
        ("NOT duration > 0s", {"vit_large"}),
        ("resnet", {"ResNet-50 base", "resnet-18"}),
        ("resnet base", {"ResNet-50 base"}),
        ("vit_large", {"vit_large"}),
        ("vitXlarge", set()),
        ("18", {"resnet-18"}),
    ],
)
def test_what_is_found(repo: Repository, sweep: Experiment, text: str, expected: set[str]) -> None:
    assert found(repo, sweep, text) == expected


@pytest.mark.parametrize(
    ("text", "words", "position"),
    [
        ("start_time = '2026-01-01'", "compare start_time by <", 11),
        ("start_time > 7d", "such as now - 7d", 11),
        ("start_time > 'yesterday'", "no date", 11),
        ("start_time > now 7d", "Expected [+] or - between", 17),
        ("start_time > now - 7", "not understood|Invalid clause", 17),
        ("duration > now - 7d", "a length of time", 9),
        ("duration > -7d", "a length of time", 9),
        ("duration > '7d'", "Expected numeric", 9),
        ("metrics.a > 7d", "numeric value type for metric", 10),
        ("metrics.a ~ 'x'", "Invalid comparator '~'", 10),
        ("run_name ~ '['", "Invalid regular expression", 9),
        ("run_name ~ 'x{1000}{1000}'", "Invalid regular expression|repeats", 9),
        ("params.`a\0` = 'x'", "NUL", 0),
        ("start_time > -99999999999999999999d", "longer than any time", 13),
        ("loss <", "Expected a value", 6),
        ("metrics.loss", "Expected an operator", 12),
        ("resnet and", "Expected an operator", 7),
    ],
)
def test_what_is_refused_with_its_place(text: str, words: str, position: int) -> None:
    with pytest.raises(FilterError, match=words) as caught:
        compile_filter(text, RUNS_BY_HAND, Setting(1, postgres=False))
    assert caught.value.position == position
    error = caught.value
    if len(text) < 60:
        assert error.before + error.marked + error.after == text


def test_words_that_are_no_filter_stay_an_error_for_clients() -> None:
    with pytest.raises(FilterError, match="Expected an operator"):
        compile_filter("resnet base", RUNS, Setting(1, postgres=False))


@pytest.mark.parametrize(
    "text", ["", " ", "a = 1", "metrics.loss", "x AND y", "x, y", "it's", "Params.x", "a" + " b" * 30]
)
def test_what_may_be_a_filter_is_not_taken_for_words(text: str) -> None:
    assert free_words(text) == []


def test_times_are_read() -> None:
    def value(text: str) -> Any:
        tree = parse(f"start_time > {text}")
        assert isinstance(tree, Comparison)
        return tree.value

    assert value("now - 7d") == Moment(-7 * DAY)
    assert value("now+1.5h") == Moment(5_400_000)
    assert value("now") == Moment(0)
    assert value("-20ms") == Span(-20, True)
    assert value("3w") == Span(21 * DAY, False)
    assert read_date("1970-01-02") == DAY
    assert read_date("1970-01-02T00:00:00.5Z") == DAY + 500
    assert read_date("1970-01-01 02:00+02:00") == 0
    assert [read_date(text) for text in ("1970", "1970-13-01", "x", "0001-01-01T00:00+23:00", "20260101")].count(
        None
    ) >= 4


_pieces = st.sampled_from([
    "metrics.loss", "params.lr", "tags.`a b`", "run_name", "start_time", "end_time", "duration", "status", "run_id", "datasets.name",
    "nothing.x", "x", "now", "NOW", "-", "+", "7d", "-7d", "1.5h", "9" * 40 + "d", "1e999", "0.5", "-3", "'x'", '"x"', "'2026-01-01'", "'['",
    "'(?i)a+'", "'\\x41'", "=", "!=", "<", ">=", "~", "!~", "LIKE", "ILIKE", "RLIKE", "IN", "NOT", "IS", "NULL", "AND", "OR", "(", ")", ",",
    "`", "'", '"', ";", "\\", "é", "\U0001f600", "\0", ".",
])  # fmt: skip


@given(st.lists(_pieces, max_size=12), st.sampled_from([" ", ""]), st.booleans())
def test_any_filter_compiles_or_is_refused_at_a_place_inside_the_text(
    parts: list[str], between: str, postgres: bool
) -> None:
    text = between.join(parts)
    for vocabulary in (RUNS, RUNS_BY_HAND):
        try:
            condition = compile_filter(text, vocabulary, Setting(1, postgres=postgres))
        except FilterError as error:
            assert error.position is not None and 0 <= error.position <= len(text)
            assert text.startswith(text[: error.position]) and error.message
        else:
            assert condition.text.count("?") == len(condition.values)


@given(st.lists(_pieces, max_size=8))
@pytest.mark.django_db
def test_every_filter_that_compiles_runs(parts: list[str]) -> None:
    try:
        condition = compile_filter(" ".join(parts), RUNS_BY_HAND, Setting(1, postgres=_is_postgres()))
    except FilterError:
        return
    rows(f"SELECT r.id FROM tracking_run r WHERE {condition.text}", condition.values)


def _is_postgres() -> bool:
    from tracking.sql import is_postgres

    return is_postgres()


@given(st.text(max_size=12), st.one_of(st.none(), st.text(max_size=12)))
def test_what_is_written_is_read_back(key: str, value: str | None) -> None:
    text = equals("params", key, value)
    if text is None:
        assert "\0" in key + (value or "") or ("`" in key and ('"' in key)) or key == "" or value is not None
        return
    tree = parse(text)
    assert isinstance(tree, Comparison)
    assert (tree.name.entity, tree.name.key) == ("params", key)
    if tree.operator == "~":
        assert isinstance(tree.value, str) and re.search(tree.value, value or "")
    else:
        assert tree.value == value


def test_filters_are_joined() -> None:
    assert both("", "a = 1") == "a = 1"
    assert both("x = 1 OR y = 2", "a = 1") == "(x = 1 OR y = 2) AND a = 1"
    assert written_name("metrics", "val/loss") == "metrics.`val/loss`"
    assert written_value("it's") == '"it\'s"'
    assert START > 0
