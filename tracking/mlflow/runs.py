"""runs/…: the handlers about runs, their parameters and tags."""

from __future__ import annotations

import json

from hub.lib.errors import Invalid
from tracking import rules
from tracking.mlflow import answers, asks, enums, present, wire
from tracking.mlflow.wire import BadRequest, Call
from tracking.selectors import runs as selectors
from tracking.services import experiments, params, runs, tags

MAX_RESULTS = 50_000
DEFAULT_RESULTS = 1000
MODEL_HISTORY = "mlflow.log-model.history"


def create(call: Call, body: asks.CreateRun) -> answers.OneRun:
    """POST runs/create"""
    if not body.experiment_id:
        raise BadRequest("Missing value for required parameter 'experiment_id'.", field="experiment_id")
    number = rules.parse_number(body.experiment_id)
    if number == experiments.DEFAULT_NUMBER:
        experiments.ensure_default(repository=call.repository)
    given = [(tag.key, tag.value) for tag in body.tags or ()]
    run = runs.add_run(
        repository=call.repository,
        number=number,
        name=body.run_name or "",
        user_name=body.user_id or "",
        start_time=body.start_time or 0,
        tags=given,
        actor=call.actor,
    )
    return answers.OneRun(present.run(selectors.fresh_run(run, given)))


def get(call: Call, body: asks.ByRun) -> answers.OneRun:
    """GET runs/get"""
    return answers.OneRun(present.run(selectors.run_detail(call.repository, body.run_id or "")))


def update(call: Call, body: asks.UpdateRun) -> answers.OneRunInfo:
    """POST runs/update"""
    run_id = body.run_id or ""
    runs.update_run(
        repository=call.repository,
        run_id=run_id,
        status=enums.run_status(body.status),
        end_time=body.end_time,
        name=body.run_name or "",
    )
    return answers.OneRunInfo(present.run_info(selectors.run_row(call.repository, run_id)))


def delete(call: Call, body: asks.ByRun) -> answers.Empty:
    """POST runs/delete"""
    runs.delete_run(repository=call.repository, run_id=body.run_id or "", actor=call.actor)
    return answers.Empty()


def restore(call: Call, body: asks.ByRun) -> answers.Empty:
    """POST runs/restore"""
    runs.restore_run(repository=call.repository, run_id=body.run_id or "")
    return answers.Empty()


def log_parameter(call: Call, body: asks.KeyValue) -> answers.Empty:
    """POST runs/log-parameter"""
    params.log_param(repository=call.repository, run_id=body.run_id or "", key=body.key or "", value=body.value or "")
    return answers.Empty()


def set_tag(call: Call, body: asks.KeyValue) -> answers.Empty:
    """POST runs/set-tag"""
    pair = (body.key or "", body.value or "")
    tags.set_tags(repository=call.repository, run_id=body.run_id or "", tags=[pair])
    return answers.Empty()


def delete_tag(call: Call, body: asks.RunKey) -> answers.Empty:
    """POST runs/delete-tag"""
    tags.delete_tag(repository=call.repository, run_id=body.run_id or "", key=body.key or "")
    return answers.Empty()


def search(call: Call, body: asks.SearchRuns) -> answers.Runs:
    """POST runs/search"""
    size = DEFAULT_RESULTS if body.max_results is None else body.max_results
    if not 1 <= size <= MAX_RESULTS:
        raise rules.invalid_value("max_results", size, f"It must be between 1 and {MAX_RESULTS}")
    offset = wire.offset_of(body.page_token)
    page = selectors.search_runs(
        call.repository,
        [rules.parse_number(number, path="experiment_ids") for number in body.experiment_ids or ()],
        filter_text=body.filter or "",
        order_by=body.order_by or (),
        view=enums.view_of(body.run_view_type, "run_view_type"),
        size=size,
        offset=offset,
    )
    found = selectors.with_data(page.rows, model_inputs=False)
    return answers.Runs([present.run(run) for run in found], wire.token_for(offset + size, page.more))


def log_model(call: Call, body: asks.LogModel) -> answers.Empty:
    """POST runs/log-model, of clients before MLflow 3: appends to the tag mlflow.log-model.history."""
    try:
        model = json.loads(body.model_json or "")
    except (ValueError, RecursionError):
        raise Invalid(f"Malformed model info. \n {body.model_json} \n is not a valid JSON.") from None
    needed = {"artifact_path", "flavors", "utc_time_created", "run_id"}
    lacking = sorted(needed - (model.keys() if isinstance(model, dict) else set()))
    if lacking:
        raise Invalid(f"Model json is missing mandatory fields: {lacking}")
    tags.append_to_list(repository=call.repository, run_id=body.run_id or "", key=MODEL_HISTORY, item=model)
    return answers.Empty()
