"""Creates, finalises, tags and deletes logged models (MLflow 3 `log_model`)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence

from accounts.actor import Actor
from hub.lib.errors import Invalid, NotFound
from repos.models import Repository
from tracking import rules, sql
from tracking.clock import now_ms
from tracking.models import LoggedModel, ModelStatus, Thing
from tracking.names import random_name
from tracking.services.locking import hold_experiment
from tracking.services.tags import MAX_LIST, read_list
from tracking.services.trash import refuse_doomed

FORBIDDEN_IN_NAMES = "/:.%\"'"
MAX_NAME = 500
MAX_RUN_ID = 32
Pair = tuple[str, str]
_SET_TAG = (
    "INSERT INTO tracking_loggedmodeltag (model_id, key, value)",
    "ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value",
)


def model_not_found(model_id: str) -> NotFound:
    """The protocol's sentence for an unknown model."""
    return NotFound(f"Logged model with ID '{model_id}' not found.", field="model_id")


def create_model(
    *,
    repository: Repository,
    number: int,
    name: str | None = None,
    model_type: str = "",
    source_run_id: str = "",
    params: Sequence[Pair] = (),
    tags: Sequence[Pair] = (),
) -> LoggedModel:
    """A pending model in experiment `number`, with a random name when none is given. Raises Invalid, NotFound."""
    checked_params = [_check_param(key, value) for key, value in params]
    rules.check_unique_params([key for key, _ in checked_params])
    checked_tags = dict(_check_tag(key, value) for key, value in tags)
    now = now_ms()
    model = LoggedModel(
        repository_id=repository.pk,
        uuid=f"m-{uuid.uuid4().hex}",
        name=_check_name(name) if name is not None else random_name(),
        model_type=_check_length("model_type", model_type, MAX_NAME),
        source_run_id=_check_length("source_run_id", source_run_id, MAX_RUN_ID),
        created_at=now,
        updated_at=now,
    )
    with sql.writing():
        model.experiment_id = hold_experiment(repository, number)
        model.save(force_insert=True)
        _add_params(model.pk, checked_params)
        _write_tags(model.pk, checked_tags)
    return model


def _check_name(name: str) -> str:
    if not name or any(character in FORBIDDEN_IN_NAMES for character in name):
        raise Invalid(
            f"Invalid model name ({name!r}) provided. Model name must be a non-empty string and cannot contain the "
            "following characters: ('/', ':', '.', '%', '\"', \"'\")",
            field="name",
        )
    return _check_length("name", name, MAX_NAME)


def _check_length(name: str, text: str, limit: int) -> str:
    if len(rules.check_text(text, path=name)) > limit:
        raise rules.too_long(name, limit)
    return text


def _check_param(key: str, value: str) -> Pair:
    return rules.check_param(key, value)


def _check_tag(key: str, value: str) -> Pair:
    """A tag as it is stored: never cut, since clients keep lists of versions in tags, as JSON."""
    if len(value) > MAX_LIST:
        raise rules.too_long("value", MAX_LIST)
    return rules.check_key(key), rules.check_text(value, path="value")


def _hold_model(repository: Repository, model_id: str, *, deleted: bool = False) -> int:
    statement = "SELECT id, deleted_at FROM tracking_loggedmodel WHERE uuid = ? AND repository_id = ?"
    found = sql.row(statement + (" FOR NO KEY UPDATE" if sql.is_postgres() else ""), (model_id, repository.pk))
    if found is None or (found[1] is not None and not deleted):
        raise model_not_found(model_id)
    pk: int = found[0]
    return pk


def finish_model(*, repository: Repository, model_id: str, status: str) -> None:
    """The upload has ended: the model is READY or FAILED (or PENDING again). Raises Invalid, NotFound."""
    if status not in ModelStatus.values:
        raise rules.invalid_value("status", status, "Use LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED.")
    with sql.writing():
        pk = _hold_model(repository, model_id)
        sql.change("UPDATE tracking_loggedmodel SET status = ?, updated_at = ? WHERE id = ?", (status, now_ms(), pk))


def set_model_tags(*, repository: Repository, model_id: str, tags: Sequence[Pair]) -> None:
    """The model has the tags. Raises Invalid, NotFound."""
    checked = dict(_check_tag(key, value) for key, value in tags)
    with sql.writing():
        pk = _hold_model(repository, model_id)
        _write_tags(pk, checked)


def _write_tags(model: int, tags: Mapping[str, str]) -> None:
    head, tail = _SET_TAG
    sql.insert(head, [(model, key, value) for key, value in tags.items()], tail)


def delete_model_tag(*, repository: Repository, model_id: str, key: str) -> None:
    """The model has no such tag any more; raises NotFound when it had none."""
    with sql.writing():
        pk = _hold_model(repository, model_id)
        if not sql.change("DELETE FROM tracking_loggedmodeltag WHERE model_id = ? AND key = ?", (pk, key)):
            raise NotFound(f"No tag with key {key!r} found for model with ID {model_id!r}.", field="tag_key")


def log_model_params(*, repository: Repository, model_id: str, params: Sequence[Pair]) -> None:
    """The model has the parameters; raises Invalid when one is there already, whatever its value."""
    checked = [_check_param(key, value) for key, value in params]
    rules.check_unique_params([key for key, _ in checked])
    with sql.writing():
        _add_params(_hold_model(repository, model_id), checked)


def _add_params(model: int, params: Sequence[Pair]) -> None:
    if not params:
        return
    test, value = sql.among("key", [key for key, _ in params])
    held = sql.rows(f"SELECT key FROM tracking_loggedmodelparam WHERE model_id = ? AND {test}", (model, value))
    if held:
        keys = sorted(row[0] for row in held)
        raise Invalid(f"Changing param values is not allowed. The model already has the parameters {keys}.")
    rows = [(model, key, value) for key, value in params]
    sql.insert("INSERT INTO tracking_loggedmodelparam (model_id, key, value)", rows)


def delete_model(*, repository: Repository, model_id: str, actor: Actor | None = None) -> None:
    """The model is in the trash; again is fine. Raises NotFound."""
    with sql.writing():
        pk = _hold_model(repository, model_id, deleted=True)
        now = now_ms()
        sql.change(
            "UPDATE tracking_loggedmodel SET deleted_at = ?, deleted_by_id = ?, updated_at = ? "
            "WHERE id = ? AND deleted_at IS NULL",
            (now, actor.user_id if actor else None, now, pk),
        )


def restore_model(*, repository: Repository, model_id: str) -> None:
    """The model is active; again is fine. Raises NotFound, InvalidState while it is purged."""
    with sql.writing():
        pk = _hold_model(repository, model_id, deleted=True)
        refuse_doomed(Thing.MODEL, pk)
        sql.change(
            "UPDATE tracking_loggedmodel SET deleted_at = NULL, deleted_by_id = NULL, updated_at = ? "
            "WHERE id = ? AND deleted_at IS NOT NULL",
            (now_ms(), pk),
        )


def append_to_model_list(*, repository: Repository, model_id: str, key: str, item: object) -> None:
    """The model's tag `key`, a JSON list, ends with `item` unless it had it. Raises NotFound, Invalid when too long."""
    with sql.writing():
        pk = _hold_model(repository, model_id)
        found = sql.row("SELECT value FROM tracking_loggedmodeltag WHERE model_id = ? AND key = ?", (pk, key))
        items = read_list(found[0]) if found else []
        if item in items:
            return
        text = json.dumps([*items, item])
        if len(text) > MAX_LIST:
            raise rules.too_long(key, MAX_LIST)
        _write_tags(pk, {rules.check_key(key): rules.check_text(text, path=key)})
