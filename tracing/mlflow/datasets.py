"""datasets/…: the handlers about evaluation datasets. Tags and records travel as JSON within JSON."""

from __future__ import annotations

import base64
import json
from typing import Any

from msgspec import Struct, field

from hub.lib.errors import Invalid
from tracing.selectors import datasets as selectors
from tracing.selectors.datasets import DatasetRow, RecordRow
from tracing.services import datasets as services
from tracking.mlflow import wire
from tracking.mlflow.answers import Answer, Empty
from tracking.mlflow.asks import Ask
from tracking.mlflow.wire import Call
from tracking.rules import invalid_value, parse_number

PAGE = 1000
MAX_RESULTS = 50_000


class CreateDataset(Ask):
    """datasets/create"""

    REQUIRED = ("name",)
    name: str | None = None
    experiment_ids: list[str] | None = None
    tags: str | None = None


class ByDataset(Ask):
    """Requests about one dataset; its id is in the path."""


class SearchDatasets(Ask):
    """datasets/search"""

    experiment_ids: list[str] | None = None
    filter_string: str | None = None
    max_results: int | None = None
    order_by: list[str] | None = None
    page_token: str | None = None


class Tags(Ask):
    """PATCH datasets/{dataset_id}/tags"""

    REQUIRED = ("tags",)
    tags: str | None = None


class Records(Ask):
    """POST datasets/{dataset_id}/records"""

    REQUIRED = ("records",)
    records: str | None = None
    updated_by: str | None = None


class GetRecords(Ask):
    """GET datasets/{dataset_id}/records"""

    max_results: int | None = None
    page_token: str | None = None


class DeleteRecords(Ask):
    """DELETE datasets/{dataset_id}/records"""

    dataset_record_ids: list[str] | None = None


class Experiments(Ask):
    """add-experiments, remove-experiments"""

    experiment_ids: list[str] | None = None


class Dataset(Answer):
    """A dataset; tags are JSON."""

    dataset_id: str
    name: str
    digest: str
    created_time: int
    last_update_time: int
    tags: str
    schema: str = ""
    profile: str = ""
    created_by: str = ""
    last_updated_by: str = ""
    experiment_ids: list[str] = field(default_factory=list)


class OneDataset(Answer):
    """Answers about one dataset."""

    dataset: Dataset


class Datasets(Answer):
    """datasets/search"""

    datasets: list[Dataset] = field(default_factory=list)
    next_page_token: str = ""


class ExperimentIds(Answer):
    """datasets/{dataset_id}/experiment-ids"""

    experiment_ids: list[str] = field(default_factory=list)


class Counted(Struct):
    """POST records: zeros are said, too."""

    inserted_count: int
    updated_count: int


class RecordsDeleted(Struct):
    """DELETE records"""

    deleted_count: int


class RecordPage(Answer):
    """GET records: JSON within JSON."""

    records: str
    next_page_token: str = ""


def create(call: Call, body: CreateDataset) -> OneDataset:
    """POST datasets/create"""
    made = services.create_dataset(
        repository=call.repository,
        name=body.name or "",
        experiment_ids=body.experiment_ids or (),
        tags=_tags(body.tags),
    )
    return _shown(call, made)


def get(call: Call, body: ByDataset) -> OneDataset:
    """GET datasets/{dataset_id}: without its records"""
    return _shown(call, call.path["dataset_id"])


def delete(call: Call, body: ByDataset) -> Empty:
    """DELETE datasets/{dataset_id}"""
    services.delete_dataset(repository=call.repository, dataset_id=call.path["dataset_id"])
    return Empty()


def search(call: Call, body: SearchDatasets) -> Datasets:
    """GET and POST datasets/search"""
    size = _size(body.max_results, MAX_RESULTS)
    offset = wire.offset_of(body.page_token)
    page = selectors.search_datasets(
        call.repository,
        [parse_number(each) for each in body.experiment_ids or ()],
        filter_text=body.filter_string or "",
        order_by=body.order_by or (),
        size=size,
        offset=offset,
    )
    return Datasets([_dataset(row) for row in page.rows], wire.token_for(offset + size, page.more))


def set_tags(call: Call, body: Tags) -> OneDataset:
    """PATCH datasets/{dataset_id}/tags"""
    dataset_id = call.path["dataset_id"]
    services.set_dataset_tags(repository=call.repository, dataset_id=dataset_id, tags=_tags(body.tags))
    return _shown(call, dataset_id)


def delete_tag(call: Call, body: ByDataset) -> Empty:
    """DELETE datasets/{dataset_id}/tags/{key}"""
    services.delete_dataset_tag(
        repository=call.repository, dataset_id=call.path["dataset_id"], key=call.path["tag_key"]
    )
    return Empty()


def experiment_ids(call: Call, body: ByDataset) -> ExperimentIds:
    """GET datasets/{dataset_id}/experiment-ids"""
    return ExperimentIds([str(number) for number in _row(call, call.path["dataset_id"]).experiments])


def add_experiments(call: Call, body: Experiments) -> OneDataset:
    """POST datasets/{dataset_id}/add-experiments"""
    dataset_id = call.path["dataset_id"]
    services.add_experiments(
        repository=call.repository, dataset_id=dataset_id, experiment_ids=body.experiment_ids or ()
    )
    return _shown(call, dataset_id)


def remove_experiments(call: Call, body: Experiments) -> OneDataset:
    """POST datasets/{dataset_id}/remove-experiments"""
    dataset_id = call.path["dataset_id"]
    services.remove_experiments(
        repository=call.repository, dataset_id=dataset_id, experiment_ids=body.experiment_ids or ()
    )
    return _shown(call, dataset_id)


def upsert_records(call: Call, body: Records) -> Counted:
    """POST datasets/{dataset_id}/records"""
    records = _json(body.records or "", "records")
    if not isinstance(records, list):
        raise Invalid("'records' must be a JSON list.", field="records")
    inserted, updated = services.upsert_records(
        repository=call.repository,
        dataset_id=call.path["dataset_id"],
        records=records,
        user=body.updated_by or "",
    )
    return Counted(inserted, updated)


def get_records(call: Call, body: GetRecords) -> RecordPage:
    """GET datasets/{dataset_id}/records"""
    row = _row(call, call.path["dataset_id"])
    page = selectors.records_of(row.pk, size=_size(body.max_results, MAX_RESULTS), after=_after(body.page_token))
    shown = json.dumps([_record(row.dataset_id, record) for record in page.rows], ensure_ascii=False)
    return RecordPage(shown, _token(page.rows[-1]) if page.more else "")


def delete_records(call: Call, body: DeleteRecords) -> RecordsDeleted:
    """DELETE datasets/{dataset_id}/records"""
    count = services.delete_records(
        repository=call.repository,
        dataset_id=call.path["dataset_id"],
        record_ids=body.dataset_record_ids or (),
    )
    return RecordsDeleted(count)


def _size(asked: int | None, most: int) -> int:
    size = PAGE if asked is None else asked
    if not 1 <= size <= most:
        raise invalid_value("max_results", size, f"It must be a positive integer, at most {most}")
    return size


def _json(text: str, path: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid(f"'{path}' must be JSON.", field=path) from None


def _tags(text: str | None) -> dict[str, Any]:
    found = _json(text, "tags") if text else {}
    if not isinstance(found, dict):
        raise Invalid("'tags' must be a JSON object.", field="tags")
    return found


def _row(call: Call, dataset_id: str) -> DatasetRow:
    found = selectors.dataset_by_id(call.repository, dataset_id)
    if found is None:
        raise services.dataset_not_found(dataset_id)
    return found


def _shown(call: Call, dataset_id: str) -> OneDataset:
    return OneDataset(_dataset(_row(call, dataset_id)))


def _dataset(row: DatasetRow) -> Dataset:
    return Dataset(
        dataset_id=row.dataset_id,
        name=row.name,
        digest=row.digest,
        created_time=row.created_at,
        last_update_time=row.updated_at,
        tags=json.dumps(row.tags),
        schema=row.schema,
        profile=row.profile,
        created_by=row.created_by,
        last_updated_by=row.last_updated_by,
        experiment_ids=[str(number) for number in row.experiments],
    )


def _record(dataset_id: str, record: RecordRow) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "dataset_record_id": record.record_id,
        "dataset_id": dataset_id,
        "inputs": json.loads(record.inputs),
        "created_time": record.created_at,
        "last_update_time": record.updated_at,
    }
    for name in ("outputs", "expectations", "tags", "source"):
        if (text := getattr(record, name)) is not None:
            shown[name] = json.loads(text)
    for name in ("source_type", "source_id", "created_by", "last_updated_by"):
        if text := getattr(record, name):
            shown[name] = text
    return shown


def _token(record: RecordRow) -> str:
    return base64.b64encode(f"{record.created_at}:{record.record_id}".encode()).decode()


def _after(token: str | None) -> tuple[int, str] | None:
    if not token:
        return None
    try:
        created, _, record_id = base64.b64decode(token.encode(), validate=True).decode().partition(":")
        number = int(created)
    except ValueError:
        raise Invalid("Invalid page token, could not be read.", field="page_token") from None
    if not 0 <= number < 2**62 or "\0" in record_id:
        raise Invalid("Invalid page token, it is out of range.", field="page_token")
    return number, record_id
