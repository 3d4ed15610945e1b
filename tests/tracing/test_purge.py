"""A purged experiment takes its traces, scorers and links along; others keep theirs."""

from __future__ import annotations

import pytest

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
from tracking.models import Experiment, Thing
from tracking.selectors.trash_sizes import loss_of
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
