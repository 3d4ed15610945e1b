"""Questions about evaluation datasets and their records."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from repos.models import Repository
from tracking import sql
from tracking.models import DatasetInput, Run
from tracking.search.compile import Setting, compile_filter
from tracking.search.ordering import compile_order, read_terms
from tracking.search.vocabulary import LISTED, NUMERIC, TEXT, Attribute, Keyed, Sort, Vocabulary
from tracking.selectors.paging import Page, cut

_ATTRIBUTES = {
    "name": Attribute("d.name", comparators=TEXT + LISTED),
    "created_by": Attribute("d.created_by", comparators=TEXT + LISTED),
    "last_updated_by": Attribute("d.last_updated_by", comparators=TEXT + LISTED),
    "dataset_id": Attribute("d.dataset_id", comparators=TEXT + LISTED),
    "created_time": Attribute("d.created_at", Sort.INTEGER, NUMERIC),
    "last_update_time": Attribute("d.updated_at", Sort.INTEGER, NUMERIC),
}
DATASETS = Vocabulary(
    subject="evaluation datasets",
    outer="d.id",
    attributes=_ATTRIBUTES,
    keyed={"tag": Keyed("tracing_datasettag", "dataset_id", Sort.TEXT, TEXT, orderable=False)},
    aliases={
        **dict.fromkeys(("attribute", "attributes", "dataset"), "attribute"),
        **dict.fromkeys(("tag", "tags"), "tag"),
    },
    key_aliases={},
    orderable=frozenset({"name", "created_time", "last_update_time", "dataset_id"}),
    default_order=(("created_time", False), ("dataset_id", False)),
    ties=(("dataset_id", False),),
)
_COLUMNS = (
    "d.id, d.dataset_id, d.name, d.schema, d.profile, d.digest, d.created_by, d.last_updated_by, d.created_at, "
    "d.updated_at"
)


class DatasetRow(msgspec.Struct):
    """A dataset with its tags and the numbers of its experiments; times in ms since 1970."""

    pk: int
    dataset_id: str
    name: str
    schema: str
    profile: str
    digest: str
    created_by: str
    last_updated_by: str
    created_at: int
    updated_at: int
    tags: dict[str, str] = {}
    experiments: list[int] = []


class RecordRow(msgspec.Struct, gc=False):
    """A record; inputs to source are JSON, times in ms since 1970."""

    record_id: str
    inputs: str
    outputs: str | None
    expectations: str | None
    tags: str | None
    source: str | None
    source_type: str
    source_id: str
    created_by: str
    last_updated_by: str
    created_at: int
    updated_at: int


def dataset_by_id(repository: Repository, dataset_id: str) -> DatasetRow | None:
    """The dataset with this id, or None."""
    found = sql.rows(
        f"SELECT {_COLUMNS} FROM tracing_evaluationdataset d WHERE d.repository_id = ? AND d.dataset_id = ?",
        (repository.pk, dataset_id),
    )
    return _complete(found)[0] if found else None


def search_datasets(
    repository: Repository,
    experiments: Sequence[int],
    *,
    filter_text: str = "",
    order_by: Sequence[str] = (),
    size: int = 1000,
    offset: int = 0,
) -> Page[DatasetRow]:
    """Datasets that match, of the numbered experiments if any are named. Raises FilterError."""
    setting = Setting(repository.pk, sql.is_postgres())
    condition = compile_filter(filter_text, DATASETS, setting)
    order = compile_order(read_terms(order_by), DATASETS, setting)
    where, values = "d.repository_id = ?", [repository.pk]
    if experiments:
        inside, numbers = sql.among("e.number", list(set(experiments)))
        where += (
            " AND EXISTS (SELECT 1 FROM tracing_datasetexperiment l JOIN tracking_experiment e "
            f"ON e.id = l.experiment_id WHERE l.dataset_id = d.id AND {inside})"
        )
        values.append(numbers)
    statement = (
        f"SELECT {_COLUMNS} FROM tracing_evaluationdataset d WHERE {where} AND ({condition.text}) "
        f"ORDER BY {order.term_text} LIMIT ? OFFSET ?"
    )
    page = cut(sql.rows(statement, (*values, *condition.values, size + 1, offset)), size)
    return Page(_complete(page.rows), page.more)


def records_of(dataset: int, *, size: int, after: tuple[int, str] | None = None) -> Page[RecordRow]:
    """Records in the order of their arrival, those behind (created_at, record_id) when `after` is given."""
    seek = "" if after is None else " AND (created_at > ? OR (created_at = ? AND record_id > ?))"
    values = () if after is None else (after[0], after[0], after[1])
    statement = (
        "SELECT record_id, inputs, outputs, expectations, tags, source, source_type, source_id, created_by, "
        f"last_updated_by, created_at, updated_at FROM tracing_datasetrecord WHERE dataset_id = ?{seek} "
        "ORDER BY created_at, record_id LIMIT ?"
    )
    return cut([RecordRow(*row) for row in sql.rows(statement, (dataset, *values, size + 1))], size)


def one_record(dataset: int, record_id: str) -> RecordRow | None:
    """The record with this id of the dataset with this key, or None."""
    found = sql.row(
        "SELECT record_id, inputs, outputs, expectations, tags, source, source_type, source_id, created_by, "
        "last_updated_by, created_at, updated_at FROM tracing_datasetrecord WHERE dataset_id = ? AND record_id = ?",
        (dataset, record_id),
    )
    return None if found is None else RecordRow(*found)


def homes_of_traces(repository: Repository, trace_ids: Sequence[str]) -> dict[str, int]:
    """The number of the experiment of each trace that is still there."""
    inside, ids = sql.among("t.trace_id", list(dict.fromkeys(trace_ids)))
    rows = sql.rows(
        "SELECT t.trace_id, e.number FROM tracing_trace t JOIN tracking_experiment e ON e.id = t.experiment_id "
        f"WHERE t.repository_id = ? AND {inside}",
        (repository.pk, ids),
    )
    return dict(rows)


def runs_with(repository: Repository, name: str, *, most: int = 20) -> list[Run]:
    """The newest runs that say that they used a dataset of this name, trash aside."""
    used = DatasetInput.objects.filter(dataset__experiment__repository=repository, dataset__name=name)
    runs = Run.objects.select_related("experiment").filter(pk__in=used.values("run_id"), deleted_at__isnull=True)
    return list(runs.order_by("-start_time", "uuid")[:most])


def _complete(rows: Sequence[sql.Row]) -> list[DatasetRow]:
    held = {row[0]: DatasetRow(*row) for row in rows}
    inside, value = sql.among("dataset_id", list(held))
    tags = f"SELECT dataset_id, key, value FROM tracing_datasettag WHERE {inside}"
    for dataset, key, text in sql.rows(tags, (value,)):
        held[dataset].tags[key] = text
    links = (
        "SELECT l.dataset_id, e.number FROM tracing_datasetexperiment l JOIN tracking_experiment e "
        f"ON e.id = l.experiment_id WHERE l.{inside} ORDER BY e.number"
    )
    for dataset, number in sql.rows(links, (value,)):
        held[dataset].experiments.append(number)
    return list(held.values())
