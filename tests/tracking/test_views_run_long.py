"""The pages of a run with 20,000 metrics, 2,000 parameters and 2,000 tags: a page of each, found by words."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from repos.models import Repository
from tests.factories.tracking import START, make_experiment, make_run
from tests.tracking.test_views_experiments import text_of
from tracking.models import Experiment, LatestMetric, Metric, MetricKey, Param, Run, RunTag
from tracking.selectors.run_lists import Asked, asked, listed

BrowserOf = Callable[[User | None], Client]
METRICS, WORDS = 20_000, 2_000
MOST_BYTES = 200_000
"""Of HTML, whatever the run has logged."""


@pytest.fixture
def experiment(repo: Repository) -> Experiment:
    """Experiment 1 of alice/stones."""
    return make_experiment(repo)


@pytest.fixture
def bobs(browser_of: BrowserOf, repo: Repository, bob: User) -> Client:
    """The browser of somebody who may write."""
    return browser_of(bob)


def long_run(repo: Repository, experiment: Experiment, metrics: int = METRICS, words: int = WORDS) -> Run:
    """A run with curves of two points in a hundred sections."""
    run = make_run(repo, experiment, "long")
    keys = MetricKey.objects.bulk_create(
        MetricKey(repository=repo, name=f"layer{n % 100:02}/weight{n:05}") for n in range(metrics)
    )
    common = {"run_id": run.pk, "timestamp": START, "is_nan": False}
    LatestMetric.objects.bulk_create(LatestMetric(key=key, step=1, value=0.5, **common) for key in keys)
    Metric.objects.bulk_create(Metric(key=key, step=n, value=0.5 + n, **common) for key in keys for n in (0, 1))
    Param.objects.bulk_create(Param(run=run, key=f"p{n:04}", value=f"v{n}") for n in range(words))
    RunTag.objects.bulk_create(RunTag(run=run, key=f"t{n:04}", value="1") for n in range(words))
    return run


def address(run: Run) -> str:
    """The page of a run."""
    return f"/alice/stones/experiments/{run.experiment.number}/runs/{run.uuid}"


@pytest.mark.parametrize("size", [1, METRICS])
def test_the_overview_is_small_and_takes_the_same_queries_for_one_and_for_20000(
    bobs: Client, repo: Repository, experiment: Experiment, size: int
) -> None:
    here = address(long_run(repo, experiment, size, min(size, WORDS)))
    text_of(bobs, here)
    with CaptureQueriesContext(connection) as queries:
        page = text_of(bobs, here)
    assert len(queries) == 17
    assert len(page.encode()) < MOST_BYTES
    if size == METRICS:
        assert "20\u202f000" in page and "1–100 of 20\u202f000" in page and "1–100 of 2\u202f000" in page
        assert page.count('class="run-spark"') == 100 and page.count("<path d=") == 100


def test_lists_are_searched_and_turned_over_without_scripts(
    bobs: Client, repo: Repository, experiment: Experiment
) -> None:
    here = address(long_run(repo, experiment, 300, 300))
    page = text_of(bobs, f"{here}?metric=LAYER07+weight&param=p0299&tag=t0001")
    assert ">layer07/weight00207<" in page and ">layer08/" not in page
    assert ">v299<" in page and ">v298<" not in page and ">t0001<" in page and ">t0002<" not in page
    last = text_of(bobs, f"{here}?metric_page=3")
    assert ">layer99/weight00299<" in last and "201–300 of 300" in last
    assert f'href="{here}?metric_page=2"' in last.replace("&amp;", "&")
    assert "None of 300 parameters has “nowhere”" in text_of(bobs, f"{here}?param=nowhere")


@pytest.mark.parametrize(("target", "shown"), [("metric", "weight00007"), ("param", "v7<"), ("tag", "t0007")])
def test_one_list_is_answered_to_who_asks_for_it(
    bobs: Client, repo: Repository, experiment: Experiment, target: str, shown: str
) -> None:
    here = address(long_run(repo, experiment, 30, 30))
    asked = {"HX-Request": "true", "HX-Target": f"run-list-{target}"}
    part = text_of(bobs, f"{here}?{target}=7", headers=asked)
    assert shown in part and part.count('id="run-') == 1 and "<html" not in part


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 400, "²", "99999"])
def test_pages_that_are_not_there_are_the_nearest_that_is(
    bobs: Client, repo: Repository, experiment: Experiment, page: str
) -> None:
    here = address(long_run(repo, experiment, 3, 3))
    assert "weight00002" in text_of(bobs, f"{here}?metric_page={page}&metric=%00")


def test_all_parameters_are_downloaded_where_they_are_too_many_to_copy(
    bobs: Client, repo: Repository, experiment: Experiment
) -> None:
    here = address(long_run(repo, experiment, 0))
    assert f'href="{here}/params"' in text_of(bobs, here)
    answer = bobs.get(f"{here}/params")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert json.loads(answer.content) == {f"p{n:04}": f"v{n}" for n in range(WORDS)}
    few = address(make_run(repo, experiment, params={"lr": "1"}))
    assert "Copy all parameters" in text_of(bobs, few) and f"{few}/params" not in text_of(bobs, few)


def test_a_list_knows_what_stands_beside_its_page() -> None:
    page = listed(range(25), Asked("n", page=2), str, 10)
    assert (page.rows[0], page.first, page.last, page.before, page.after) == (10, 11, 20, 1, 3)
    empty = listed([], asked({"n_page": "7"}, "n"), str)
    assert (empty.page, empty.rows, empty.before, empty.after) == (1, [], None, None)


# Charts


@pytest.mark.parametrize("size", [1, METRICS])
def test_charts_are_drawn_by_section_and_take_the_same_queries(
    bobs: Client, repo: Repository, experiment: Experiment, size: int
) -> None:
    here = f"{address(long_run(repo, experiment, size, 0))}/metrics"
    text_of(bobs, here)
    with CaptureQueriesContext(connection) as queries:
        page = text_of(bobs, here)
    assert len(queries) == 10
    assert len(page.encode()) < MOST_BYTES
    assert page.count("<hub-chart") == min(size, 48)
    if size == METRICS:
        assert "All 200 charts of layer00" in page and page.count("runs-section--folded") == 99


def test_a_section_is_opened_in_its_place_and_as_a_page(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    here = f"{address(long_run(repo, experiment, 6000, 0))}/metrics"
    part = text_of(bobs, f"{here}?section=layer07", headers={"HX-Request": "true"})
    assert part.count("<hub-chart") == 48 and 'data-key="layer07/weight00007"' in part and "<html" not in part
    page = text_of(bobs, f"{here}?section=layer07&section_page=2&x=time")
    assert "49–60 of 60" in page and page.count("<hub-chart") == 12 and "All sections" in page and "&amp;x=time" in page
    assert "No metric here has a curve" in text_of(bobs, f"{here}?section=nowhere")


def test_charts_are_searched_on_the_server(bobs: Client, repo: Repository, experiment: Experiment) -> None:
    here = f"{address(long_run(repo, experiment, 300, 0))}/metrics"
    part = text_of(bobs, f"{here}?metric=WEIGHT00299", headers={"HX-Request": "true"})
    assert part.count("<hub-chart") == 1 and 'data-key="layer99/weight00299"' in part
    assert "None of 300 metrics has “nothing”" in text_of(bobs, f"{here}?metric=nothing")


def test_many_sections_and_many_single_values_are_bounded(
    bobs: Client, repo: Repository, experiment: Experiment
) -> None:
    run = long_run(repo, experiment, 0, 0)
    keys = MetricKey.objects.bulk_create(MetricKey(repository=repo, name=f"{n:05}/x") for n in range(600))
    common = {"run_id": run.pk, "timestamp": START, "is_nan": False}
    LatestMetric.objects.bulk_create(LatestMetric(key=key, step=1, value=0.5, **common) for key in keys)
    Metric.objects.bulk_create(
        Metric(key=key, step=n, value=0.5, **common) for at, key in enumerate(keys) for n in range(1 if at % 2 else 2)
    )
    page = text_of(bobs, f"{address(run)}/metrics")
    assert page.count("<hub-chart") == 48 and page.count("runs-section--folded") == 100
    assert "152 more sections" in page and "1–100 of 300" in page and page.count(">00001/x<") == 1
    assert "101–200 of 300" in text_of(bobs, f"{address(run)}/metrics?once_page=2")
