"""experiments/…: the handlers about experiments."""

from __future__ import annotations

from tracking import rules
from tracking.mlflow import answers, asks, present, wire
from tracking.mlflow.enums import view_of
from tracking.mlflow.wire import Call
from tracking.selectors import experiments as selectors
from tracking.services import experiments as services

MAX_RESULTS = 50_000


def create(call: Call, body: asks.CreateExperiment) -> answers.ExperimentId:
    """POST experiments/create"""
    experiment = services.create_experiment(
        repository=call.repository,
        name=body.name or "",
        artifact_location=body.artifact_location or "",
        tags=[(tag.key, tag.value) for tag in body.tags or ()],
        actor=call.actor,
    )
    return answers.ExperimentId(str(experiment.number))


def get(call: Call, body: asks.ByExperiment) -> answers.OneExperiment:
    """GET experiments/get"""
    number = rules.parse_number(body.experiment_id or "")
    if number == services.DEFAULT_NUMBER:
        services.ensure_default(repository=call.repository)
    return answers.OneExperiment(present.experiment(selectors.experiment_by_number(call.repository, number)))


def get_by_name(call: Call, body: asks.ByExperimentName) -> answers.OneExperiment:
    """GET experiments/get-by-name"""
    name = body.experiment_name or ""
    if name == services.DEFAULT_NAME:
        services.ensure_default(repository=call.repository)
    return answers.OneExperiment(present.experiment(selectors.experiment_by_name(call.repository, name)))


def search(call: Call, body: asks.SearchExperiments) -> answers.Experiments:
    """GET and POST experiments/search"""
    size = body.max_results or 0
    if not 1 <= size <= MAX_RESULTS:
        why = f"It must be a positive integer, at most {MAX_RESULTS}"
        raise rules.invalid_value("max_results", size, why)
    offset = wire.offset_of(body.page_token)
    services.ensure_default(repository=call.repository)
    page = selectors.search_experiments(
        call.repository,
        filter_text=body.filter or "",
        order_by=body.order_by or (),
        view=view_of(body.view_type, "view_type"),
        size=size,
        offset=offset,
    )
    found = [present.experiment(experiment) for experiment in page.rows]
    return answers.Experiments(found, wire.token_for(offset + size, page.more))


def delete(call: Call, body: asks.ByExperiment) -> answers.Empty:
    """POST experiments/delete"""
    number = _number(call, body.experiment_id)
    services.delete_experiment(repository=call.repository, number=number, actor=call.actor)
    return answers.Empty()


def restore(call: Call, body: asks.ByExperiment) -> answers.Empty:
    """POST experiments/restore"""
    number = _number(call, body.experiment_id)
    services.restore_experiment(repository=call.repository, number=number, actor=call.actor)
    return answers.Empty()


def update(call: Call, body: asks.UpdateExperiment) -> answers.Empty:
    """POST experiments/update"""
    number = _number(call, body.experiment_id)
    services.rename_experiment(repository=call.repository, number=number, name=body.new_name or "")
    return answers.Empty()


def set_tag(call: Call, body: asks.ExperimentTag) -> answers.Empty:
    """POST experiments/set-experiment-tag"""
    number = _number(call, body.experiment_id)
    services.set_experiment_tag(repository=call.repository, number=number, key=body.key or "", value=body.value or "")
    return answers.Empty()


def delete_tag(call: Call, body: asks.ExperimentTag) -> answers.Empty:
    """POST experiments/delete-experiment-tag"""
    number = _number(call, body.experiment_id)
    services.delete_experiment_tag(repository=call.repository, number=number, key=body.key or "")
    return answers.Empty()


def _number(call: Call, experiment_id: str | None) -> int:
    number = rules.parse_number(experiment_id or "")
    if number == services.DEFAULT_NUMBER:
        services.ensure_default(repository=call.repository)
    return number
