"""runs/log-inputs and runs/outputs: the handlers about what went in and what came out."""

from __future__ import annotations

from tracking.mlflow import answers, asks
from tracking.mlflow.wire import Call
from tracking.services import inputs


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
