"""Creates, fills, tags and deletes evaluation datasets."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from hub.lib.errors import Invalid, NotFound
from repos.models import Repository
from tracing.services.holding import experiments_named
from tracing.services.purge import OF_DATASET
from tracking import sql
from tracking.clock import now_ms
from tracking.rules import check_text, missing, too_long

MAX_NAME = 255
MAX_TAG_VALUE = 5000
MAX_RECORDS = 10_000
USER_TAG = "mlflow.user"
_PARTS = ("outputs", "expectations", "tags", "source")
_RECORD = (
    "dataset_id, record_id, digest, inputs, outputs, expectations, tags, source, source_type, source_id, created_by, "
    "last_updated_by, created_at, updated_at"
)
_UPDATE = "ON CONFLICT (dataset_id, digest) DO UPDATE SET " + ", ".join(
    f"{column} = excluded.{column}" for column in ("outputs", "expectations", "tags", "last_updated_by", "updated_at")
)
Json = dict[str, Any]


def create_dataset(
    *, repository: Repository, name: str, experiment_ids: Sequence[str] = (), tags: Mapping[str, Any] | None = None
) -> str:
    """A new empty dataset; returns its id. Raises Invalid for a bad name or tag, NotFound for no experiment."""
    if not name.strip():
        raise missing("name")
    if len(check_text(name, path="name")) > MAX_NAME:
        raise too_long("name", MAX_NAME)
    words = _checked_tags(tags or {})
    user = words.get(USER_TAG, "")[:MAX_NAME]
    dataset_id = f"d-{secrets.token_hex(16)}"
    with transaction.atomic():
        homes = experiments_named(repository, experiment_ids)
        now = now_ms()
        found = sql.row(
            "INSERT INTO tracing_evaluationdataset (repository_id, dataset_id, name, schema, profile, digest, "
            "created_by, last_updated_by, created_at, updated_at) VALUES (?, ?, ?, '', '', ?, ?, ?, ?, ?) RETURNING id",
            (repository.pk, dataset_id, name, _digest(name, now), user, user, now, now),
        )
        assert found is not None
        _write_tags(found[0], words)
        _link(found[0], [home.pk for home in homes])
    return dataset_id


def delete_dataset(*, repository: Repository, dataset_id: str) -> None:
    """There is no such dataset, nor records of it; one that is gone already is no error."""
    with transaction.atomic():
        found = sql.row(
            "SELECT id FROM tracing_evaluationdataset WHERE repository_id = ? AND dataset_id = ?",
            (repository.pk, dataset_id),
        )
        if found is None:
            return
        for table in OF_DATASET:
            sql.change(f"DELETE FROM tracing_{table} WHERE dataset_id = ?", found)
        sql.change("DELETE FROM tracing_evaluationdataset WHERE id = ?", found)


def set_dataset_tags(*, repository: Repository, dataset_id: str, tags: Mapping[str, Any]) -> None:
    """The dataset has the tags, too; null changes nothing. Raises NotFound, Invalid."""
    words = _checked_tags(tags)
    with transaction.atomic():
        dataset, name = _hold(repository, dataset_id)
        _write_tags(dataset, words)
        _touch(dataset, name, words.get(USER_TAG, "")[:MAX_NAME])


def delete_dataset_tag(*, repository: Repository, dataset_id: str, key: str) -> None:
    """The dataset has no such tag; one that is gone already is no error. Raises NotFound for no dataset."""
    with transaction.atomic():
        dataset, _ = _hold(repository, dataset_id)
        sql.change("DELETE FROM tracing_datasettag WHERE dataset_id = ? AND key = ?", (dataset, key))


def add_experiments(*, repository: Repository, dataset_id: str, experiment_ids: Sequence[str]) -> None:
    """The dataset belongs to the experiments, too. Raises NotFound for what does not exist."""
    with transaction.atomic():
        dataset, _ = _hold(repository, dataset_id)
        _link(dataset, [home.pk for home in experiments_named(repository, experiment_ids)])


def remove_experiments(*, repository: Repository, dataset_id: str, experiment_ids: Sequence[str]) -> None:
    """The dataset no longer belongs to the experiments. Raises NotFound for what does not exist."""
    with transaction.atomic():
        dataset, _ = _hold(repository, dataset_id)
        inside, value = sql.among("experiment_id", [home.pk for home in experiments_named(repository, experiment_ids)])
        sql.change(f"DELETE FROM tracing_datasetexperiment WHERE dataset_id = ? AND {inside}", (dataset, value))


def upsert_records(
    *, repository: Repository, dataset_id: str, records: Sequence[Any], user: str = ""
) -> tuple[int, int]:
    """The dataset holds the records; returns (how many are new, how many were there).

    Two records with the same inputs are one: the later's expectations and tags join, its outputs replace. Raises
    NotFound for no dataset; Invalid for a record that is none, and nothing is kept then.
    """
    if len(records) > MAX_RECORDS:
        raise Invalid(f"At most {MAX_RECORDS} records are taken at once. Got {len(records)}.", field="records")
    fresh = [_checked_record(record) for record in records]
    with transaction.atomic():
        dataset, name = _hold(repository, dataset_id)
        held = _held(dataset, [digest for digest, _ in fresh])
        known = set(held)
        for digest, record in fresh:
            held[digest] = _merged(held.get(digest), record)
        now = now_ms()
        given = {digest: held[digest] for digest, _ in fresh}
        rows = [_row(dataset, digest, record, user[:MAX_NAME], now) for digest, record in given.items()]
        sql.insert(f"INSERT INTO tracing_datasetrecord ({_RECORD})", rows, _UPDATE)
        _touch(dataset, name, user[:MAX_NAME], count=True)
    inserted = len(set(given) - known)
    return inserted, len(fresh) - inserted


def delete_records(*, repository: Repository, dataset_id: str, record_ids: Sequence[str]) -> int:
    """The records are gone; returns how many were there. Raises NotFound for no dataset."""
    with transaction.atomic():
        dataset, name = _hold(repository, dataset_id)
        inside, value = sql.among("record_id", list(record_ids))
        count = sql.change(f"DELETE FROM tracing_datasetrecord WHERE dataset_id = ? AND {inside}", (dataset, value))
        _touch(dataset, name, "", count=True)
    return count


def set_expectations(
    *, repository: Repository, dataset_id: str, record_id: str, expectations: Mapping[str, Any], user: str = ""
) -> None:
    """The record expects exactly this. Raises NotFound for no such dataset or record, Invalid."""
    text = check_text(json.dumps(dict(expectations), ensure_ascii=False), path="expectations")
    with transaction.atomic():
        dataset, name = _hold(repository, dataset_id)
        touched = sql.change(
            "UPDATE tracing_datasetrecord SET expectations = ?, updated_at = ?, last_updated_by = ? "
            "WHERE dataset_id = ? AND record_id = ?",
            (text, now_ms(), user[:MAX_NAME], dataset, record_id),
        )
        if not touched:
            raise NotFound("The dataset has no such record.", field="record_id")
        _touch(dataset, name, user[:MAX_NAME])


def dataset_not_found(dataset_id: str) -> NotFound:
    """The protocol's sentence for an unknown dataset."""
    return NotFound(f"Evaluation dataset with id '{dataset_id}' not found", field="dataset_id")


def _hold(repository: Repository, dataset_id: str) -> tuple[int, str]:
    lock = " FOR NO KEY UPDATE" if sql.is_postgres() else ""
    found = sql.row(
        f"SELECT id, name FROM tracing_evaluationdataset WHERE repository_id = ? AND dataset_id = ?{lock}",
        (repository.pk, dataset_id),
    )
    if found is None:
        raise dataset_not_found(dataset_id)
    return found[0], found[1]


def _touch(dataset: int, name: str, user: str, *, count: bool = False) -> None:
    """Note a change: time, digest, who, and what is in the dataset when its records changed."""
    now = now_ms()
    sql.change(
        "UPDATE tracing_evaluationdataset SET updated_at = ?, digest = ?, "
        "last_updated_by = CASE WHEN ? = '' THEN last_updated_by ELSE ? END WHERE id = ?",
        (now, _digest(name, now), user, user, dataset),
    )
    if count:
        sql.change(
            "UPDATE tracing_evaluationdataset SET profile = '{\"num_records\": ' || "
            "(SELECT COUNT(*) FROM tracing_datasetrecord WHERE dataset_id = ?) || '}' WHERE id = ?",
            (dataset, dataset),
        )


def _digest(name: str, now: int) -> str:
    return hashlib.sha256(f"{name}:{now}".encode()).hexdigest()[:8]


def _checked_tags(tags: Mapping[str, Any]) -> dict[str, str]:
    words = {}
    for key, value in tags.items():
        if not key:
            raise missing("tags.key")
        if len(check_text(key, path="tags")) > MAX_NAME:
            raise too_long("key", MAX_NAME)
        if value is not None:
            word = value if isinstance(value, str) else json.dumps(value)
            if len(check_text(word, path=f"tags[{key}]")) > MAX_TAG_VALUE:
                raise too_long("value", MAX_TAG_VALUE)
            words[key] = word
    return words


def _write_tags(dataset: int, words: Mapping[str, str]) -> None:
    rows = [(dataset, key, value) for key, value in sorted(words.items())]
    tail = "ON CONFLICT (dataset_id, key) DO UPDATE SET value = excluded.value"
    sql.insert("INSERT INTO tracing_datasettag (dataset_id, key, value)", rows, tail)


def _link(dataset: int, experiments: Sequence[int]) -> None:
    rows = [(dataset, experiment) for experiment in experiments]
    sql.insert("INSERT INTO tracing_datasetexperiment (dataset_id, experiment_id)", rows, "ON CONFLICT DO NOTHING")


def _checked_record(record: Any) -> tuple[str, Json]:
    if not isinstance(record, dict) or not isinstance(record.get("inputs"), dict):
        raise Invalid("Each record must be an object whose 'inputs' are an object.", field="records")
    for name in ("expectations", "tags"):
        if record.get(name) is not None and not isinstance(record[name], dict):
            raise Invalid(f"The '{name}' of a record must be an object.", field="records")
    text = json.dumps(record["inputs"], sort_keys=True)
    for name in ("inputs", *_PARTS):
        check_text(json.dumps(record.get(name), ensure_ascii=False), path="records")
    return hashlib.sha256(text.encode()).hexdigest(), record


def _held(dataset: int, digests: Sequence[str]) -> dict[str, Json]:
    inside, value = sql.among("digest", list(digests))
    found = sql.rows(
        "SELECT digest, inputs, outputs, expectations, tags, source FROM tracing_datasetrecord "
        f"WHERE dataset_id = ? AND {inside}",
        (dataset, value),
    )
    return {row[0]: dict(zip(("inputs", *_PARTS), map(_loaded, row[1:]), strict=True)) for row in found}


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _merged(old: Json | None, new: Json) -> Json:
    if old is None:
        return new
    merged = {**old}
    for name in ("expectations", "tags"):
        if new.get(name):
            merged[name] = {**(old.get(name) or {}), **new[name]}
    if new.get("outputs") is not None:
        merged["outputs"] = new["outputs"]
    return merged


def _row(dataset: int, digest: str, record: Json, user: str, now: int) -> tuple[Any, ...]:
    source = record.get("source")
    described: Json = source if isinstance(source, dict) else {}
    data = described.get("source_data") if isinstance(described.get("source_data"), dict) else {}
    parts = [None if record.get(name) is None else json.dumps(record[name], ensure_ascii=False) for name in _PARTS]
    return (
        dataset,
        f"dr-{secrets.token_hex(16)}",
        digest,
        json.dumps(record["inputs"], ensure_ascii=False),
        *parts,
        str(described.get("source_type") or "")[:64],
        str((data or {}).get("trace_id") or "")[:MAX_NAME],
        user or str((record.get("tags") or {}).get(USER_TAG) or "")[:MAX_NAME],
        user,
        now,
        now,
    )
