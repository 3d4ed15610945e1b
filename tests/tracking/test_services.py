"""Services called as the hub itself calls them: what holds at the door holds here."""

from __future__ import annotations

import sys

import pytest

from accounts.actor import Actor
from accounts.models import User
from hub.lib.errors import Conflict, Invalid, NotFound
from repos.models import Activity, Repository
from tracking import sql
from tracking.models import Experiment, Metric, Run
from tracking.rules import Point
from tracking.selectors.runs import run_detail, search_runs
from tracking.selectors.series import metric_history
from tracking.services.batch import log_batch
from tracking.services.experiments import create_experiment, delete_experiment, ensure_default
from tracking.services.metrics import log_metrics
from tracking.services.params import log_params
from tracking.services.runs import create_run, delete_run, update_run
from tracking.services.tags import set_tags


def test_an_experiment_with_a_run(repo: Repository, bob: User) -> None:
    actor = Actor(user=bob)
    experiment = create_experiment(repository=repo, name="forest", actor=actor)
    run = create_run(repository=repo, number=experiment.number, name="first", start_time=1_000, actor=actor)
    log_metrics(repository=repo, run_id=run.uuid, points=[Point("loss", 0.5, 1_001, 0), Point("loss", 0.25, 1_002, 1)])
    log_params(repository=repo, run_id=run.uuid, params=[("lr", "0.1")])
    set_tags(repository=repo, run_id=run.uuid, tags=[("team", "x")])
    update_run(repository=repo, run_id=run.uuid, status="FINISHED", end_time=3_500)
    found = Run.objects.get(uuid=run.uuid)
    assert (found.pk, found.experiment_id, found.created_by) == (run.pk, experiment.pk, bob)
    assert found.duration is not None
    assert found.duration.total_seconds() == 2.5
    data = run_detail(repo, run.uuid).data
    assert [(metric.key, metric.value, metric.step) for metric in data.metrics] == [("loss", 0.25, 1)]
    assert data.params == [("lr", "0.1")]
    assert data.tags == [("mlflow.runName", "first"), ("team", "x")]
    assert Activity.objects.filter(verb="created experiment", subject="forest", user=bob).count() == 1


@pytest.mark.django_db(transaction=True)
def test_points_of_keys_that_are_known(repo: Repository) -> None:
    """Once a key's number is committed, PostgreSQL writes all in one statement: the same must be true of it."""
    number = create_experiment(repository=repo, name="forest").number
    run = create_run(repository=repo, number=number, tags=[("team", "x")]).uuid
    nan = float("nan")
    for points in (
        [Point("loss", 0.5, 10, 0), Point("acc", 0.1, 10, 0)],
        [Point("loss", 0.25, 12, 2), Point("loss", 0.25, 12, 2), Point("loss", 0.75, 11, 1), Point("acc", nan, 11, 1)],
        [Point("loss", float("inf"), 12, 1), Point("acc", 0.1, 10, 0)],
    ):
        log_metrics(repository=repo, run_id=run, points=points)
    data = run_detail(repo, run).data
    assert [(each.key, str(each.value), each.timestamp, each.step) for each in data.metrics] == [
        ("acc", "nan", 11, 1), ("loss", "0.25", 12, 2),
    ]  # fmt: skip
    assert [tag for tag in data.tags if tag[0] == "team"] == [("team", "x")]
    history = [(each.value, each.timestamp, each.step) for each in metric_history(repo, run, "loss")]
    assert history == [(0.5, 10, 0), (0.75, 11, 1), (sys.float_info.max, 12, 1), (0.25, 12, 2)]
    with pytest.raises(NotFound):
        log_metrics(repository=repo, run_id="f" * 32, points=[Point("loss", 1.0, 13)])
    delete_run(repository=repo, run_id=run)
    with pytest.raises(Invalid):
        log_metrics(repository=repo, run_id=run, points=[Point("loss", 1.0, 13)])
    assert Metric.objects.count() == 6
    assert Experiment.objects.values_list("active_runs", "deleted_runs").get(number=number) == (0, 1)


def test_the_default_experiment_is_made_once(repo: Repository) -> None:
    for _ in range(3):
        ensure_default(repository=repo)
    assert list(Experiment.objects.values_list("number", "name")) == [(0, "Default")]
    assert create_experiment(repository=repo, name="next").number == 1
    with pytest.raises(Conflict):
        create_experiment(repository=repo, name="Default")


def test_refusals_are_the_hubs_errors(repo: Repository) -> None:
    experiment = create_experiment(repository=repo, name="x")
    run = create_run(repository=repo, number=experiment.number)
    with pytest.raises(NotFound):
        log_metrics(repository=repo, run_id="f" * 32, points=[Point("m", 1.0, 1)])
    with pytest.raises(Invalid):
        log_metrics(repository=repo, run_id=run.uuid, points=[Point("m", 1.0, -1)])
    with pytest.raises(Invalid):
        log_batch(repository=repo, run_id=run.uuid, params=[("p", "1"), ("p", "2")])
    delete_experiment(repository=repo, number=experiment.number)
    with pytest.raises(Invalid):
        create_run(repository=repo, number=experiment.number)
    with pytest.raises(Invalid):
        set_tags(repository=repo, run_id=run.uuid, tags=[("a", "b")])


def found_with(repo: Repository, number: int) -> tuple[int, int]:
    """How many runs a search finds, and how many statements reach the driver for it."""
    asked: list[str] = []
    cursor = sql._cursor

    def counted(text: str, values: sql.Params) -> object:
        asked.append(text)
        return cursor(text, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql, "_cursor", counted)
        page = search_runs(repo, [number], filter_text="metrics.m > 0", order_by=["params.p"])
    return len(page.rows), len(asked)


def test_searches_cost_the_same_for_few_and_for_many(repo: Repository) -> None:
    experiment = create_experiment(repository=repo, name="x")
    for expected in ((3, 2), (6, 2)):
        for _ in range(3):
            run = create_run(repository=repo, number=experiment.number)
            log_batch(repository=repo, run_id=run.uuid, points=[Point("m", 1.0, 1)], params=[("p", "1")])
        assert found_with(repo, experiment.number) == expected


def test_deleting_a_run_of_another_repository(repo: Repository, other_repo: Repository) -> None:
    """The attack: an id that is known from elsewhere."""
    experiment = create_experiment(repository=other_repo, name="x")
    run = create_run(repository=other_repo, number=experiment.number)
    with pytest.raises(NotFound):
        delete_run(repository=repo, run_id=run.uuid)
    assert not Run.objects.get().is_deleted
