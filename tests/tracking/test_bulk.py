"""Many runs changed at once: what is done, what is refused and why, counts and histories kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from hub.lib.errors import Conflict, Invalid
from jobs.models import Job
from repos.models import Activity, Collaborator, Repository
from storage.models import Bucket, StoredObject
from storage.services import put_object
from tests.factories.tracking import make_artifact, make_experiment, make_run
from tracking import belongings
from tracking.locations import SPACE
from tracking.models import (
    Action,
    BulkChange,
    BulkItem,
    Dataset,
    Experiment,
    LoggedModel,
    Metric,
    Run,
    RunTag,
    Thing,
)
from tracking.rules import Point
from tracking.selectors.bulk import reach_of
from tracking.selectors.run_scope import scope_of
from tracking.selectors.runs import search_runs
from tracking.services import bulk, bulk_steps
from tracking.services.bulk import ask_change, continue_change
from tracking.services.bulk_steps import DOOMED, HOME_TRASHED, UNCHANGED
from tracking.services.experiments import delete_experiment
from tracking.services.inputs import DatasetGiven, log_inputs
from tracking.services.logged_models import create_model
from tracking.services.metrics import log_metrics
from tracking.services.purge_asking import ask_purge
from tracking.services.run_moves import ELSEWHERE, NEEDED, RUNNING, TRASHED, HeldRun
from tracking.services.runs import delete_run
from tracking.table_state import TableState

HERE = "/alice/stones/experiments/1"
BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def sweep(repo: Repository) -> Experiment:
    experiment = make_experiment(repo)
    for number in range(4):
        make_run(repo, experiment, f"run-{number}", metrics={"loss": [1.0, 0.5]}, params={"lr": str(number)})
    return Experiment.objects.get(pk=experiment.pk)


def do(sweep: Experiment, action: Action, /, *names: str, who: User | None = None, **arguments: str) -> BulkChange:
    uuids = list(Run.objects.filter(name__in=names).values_list("uuid", flat=True))
    return ask_change(
        repository=sweep.repository, experiment=sweep, action=action, chosen=uuids, arguments=arguments,
        actor=Actor(user=who),
    )  # fmt: skip


def counts(experiment: Experiment) -> tuple[int, int]:
    """What the experiment counts, held against its rows."""
    experiment.refresh_from_db()
    told = experiment.active_runs, experiment.deleted_runs
    runs = Run.objects.filter(experiment=experiment)
    assert told == (runs.filter(deleted_at=None).count(), runs.exclude(deleted_at=None).count())
    return told


def test_tags_are_set_and_removed(sweep: Experiment, bob: User) -> None:
    done = do(sweep, Action.TAG, "run-0", "run-1", who=bob, key="team", value="vision")
    assert (done.total, done.done, done.refused) == (2, 2, 0)
    assert set(RunTag.objects.filter(key="team").values_list("run__name", "value")) == {
        ("run-0", "vision"),
        ("run-1", "vision"),
    }
    do(sweep, Action.TAG, "run-0", key="team", value="text")
    gone = do(sweep, Action.UNTAG, "run-0", "run-3", key="team")
    assert (gone.done, gone.reasons) == (1, {UNCHANGED: 1})
    assert list(RunTag.objects.filter(key="team").values_list("run__name", flat=True)) == ["run-1"]
    entry = Activity.objects.get(verb="tagged runs", user=bob)
    assert (entry.subject, entry.data["runs"]) == ("2 runs have the tag team=vision", 2)


@pytest.mark.parametrize(
    ("key", "value"),
    [("", "x"), ("mlflow.runName", "x"), ("a\0", "x"), ("a" * 251, "x"), ("a", "x" * 9000), ("a;b", "x")],
)
def test_bad_tags_change_nothing(sweep: Experiment, key: str, value: str) -> None:
    with pytest.raises(Invalid):
        do(sweep, Action.TAG, "run-0", key=key, value=value)
    assert not BulkChange.objects.exists() and not RunTag.objects.filter(value=value).exists()


def test_the_archive_hides_runs_from_the_table_and_from_nobody_else(repo: Repository, sweep: Experiment) -> None:
    done = do(sweep, Action.ARCHIVE, "run-0", "run-1")
    assert (done.done, counts(sweep)) == (2, (4, 0))
    assert reach_of(repo, scope_of(repo, [sweep], TableState(tree=False))).count == 2
    assert reach_of(repo, scope_of(repo, [sweep], TableState(tree=False, view="archived"))).archived == 2
    assert len(search_runs(repo, [sweep.number]).rows) == 4
    assert do(sweep, Action.ARCHIVE, "run-0", "run-2").reasons == {UNCHANGED: 1}
    assert do(sweep, Action.UNARCHIVE, "run-0").done == 1
    assert Run.objects.get(name="run-0").archived_at is None


def test_the_trash_is_reached_and_left_with_counts(repo: Repository, sweep: Experiment, bob: User) -> None:
    assert do(sweep, Action.DELETE, "run-0", "run-1", who=bob).done == 2
    assert counts(sweep) == (2, 2)
    assert Run.objects.get(name="run-0").deleted_by == bob
    assert do(sweep, Action.DELETE, "run-0").reasons == {UNCHANGED: 1}
    assert do(sweep, Action.TAG, "run-0", key="a", value="b").reasons == {TRASHED: 1}
    ask_purge(repository=repo, chosen={Thing.RUN: [Run.objects.get(name="run-1").pk]})
    back = do(sweep, Action.RESTORE, "run-0", "run-1", "run-2")
    assert (back.done, back.reasons) == (1, {DOOMED: 1, UNCHANGED: 1})
    assert counts(sweep) == (3, 1)


def test_runs_of_a_deleted_experiment_come_back_with_it_alone(repo: Repository, sweep: Experiment) -> None:
    delete_experiment(repository=repo, number=sweep.number)
    assert do(sweep, Action.RESTORE, "run-0").reasons == {HOME_TRASHED: 1}


def test_a_move_takes_everything_along(repo: Repository, sweep: Experiment) -> None:
    target = make_experiment(repo, "target")
    run = Run.objects.get(name="run-0")
    stay = Run.objects.get(name="run-1")
    for each in (run, stay):
        _use_dataset(repo, each)
    make_artifact(repo, run, "model/weights.bin", b"123")
    make_artifact(repo, run, "notes.txt", b"hello")
    model = create_model(repository=repo, number=sweep.number, source_run_id=run.uuid)
    put_object(repository=repo, space=SPACE, key=f"{sweep.number}/models/{model.uuid}/artifacts/MLmodel", chunks=[b"m"])
    bucket_before = Bucket.objects.values("object_count", "total_bytes").get(repository=repo, name=SPACE)
    history = set(Metric.objects.filter(run=run).values_list("step", "value"))
    done = do(sweep, Action.MOVE, "run-0", experiment=str(target.number))
    assert (done.done, done.reasons) == (1, {})
    run.refresh_from_db()
    assert run.experiment == target and set(Metric.objects.filter(run=run).values_list("step", "value")) == history
    assert run.params.get().value == "0" and run.latest_metrics.count() == 1
    assert (counts(sweep), counts(target)) == ((3, 0), (1, 0))
    assert LoggedModel.objects.get(pk=model.pk).experiment == target
    keys = set(StoredObject.objects.filter(bucket__repository=repo).values_list("key", flat=True))
    home = f"{target.number}/{run.uuid}/artifacts"
    assert keys == {
        f"{home}/model/weights.bin",
        f"{home}/notes.txt",
        f"{target.number}/models/{model.uuid}/artifacts/MLmodel",
    }
    assert Bucket.objects.values("object_count", "total_bytes").get(repository=repo, name=SPACE) == bucket_before
    assert {(d.experiment_id, d.name) for d in Dataset.objects.all()} == {(sweep.pk, "iris"), (target.pk, "iris")}
    do(sweep, Action.MOVE, "run-1", experiment=str(target.number))
    assert [(d.experiment_id, d.uses.count()) for d in Dataset.objects.all()] == [(target.pk, 2)]
    log_metrics(repository=repo, run_id=run.uuid, points=[Point("loss", 0.1, 1, 9)])


def _use_dataset(repo: Repository, run: Run) -> None:
    tags = (("mlflow.data.context", "train"),)
    used = DatasetGiven(name="iris", digest="d1", source_type="local", source="{}", tags=tags)
    log_inputs(repository=repo, run_id=run.uuid, datasets=[used])


def test_nested_runs_move_with_their_parent(repo: Repository, sweep: Experiment) -> None:
    target = make_experiment(repo, "target")
    parent = Run.objects.get(name="run-0")
    child = make_run(repo, sweep, "child", tags={"mlflow.parentRunId": parent.uuid})
    make_run(repo, sweep, "grandchild", tags={"mlflow.parentRunId": child.uuid})
    done = do(sweep, Action.MOVE, "run-0", experiment=str(target.number))
    assert (done.total, done.done) == (3, 3)
    assert set(Run.objects.filter(experiment=target).values_list("name", flat=True)) == {"run-0", "child", "grandchild"}
    assert (counts(sweep), counts(target)) == ((3, 0), (3, 0))


def test_what_cannot_be_moved_stays_whole_and_says_why(
    repo: Repository, sweep: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = make_experiment(repo, "target")
    make_run(repo, sweep, "running", status="RUNNING")
    delete_run(repository=repo, run_id=Run.objects.get(name="run-1").uuid)
    needed = Run.objects.get(name="run-2").uuid
    monkeypatch.setattr(belongings, "_needs", [lambda repository: {needed: "iris version 1"}])
    done = do(sweep, Action.MOVE, "run-1", "run-2", "running", experiment=str(target.number))
    assert (done.done, done.reasons) == (0, {TRASHED: 1, NEEDED: 1, RUNNING: 1})
    Experiment.objects.filter(pk=sweep.pk).update(artifact_location="s3://elsewhere/1")
    assert do(sweep, Action.MOVE, "run-3", experiment=str(target.number)).reasons == {ELSEWHERE: 1}
    assert do(sweep, Action.MOVE, "run-3", experiment=str(sweep.number)).reasons == {UNCHANGED: 1}
    assert (counts(sweep), counts(target)) == ((4, 1), (0, 0))


@pytest.mark.parametrize("number", ["", "x", "99", "1" * 30])
def test_a_move_needs_an_experiment_of_the_repository(sweep: Experiment, number: str) -> None:
    with pytest.raises(Invalid, match="Choose an experiment"):
        do(sweep, Action.MOVE, "run-0", experiment=number)


def test_runs_of_another_repository_are_not_reached(
    repo: Repository, sweep: Experiment, other_repo: Repository
) -> None:
    # The attack: sending ids of runs, or the number of an experiment, of a repository that one may not write to.
    secret = make_run(other_repo, make_experiment(other_repo), "secret")
    with pytest.raises(Conflict, match="No run was picked"):
        do(sweep, Action.DELETE, "secret")
    assert not Run.objects.get(pk=secret.pk).is_deleted and not BulkChange.objects.exists()


def test_many_runs_are_changed_by_a_job_that_may_be_stopped(
    repo: Repository, sweep: Experiment, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr("tracking.services.bulk_steps.STEP", 3)
    scope = scope_of(repo, [sweep], TableState(text="params.lr != '9'", tree=False))
    asked = ask_change(
        repository=repo, experiment=sweep, action=Action.DELETE, chosen=scope, expected=4, actor=Actor(user=bob)
    )
    assert (asked.total, asked.done, asked.finished_at) == (4, 0, None)
    assert Job.objects.filter(task=bulk.TASK, object_id=asked.pk).count() == 1
    Run.objects.filter(name="run-0").delete()
    make_run(repo, sweep, "late", params={"lr": "1"})
    assert not bulk.work_on_change(change_id=asked.pk, seconds=0)
    assert not bulk._batch(asked.pk)
    asked.refresh_from_db()
    assert (asked.done, asked.refused, asked.percent) == (2, 1, 75)
    continue_change(change_id=asked.pk)
    continue_change(change_id=asked.pk)
    asked.refresh_from_db()
    assert (asked.done, asked.refused, asked.percent) == (3, 1, 100)
    assert not BulkItem.objects.exists()
    assert not Run.objects.get(name="late").is_deleted
    assert Activity.objects.filter(verb="deleted runs").count() == 1


@pytest.mark.parametrize("loses", ["access", "account"])
def test_a_job_does_no_more_for_who_lost_access_meanwhile(
    repo: Repository, sweep: Experiment, bob: User, monkeypatch: pytest.MonkeyPatch, loses: str
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    asked = do(sweep, Action.DELETE, "run-0", "run-1", "run-2", who=bob)
    if loses == "access":
        Collaborator.objects.filter(repository=repo, user=bob).update(level=Level.READ)
    else:
        User.objects.filter(pk=bob.pk).update(is_active=False)
    continue_change(change_id=asked.pk)
    continue_change(change_id=asked.pk)
    asked.refresh_from_db()
    assert (asked.done, asked.refused, asked.reasons) == (0, 3, {bulk.NOT_ALLOWED: 3})
    assert asked.finished_at is not None and not BulkItem.objects.exists()
    assert counts(sweep) == (4, 0)


def test_a_set_that_changed_since_it_was_looked_at_is_asked_again(repo: Repository, sweep: Experiment) -> None:
    scope = scope_of(repo, [sweep], TableState(tree=False))
    with pytest.raises(Conflict, match="matched 3 runs when you looked, and matches 4 now"):
        ask_change(
            repository=repo, experiment=sweep, action=Action.DELETE, chosen=scope, expected=3, actor=Actor(user=None)
        )
    assert not BulkChange.objects.exists() and counts(sweep) == (4, 0)


def test_the_page_asks_first_and_names_what_is_affected(
    browser_of: BrowserOf, repo: Repository, sweep: Experiment, bob: User
) -> None:
    bobs = browser_of(bob)
    picked = [Run.objects.get(name=name).uuid for name in ("run-0", "run-1")]
    page = bobs.post(f"{HERE}/selection/change?action=delete&q=x", {"run": picked}).content.decode()
    assert "Delete 2 runs" in page and "run-0" in page and not Run.objects.filter(deleted_at__isnull=False).exists()
    answer = bobs.post(f"{HERE}/selection/change?q=x", {"run": picked, "action": "delete", "confirm": "1"}, follow=True)
    assert answer.redirect_chain[0][0] == f"{HERE}?q=x"
    assert "2 runs are in the trash." in answer.content.decode()
    page = bobs.post(f"{HERE}/selection/change?action=tag&q=params.lr+%3D+%273%27", {"all": "1"}).content.decode()
    assert "Tag 1 run<" in page and "that match the table" in page
    sent = {"all": "1", "action": "tag", "confirm": "1", "count": "1", "key": "team", "value": "v"}
    bobs.post(f"{HERE}/selection/change?q=params.lr+%3D+%273%27", sent)
    assert list(RunTag.objects.filter(key="team").values_list("run__name", flat=True)) == ["run-3"]
    wrong = bobs.post(f"{HERE}/selection/change", {**sent, "key": "mlflow.user", "count": "2"})
    assert wrong.status_code == 400 and "Choose another key" in wrong.content.decode()
    assert bobs.post(f"{HERE}/selection/change?q=%28", {"all": "1", "action": "tag"}).status_code == 400
    assert bobs.post(f"{HERE}/selection/change", {"action": "explode"}).status_code == 400
    assert "2 runs are in the trash" in bobs.get(f"{HERE}/changes").content.decode()


def test_no_run_moves_into_an_experiment_that_was_deleted_while_its_row_was_waited_for(
    repo: Repository, sweep: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, hold = make_experiment(repo, "other"), bulk_steps._hold
    Run.objects.update(status="FINISHED")

    def held_late(*asked: int) -> list[HeldRun]:
        delete_experiment(repository=repo, number=target.number)
        return hold(*asked)

    monkeypatch.setattr(bulk_steps, "_hold", held_late)
    done = do(sweep, Action.MOVE, "run-0", experiment=str(target.number))
    assert (done.done, done.reasons) == (0, {bulk_steps.TARGET_TRASHED: 1})
    assert (counts(sweep), counts(target)) == ((4, 0), (0, 0))
