"""The trash of a repository: names are free at once, restoring may collide, purging frees rows and files."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from hub.lib.errors import Conflict
from jobs.models import Job
from jobs.services import run as run_job
from repos.models import Activity, Repository
from storage.models import Blob, StoredObject
from storage.services import collect_garbage
from tests.factories.tracking import make_artifact, make_experiment, make_run
from tests.tracking.conftest import Door
from tests.tracking.test_services_purge import DATASET, fill, rows
from tracking import belongings, sql
from tracking.models import Dataset, Experiment, LatestMetric, LoggedModel, Metric, Purge, PurgeItem, Run, Thing
from tracking.rules import InvalidState
from tracking.selectors.trash import Trash
from tracking.selectors.trash_sizes import loss_of, trash_rows
from tracking.services import purge_steps, purge_work
from tracking.services.experiments import delete_experiment, restore_experiment
from tracking.services.logged_models import delete_model
from tracking.services.purge_asking import ask_purge, ask_purge_of_trash, ask_purges_of_expired
from tracking.services.purge_work import continue_purge, work_on_purge
from tracking.services.runs import delete_run, restore_run


def finish(purge: Purge | None) -> Purge:
    assert purge is not None
    assert work_on_purge(purge_id=purge.pk)
    return Purge.objects.get(pk=purge.pk)


# --- names


def test_a_name_in_the_trash_is_free_at_once(mlflow: Door) -> None:
    old = mlflow.experiment("x")
    mlflow.ok("POST", "experiments/delete", {"experiment_id": old})
    assert mlflow.refused("GET", "experiments/get-by-name", experiment_name="x")[:2] == (
        404, "RESOURCE_DOES_NOT_EXIST",
    )  # fmt: skip
    new = mlflow.experiment("x")
    assert new != old
    assert mlflow.ok("GET", "experiments/get-by-name", experiment_name="x")["experiment"]["experiment_id"] == new
    assert mlflow.ok("GET", "experiments/get", experiment_id=old)["experiment"]["lifecycle_stage"] == "deleted"
    found = mlflow.ok("POST", "experiments/search", {"max_results": 9, "view_type": "DELETED_ONLY"})["experiments"]
    assert [each["experiment_id"] for each in found] == [old]
    status, code, message = mlflow.refused("POST", "experiments/create", {"name": "x"})
    assert (status, code) == (400, "RESOURCE_ALREADY_EXISTS")
    assert "already exists" in message


def test_restoring_names_the_experiment_that_took_the_name(mlflow: Door, repo: Repository) -> None:
    old = mlflow.experiment("x")
    mlflow.ok("POST", "experiments/delete", {"experiment_id": old})
    new = mlflow.experiment("x")
    status, code, message = mlflow.refused("POST", "experiments/restore", {"experiment_id": old})
    assert (status, code) == (400, "RESOURCE_ALREADY_EXISTS")
    assert f"id {new}" in message
    restore_experiment(repository=repo, number=int(old), name="y")
    assert set(Experiment.objects.exclude(number=0).values_list("number", "name", "deleted_at")) == {
        (int(old), "y", None), (int(new), "x", None),
    }  # fmt: skip


def test_the_trash_knows_who_put_what_there(mlflow: Door, bob: User, repo: Repository) -> None:
    number = mlflow.experiment()
    run = mlflow.run(number)
    mlflow.ok("POST", "runs/delete", {"run_id": run})
    assert Run.objects.get(uuid=run).deleted_by == bob
    assert Trash(repo).counts() == {Thing.EXPERIMENT: 0, Thing.RUN: 1, Thing.MODEL: 0}
    mlflow.ok("POST", "experiments/delete", {"experiment_id": number})
    assert Trash(repo).counts() == {Thing.EXPERIMENT: 1, Thing.RUN: 0, Thing.MODEL: 0}
    mlflow.ok("POST", "experiments/restore", {"experiment_id": number})
    assert Run.objects.get(uuid=run).deleted_by is None
    assert list(Activity.objects.filter(user=bob).order_by("pk").values_list("verb", "subject", "user")) == [
        (verb, "forest", bob.pk) for verb in ("created experiment", "deleted experiment", "restored experiment")
    ]


# --- purging


def test_a_purged_experiment_leaves_nothing_but_what_others_use(
    repo: Repository, other_repo: Repository, alice: User, mlflow: Door, token_for: Any
) -> None:
    fill(Door(other_repo, token_for(alice)))
    Experiment.objects.filter(number=0).delete()
    before = rows()
    fill(mlflow)
    run = Run.objects.select_related("experiment").get(repository=repo)
    make_artifact(repo, run, "weights.bin", b"1234567")
    delete_experiment(repository=repo, number=run.experiment.number)
    (row,) = trash_rows(repo, Thing.EXPERIMENT, list(Trash(repo).things(Thing.EXPERIMENT)))
    assert (row.runs, row.points.number, row.size.number, row.needed_by) == (1, 1, 7, "")
    loss = loss_of(repo, {Thing.EXPERIMENT: [run.experiment_id]})
    assert (loss.experiments, loss.runs, loss.logged_models, loss.points.number) == (1, 1, 1, 1)
    assert (loss.files.number, loss.size.number) == (1, 7)
    purge = finish(ask_purge_of_trash(repository=repo, actor=Actor(user=alice)))
    after = rows()
    # Names of metrics stay, since writers remember their numbers; so does the counter of experiments.
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "Experiment": 1, "MetricKey": 1, "Space": 1, "Purge": 1,
    }  # fmt: skip
    assert Experiment.objects.get(repository=repo).number == 0
    assert not StoredObject.objects.filter(bucket__repository=repo).exists()
    assert (purge.experiments, purge.runs, purge.logged_models, purge.points) == (1, 1, 1, 1)
    assert (purge.files, purge.size, purge.percent) == (1, 7, 100)
    told = Activity.objects.get(verb="emptied the trash")
    assert (told.user, told.data["rows"]) == (alice, purge.rows)
    assert told.subject == f"1 experiment, 1 run, 1 model, {purge.rows} rows, 1 file"
    Blob.objects.update(touched_at=timezone.now() - timedelta(days=2))
    assert collect_garbage(older_than=timedelta(days=1)).size == 7


def test_a_purged_run_leaves_its_siblings_alone(repo: Repository, mlflow: Door) -> None:
    number = mlflow.experiment()
    kept, gone = mlflow.run(number), mlflow.run(number)
    other = {**DATASET, "name": "only here"}
    for run, datasets in ((kept, [DATASET]), (gone, [DATASET, other])):
        mlflow.ok("POST", "runs/log-metric", {"run_id": run, "key": "loss", "value": 1, "timestamp": 1})
        mlflow.ok("POST", "runs/log-inputs", {"run_id": run, "datasets": [{"dataset": each} for each in datasets]})
        make_artifact(repo, Run.objects.get(uuid=run), "a.txt", b"a")
    delete_run(repository=repo, run_id=gone)
    purge = finish(ask_purge_of_trash(repository=repo))
    assert (purge.runs, purge.experiments, purge.files) == (1, 0, 1)
    assert list(Run.objects.values_list("uuid", flat=True)) == [kept]
    assert (Metric.objects.count(), LatestMetric.objects.count()) == (1, 1)
    assert list(Dataset.objects.values_list("name", flat=True)) == ["iris"]
    assert StoredObject.objects.get().key == f"{number}/{kept}/artifacts/a.txt"
    assert Experiment.objects.values_list("active_runs", "deleted_runs").get(number=number) == (1, 0)
    assert mlflow.refused("GET", "runs/get", run_id=gone)[0] == 404


def test_a_purged_model_goes_with_its_links_and_files(repo: Repository, mlflow: Door) -> None:
    fill(mlflow)
    model = LoggedModel.objects.get()
    delete_model(repository=repo, model_id=model.uuid)
    purge = finish(ask_purge_of_trash(repository=repo))
    assert (purge.logged_models, purge.runs) == (1, 0)
    left = rows()
    assert [left[f"LoggedModel{part}"] for part in ("", "Param", "Tag", "Metric")] == [0] * 4
    assert (left["ModelLink"], left["Run"], left["Metric"]) == (0, 1, 1)


def test_what_is_being_purged_cannot_be_restored(repo: Repository) -> None:
    experiment = make_experiment(repo)
    run = make_run(repo, experiment, "one")
    delete_experiment(repository=repo, number=experiment.number)
    purge = ask_purge(repository=repo, chosen={Thing.EXPERIMENT: [experiment.pk]})
    with pytest.raises(InvalidState):
        restore_experiment(repository=repo, number=experiment.number)
    with pytest.raises(InvalidState):
        restore_run(repository=repo, run_id=run.uuid)
    with pytest.raises(Conflict):
        ask_purge(repository=repo, chosen={Thing.EXPERIMENT: [experiment.pk]})
    assert Trash(repo).counts()[Thing.EXPERIMENT] == 0
    assert (purge.total, Purge.objects.count(), PurgeItem.objects.count()) == (2, 1, 1)


def test_things_of_others_and_live_ones_cannot_be_purged(repo: Repository, other_repo: Repository) -> None:
    foreign, live = make_experiment(other_repo), make_experiment(repo)
    delete_experiment(repository=other_repo, number=foreign.number)
    with pytest.raises(Conflict):
        ask_purge(repository=repo, chosen={Thing.EXPERIMENT: [foreign.pk, live.pk]})
    assert loss_of(repo, {Thing.EXPERIMENT: [foreign.pk, live.pk]}).experiments == 0


def test_a_purge_goes_on_where_it_was_stopped(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker dies after each small step in turn; nothing is lost, and nothing is counted twice."""
    experiment = make_experiment(repo)
    for name in ("one", "two", "three"):
        run = make_run(repo, experiment, name, metrics={"loss": [1.0] * 7}, params={"lr": "1"})
        make_artifact(repo, run, "a.txt", b"abc")
    delete_experiment(repository=repo, number=experiment.number)
    purge = ask_purge(repository=repo, chosen={Thing.EXPERIMENT: [experiment.pk]})
    monkeypatch.setattr(purge_steps, "MOST_ROWS", 2)
    monkeypatch.setattr(purge_work, "HOLD", 0)
    batches = 0
    while not purge_work._batch(purge.pk):
        batches += 1
        left = Metric.objects.count()
        assert Purge.objects.get(pk=purge.pk).points == 21 - left
        with suppress(RuntimeError):
            _die_in_the_first_step(purge)
        assert Metric.objects.count() == left
    purge.refresh_from_db()
    assert batches > 15
    assert (purge.runs, purge.points, purge.files, purge.size) == (3, 21, 3, 9)
    assert not Run.objects.exists()
    assert purge_work._batch(purge.pk), "once more does nothing"


def _die_in_the_first_step(purge: Purge) -> None:
    with sql.writing():
        for _ in purge_work._steps(purge):
            raise RuntimeError("power cut")


def test_files_of_a_large_folder_go_in_small_steps(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = make_experiment(repo)
    run = make_run(repo, experiment, "one")
    for path in ("a", "b/c", "b/d", "b/e", "b/f/g", "z"):
        make_artifact(repo, run, path, b"x")
    delete_run(repository=repo, run_id=run.uuid)
    monkeypatch.setattr(purge_steps, "MOST_FILES", 2)
    purge = finish(ask_purge_of_trash(repository=repo))
    assert (purge.files, purge.size, StoredObject.objects.count()) == (6, 6, 0)


def test_files_in_a_custom_place_go_run_by_run(repo: Repository, mlflow: Door) -> None:
    place = {"artifact_location": "mlflow-artifacts:/shared"}
    keep, drop = (mlflow.ok("POST", "experiments/create", {"name": n, **place})["experiment_id"] for n in "ab")
    for number in (keep, drop):
        run = mlflow.run(number)
        path = f"/api/2.0/mlflow-artifacts/artifacts/shared/{run}/artifacts/a.txt"
        assert mlflow.raw("PUT", path, b"a").status == 200
    mlflow.ok("POST", "experiments/delete", {"experiment_id": drop})
    row = trash_rows(repo, Thing.EXPERIMENT, list(Trash(repo).things(Thing.EXPERIMENT)))[0]
    assert (row.size.number, row.size.more) == (1, False)
    finish(ask_purge_of_trash(repository=repo))
    kept = Run.objects.get(experiment__number=keep).uuid
    assert StoredObject.objects.get().key == f"shared/{kept}/artifacts/a.txt"


def test_the_default_experiment_comes_back_empty(repo: Repository, mlflow: Door) -> None:
    mlflow.run("0")
    mlflow.ok("POST", "experiments/delete", {"experiment_id": "0"})
    assert mlflow.experiment("Default") == "1"
    finish(ask_purge_of_trash(repository=repo))
    assert not Run.objects.exists()
    assert mlflow.ok("GET", "experiments/get", experiment_id="0")["experiment"]["name"] == "Default (0)"
    mlflow.run("0")


def test_what_is_needed_stays_in_the_trash(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = make_experiment(repo)
    first, second = make_run(repo, experiment, "one"), make_run(repo, experiment, "two")
    for run in (first, second):
        delete_run(repository=repo, run_id=run.uuid)
    monkeypatch.setattr(belongings, "_needs", [lambda repository: {first.uuid: "version 1 of forest"}])
    loss = loss_of(repo, {Thing.RUN: [first.pk, second.pk]})
    assert (loss.runs, loss.kept) == (1, [("one", "version 1 of forest")])
    purge = ask_purge_of_trash(repository=repo)
    monkeypatch.setattr(belongings, "_needs", [lambda repository: {second.uuid: "version 2 of forest"}])
    done = finish(purge)
    assert (done.runs, done.kept, Run.objects.count()) == (0, 1, 2)
    assert Trash(repo).counts()[Thing.RUN] == 2, "what became needed meanwhile can be restored again"


# --- by the clock, by the queue, by the command


def test_the_trash_is_emptied_after_its_days(repo: Repository, settings: Any) -> None:
    experiment = make_experiment(repo)
    old, new = make_run(repo, experiment, "old"), make_run(repo, experiment, "new")
    for run in (old, new):
        delete_run(repository=repo, run_id=run.uuid)
    Run.objects.filter(pk=old.pk).update(deleted_at=old.start_time)
    settings.TRASH_DAYS = 0
    assert ask_purges_of_expired() == []
    settings.TRASH_DAYS = 30
    Run.objects.filter(pk=old.pk).update(deleted_at=int((timezone.now() - timedelta(days=31)).timestamp() * 1000))
    (purge,) = ask_purges_of_expired()
    assert ask_purges_of_expired() == []
    finish(purge)
    assert list(Run.objects.values_list("name", flat=True)) == ["new"]
    assert Activity.objects.get(verb="emptied the trash").user is None


def test_a_job_that_did_not_end_asks_for_another_turn(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = make_experiment(repo)
    delete_experiment(repository=repo, number=experiment.number)
    purge = ask_purge_of_trash(repository=repo)
    assert purge is not None
    job = Job.objects.get(task="tracking.purge", object_id=purge.pk)
    monkeypatch.setattr(purge_work, "work_on_purge", lambda *, purge_id: False)
    run_job(job.pk, lambda key: continue_purge(purge_id=key))
    again = Job.objects.exclude(pk=job.pk).get(task="tracking.purge", object_id=purge.pk)
    monkeypatch.undo()
    run_job(again.pk, lambda key: continue_purge(purge_id=key))
    assert Purge.objects.get(pk=purge.pk).finished_at is not None
    assert set(Job.objects.filter(task__startswith="tracking.").values_list("state", flat=True)) == {"done"}


def test_the_command_tells_what_it_freed(repo: Repository) -> None:
    run = make_run(repo, make_experiment(repo), "one", metrics={"loss": [1.0, 2.0]})
    delete_run(repository=repo, run_id=run.uuid)
    out = StringIO()
    call_command("purge", repo.full_name, "--older-than", "1", stdout=out)
    call_command("purge", "--all", stdout=out)
    call_command("purge", repo.full_name, stdout=out)
    # Two points, the latest of them, the tag with the run's name, and the run.
    assert out.getvalue().splitlines() == [
        "alice/stones: nothing to delete",
        "alice/stones: deleted 1 run, 5 rows, 0 bytes",
        "alice/stones: nothing to delete",
    ]
