"""A purged experiment takes its traces, scorers and links along; others keep theirs."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from storage.models import StoredObject
from storage.services import put_object
from tests.tracing.conftest import V3, Door, Tracing, span, trace_id
from tests.tracing.test_mlflow_datasets import register
from tracing.models import (
    Assessment,
    DatasetExperiment,
    EvaluationDataset,
    Scorer,
    ScorerVersion,
    Span,
    Trace,
    TraceRunLink,
)
from tracing.services import purge
from tracking.models import Action, Experiment, Run, Thing
from tracking.selectors.trash_sizes import loss_of
from tracking.services.bulk import ask_change
from tracking.services.purge_asking import ask_purge_of_trash
from tracking.services.purge_work import work_on_purge


def purged(mlflow: Door) -> None:
    asked = ask_purge_of_trash(repository=mlflow.repository)
    assert asked is not None
    assert work_on_purge(purge_id=asked.pk)


def test_what_hangs_on_an_experiment_goes_with_it(
    mlflow: Door, tracing: Tracing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "_TRACES_AT_ONCE", 2)
    place = {"artifact_location": "mlflow-artifacts:/elsewhere"}
    kept, gone = mlflow.experiment("kept"), mlflow.ok("POST", "experiments/create", {"name": "gone", **place})
    number = gone["experiment_id"]
    for trace, home in ((1, kept), (2, number), (3, number), (4, number)):
        tracing.export(span(trace), span(trace, 2, 1), experiment=home)
        tracing.start(trace, home, tags={"a": "b"})
        tracing.judge(trace, feedback={"value": True})
        folder = home if home == kept else "elsewhere"
        key = f"{folder}/traces/{trace_id(trace)}/artifacts/traces.json"
        put_object(repository=mlflow.repository, space="artifacts", key=key, chunks=[b"{}"])
    for home in (kept, number):
        register(mlflow, "polite", home)
    mlflow.ok("POST", "datasets/create", {"name": "questions", "experiment_ids": [kept, number]}, api=V3)
    mlflow.ok("POST", "experiments/delete", {"experiment_id": number})
    loss = loss_of(mlflow.repository, {Thing.EXPERIMENT: [Experiment.objects.get(number=number).pk]})
    assert loss.others == [(3, "trace")]
    purged(mlflow)
    assert list(Trace.objects.values_list("trace_id", flat=True)) == [trace_id(1)]
    assert (Span.objects.count(), Assessment.objects.count()) == (2, 1)
    assert (Scorer.objects.count(), ScorerVersion.objects.count()) == (1, 1)
    assert (DatasetExperiment.objects.count(), EvaluationDataset.objects.count()) == (1, 1)
    assert [each.key.split("/")[0] for each in StoredObject.objects.all()] == [kept]


def test_traces_forget_a_purged_run_and_stay(mlflow: Door, tracing: Tracing) -> None:
    number = mlflow.experiment()
    run, other = mlflow.run(number), mlflow.run(number)
    tracing.start(1, number)
    for each in (run, other):
        mlflow.ok("POST", "traces/link-to-run", {"trace_ids": [trace_id(1)], "run_id": each})
    mlflow.ok("POST", "runs/delete", {"run_id": run})
    purged(mlflow)
    assert list(TraceRunLink.objects.values_list("run_uuid", flat=True)) == [other]
    assert tracing.get(1)["trace_id"] == trace_id(1)


def test_a_run_with_traces_is_not_moved_away_from_them(mlflow: Door, tracing: Tracing) -> None:
    here, there = mlflow.experiment("here"), mlflow.experiment("there")
    saying, linked, plain = runs = [mlflow.run(here) for _ in range(3)]
    tracing.start(1, here, trace_metadata={"mlflow.sourceRun": saying})
    tracing.start(2, here)
    mlflow.ok("POST", "traces/link-to-run", {"trace_ids": [trace_id(2)], "run_id": linked})
    for run in runs:
        mlflow.ok("POST", "runs/update", {"run_id": run, "status": "FINISHED"})
    moved = ask_change(
        repository=mlflow.repository, experiment=Experiment.objects.get(number=here), action=Action.MOVE, chosen=runs,
        arguments={"experiment": there}, actor=Actor(user=None),
    )  # fmt: skip
    assert (moved.done, moved.reasons) == (1, {"its traces are kept in this experiment": 2})
    assert list(Run.objects.filter(experiment__number=there).values_list("uuid", flat=True)) == [plain]
