"""logged-models/…: the handlers about logged models."""

from __future__ import annotations

from tracking import rules
from tracking.mlflow import answers, artifacts, asks, enums, present, wire
from tracking.mlflow.wire import Call
from tracking.search.compile import Asked
from tracking.search.ordering import Term, read_order_name
from tracking.selectors import logged_models as selectors
from tracking.services import experiments
from tracking.services import logged_models as services

DEFAULT_RESULTS = 50
WITHOUT_LIMIT = 100


def create(call: Call, body: asks.CreateModel) -> answers.OneModel:
    """POST logged-models"""
    number = rules.parse_number(body.experiment_id or "")
    if number == experiments.DEFAULT_NUMBER:
        experiments.ensure_default(repository=call.repository)
    model = services.create_model(
        repository=call.repository,
        number=number,
        name=body.name,
        model_type=body.model_type or "",
        source_run_id=body.source_run_id or "",
        params=[(param.key, param.value) for param in body.params or ()],
        tags=[(tag.key, tag.value) for tag in body.tags or ()],
    )
    return _shown(call, model.uuid)


def get(call: Call, body: asks.ByModel) -> answers.OneModel:
    """GET logged-models/{model_id}"""
    return _shown(call, call.path["model_id"], deleted=bool(body.allow_deleted))


def finish(call: Call, body: asks.FinishModel) -> answers.OneModel:
    """PATCH logged-models/{model_id}"""
    model_id = call.path["model_id"]
    services.finish_model(repository=call.repository, model_id=model_id, status=enums.model_status(body.status))
    return _shown(call, model_id)


def delete(call: Call, body: asks.Nothing) -> answers.Empty:
    """DELETE logged-models/{model_id}"""
    services.delete_model(repository=call.repository, model_id=call.path["model_id"], actor=call.actor)
    return answers.Empty()


def set_tags(call: Call, body: asks.ModelTags) -> answers.OneModel:
    """PATCH logged-models/{model_id}/tags"""
    model_id = call.path["model_id"]
    tags = [(tag.key, tag.value) for tag in body.tags or ()]
    services.set_model_tags(repository=call.repository, model_id=model_id, tags=tags)
    return _shown(call, model_id)


def delete_tag(call: Call, body: asks.Nothing) -> answers.Empty:
    """DELETE logged-models/{model_id}/tags/{tag_key}"""
    services.delete_model_tag(repository=call.repository, model_id=call.path["model_id"], key=call.path["tag_key"])
    return answers.Empty()


def log_params(call: Call, body: asks.ModelParams) -> answers.Empty:
    """POST logged-models/{model_id}/params"""
    params = [(param.key, param.value) for param in body.params or ()]
    services.log_model_params(repository=call.repository, model_id=call.path["model_id"], params=params)
    return answers.Empty()


def list_files(call: Call, body: asks.ModelFiles) -> answers.Files:
    """GET logged-models/{model_id}/artifacts/directories"""
    row = selectors.model_detail(call.repository, call.path["model_id"]).row
    return artifacts.list_below(call, row.artifact_uri, body.artifact_directory_path or "")


def search(call: Call, body: asks.SearchModels) -> answers.Models:
    """POST logged-models/search"""
    if body.experiment_ids is None:
        raise rules.missing("experiment_ids")
    size = (DEFAULT_RESULTS if body.max_results is None else body.max_results) or WITHOUT_LIMIT
    if size < 1:
        raise rules.invalid_value("max_results", size, "It must be a positive integer")
    fields = [[term.field_name, term.ascending, term.dataset_name, term.dataset_digest] for term in body.order_by or ()]
    bound = {"experiment_ids": body.experiment_ids, "filter_string": body.filter or "", "order_by": fields}
    offset = wire.offset_of(body.page_token, **bound)
    page = selectors.search_models(
        call.repository,
        [rules.parse_number(number, path="experiment_ids") for number in body.experiment_ids],
        filter_text=body.filter or "",
        datasets=[Asked(found.dataset_name, found.dataset_digest) for found in body.datasets or ()],
        order_by=[_term(term) for term in body.order_by or ()],
        size=min(size, 50_000),
        offset=offset,
    )
    found = [present.logged_model(model) for model in page.rows]
    return answers.Models(found, wire.token_for(offset + size, page.more, **bound))


def _term(given: asks.OrderBy) -> Term:
    datasets = (Asked(given.dataset_name, given.dataset_digest),) if given.dataset_name else ()
    return Term(read_order_name(given.field_name), given.ascending, datasets)


def _shown(call: Call, model_id: str, *, deleted: bool = False) -> answers.OneModel:
    return answers.OneModel(present.logged_model(selectors.model_detail(call.repository, model_id, deleted=deleted)))
