"""runs/log-inputs, runs/outputs, experiments/search-datasets: the handlers about what went in and what came out."""

from __future__ import annotations

from hub.lib.errors import Invalid
from tracking.mlflow import answers, asks
from tracking.mlflow.wire import Call
from tracking.rules import parse_number
from tracking.selectors.datasets import dataset_summaries
from tracking.services import inputs

MAX_EXPERIMENTS = 20


def log_inputs(call: Call, body: asks.LogInputs) -> answers.Empty:
    """POST runs/log-inputs"""
    inputs.log_inputs(
        repository=call.repository,
        run_id=body.run_id or "",
        datasets=[_given(found) for found in body.datasets or ()],
        model_ids=[model.model_id for model in body.models or ()],
    )
    return answers.Empty()


def log_outputs(call: Call, body: asks.LogOutputs) -> answers.Empty:
    """POST runs/outputs"""
    models = [(model.model_id, model.step) for model in body.models or ()]
    inputs.log_outputs(repository=call.repository, run_id=body.run_id or "", models=models)
    return answers.Empty()


def _given(found: asks.DatasetInput) -> inputs.DatasetGiven:
    dataset = found.dataset
    return inputs.DatasetGiven(
        name=dataset.name,
        digest=dataset.digest,
        source_type=dataset.source_type,
        source=dataset.source,
        schema=dataset.schema,
        profile=dataset.profile,
        tags=tuple((tag.key, tag.value) for tag in found.tags),
    )


def search_datasets(call: Call, body: asks.SearchDatasets) -> answers.DatasetSummaries:
    """POST experiments/search-datasets"""
    ids = body.experiment_ids or []
    if not ids:
        raise Invalid("SearchDatasets request must specify at least one experiment_id.", field="experiment_ids")
    if len(ids) > MAX_EXPERIMENTS:
        most = f"SearchDatasets request cannot specify more than {MAX_EXPERIMENTS} experiment_ids."
        raise Invalid(f"{most} Received {len(ids)} experiment_ids.", field="experiment_ids")
    found = dataset_summaries(call.repository, [parse_number(each) for each in ids])
    return answers.DatasetSummaries(
        [answers.DatasetSummary(str(each.experiment), each.name, each.digest, each.context) for each in found]
    )
