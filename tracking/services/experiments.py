"""Creates, renames, deletes, restores and tags experiments; makes experiment 0, "Default", when it is first wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from accounts.actor import Actor
from hub.lib.errors import Conflict, Invalid, NotFound
from repos.models import Repository
from repos.services import activity
from tracking import rules, sql
from tracking.clock import now_ms
from tracking.models import Experiment, Thing
from tracking.models.experiments import ARTIFACT_SCHEME
from tracking.services.locking import experiment_not_found, hold_experiment
from tracking.services.trash import keep_names_apart, refuse_doomed

DEFAULT_NUMBER = 0
DEFAULT_NAME = "Default"
CUSTOM_VIEW = "mlflow.customView.view"
MAX_CUSTOM_VIEWS = 50
Pair = tuple[str, str]

_ADD = (
    "INSERT INTO tracking_experiment (repository_id, number, name, artifact_location, created_at, updated_at, "
    "active_runs, deleted_runs) VALUES (?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT DO NOTHING"
)
_SET_TAG = (
    "INSERT INTO tracking_experimenttag (experiment_id, key, value)",
    "ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value",
)


def ensure_default(*, repository: Repository) -> None:
    """The repository has its experiment 0. Costs one look when it is there; two that come at once make one."""
    if sql.row("SELECT 1 FROM tracking_space WHERE repository_id = ?", (repository.pk,)) is None:
        with sql.writing():
            _open_space(repository)


def _open_space(repository: Repository) -> None:
    added = sql.change(
        "INSERT INTO tracking_space (repository_id, next_experiment) VALUES (?, 1) ON CONFLICT DO NOTHING",
        (repository.pk,),
    )
    if added:
        now = now_ms()
        where = f"{ARTIFACT_SCHEME}{DEFAULT_NUMBER}"
        sql.change(_ADD, (repository.pk, DEFAULT_NUMBER, DEFAULT_NAME, where, now, now))


def create_experiment(
    *,
    repository: Repository,
    name: str,
    artifact_location: str = "",
    tags: Sequence[Pair] = (),
    actor: Actor | None = None,
) -> Experiment:
    """A new experiment with the next number. Raises Conflict when a live one has the name, Invalid.

    What lies in the trash keeps no name from others.
    """
    rules.check_experiment_name(name)
    checked = dict(rules.check_experiment_tag(key, value) for key, value in tags)
    _check_custom_views(len([key for key in checked if key.startswith(CUSTOM_VIEW)]))
    location = check_location(artifact_location)
    with sql.writing():
        _open_space(repository)
        number = _next_number(repository)
        now = now_ms()
        where = location or f"{ARTIFACT_SCHEME}{number}"
        if not sql.change(_ADD, (repository.pk, number, name, where, now, now)):
            raise Conflict(f"Experiment(name={name}) already exists.", field="name")
        experiment = Experiment.objects.get(repository=repository, number=number)
        _write_tags(experiment.pk, checked)
        if actor is not None:
            activity.record(actor=actor, repository=repository, verb="created experiment", subject=name)
    return experiment


def _next_number(repository: Repository) -> int:
    found = sql.row(
        "UPDATE tracking_space SET next_experiment = next_experiment + 1 WHERE repository_id = ? "
        "RETURNING next_experiment - 1",
        (repository.pk,),
    )
    assert found is not None
    number: int = found[0]
    return number


def check_location(location: str) -> str:
    """An artifact location as it is stored; local paths become absolute. Raises Invalid for one that cannot work."""
    if not location:
        return ""
    if len(location) > rules.MAX_LOCATION:
        raise rules.too_long("artifact_location", rules.MAX_LOCATION)
    rules.check_text(location, path="artifact_location")
    try:
        parts = urlsplit(location)
    except ValueError:
        raise rules.invalid_value("artifact_location", location, "It is no URI.") from None
    if parts.scheme == "runs":
        raise Invalid(f"Artifact location cannot be a runs:/ URI. Given: '{location}'", field="artifact_location")
    if parts.fragment or ";" in parts.path or ".." in unquote(parts.query):
        raise rules.invalid_value(
            "artifact_location", location, "It must not have a fragment, parameters or '..' in its query."
        )
    if not parts.scheme:
        return str(Path(location).absolute()).rstrip("/")
    return location.rstrip("/")


def rename_experiment(*, repository: Repository, number: int, name: str) -> None:
    """The experiment has the name. Raises InvalidState for a deleted one, Conflict when another has it, Invalid."""
    rules.check_experiment_name(name)
    with sql.writing():
        pk = hold_experiment(repository, number, active=False)
        if sql.row("SELECT 1 FROM tracking_experiment WHERE id = ? AND deleted_at IS NOT NULL", (pk,)):
            raise rules.InvalidState("Cannot rename a non-active experiment.", next_step="Restore it first.")
        keep_names_apart(repository, name, pk, field="new_name")
        sql.change("UPDATE tracking_experiment SET name = ?, updated_at = ? WHERE id = ?", (name, now_ms(), pk))


def delete_experiment(*, repository: Repository, number: int, actor: Actor | None = None) -> None:
    """The experiment and all its runs are in the trash, its name is free. Raises NotFound for no active one."""
    now, who = now_ms(), actor.user_id if actor else None
    with sql.writing():
        pk, name = _hold_in_stage(repository, number, deleted=False)
        sql.change(
            "UPDATE tracking_run SET deleted_at = ?, deleted_by_id = ? WHERE experiment_id = ? AND deleted_at IS NULL",
            (now, who, pk),
        )
        sql.change(
            "UPDATE tracking_experiment SET deleted_at = ?, deleted_by_id = ?, updated_at = ?, "
            "deleted_runs = deleted_runs + active_runs, active_runs = 0 WHERE id = ?",
            (now, who, now, pk),
        )
        if actor is not None:
            activity.record(actor=actor, repository=repository, verb="deleted experiment", subject=name)


def restore_experiment(*, repository: Repository, number: int, name: str = "", actor: Actor | None = None) -> None:
    """The experiment, as `name` if given, and all its runs, also those deleted one by one, are active.

    Raises NotFound if it is not deleted, Conflict when a live one has the name, InvalidState while it is purged.
    """
    if name:
        rules.check_experiment_name(name)
    with sql.writing():
        pk, held = _hold_in_stage(repository, number, deleted=True)
        refuse_doomed(Thing.EXPERIMENT, pk)
        keep_names_apart(repository, name or held, pk, field="name")
        sql.change("UPDATE tracking_run SET deleted_at = NULL, deleted_by_id = NULL WHERE experiment_id = ?", (pk,))
        sql.change(
            "UPDATE tracking_experiment SET name = ?, deleted_at = NULL, deleted_by_id = NULL, updated_at = ?, "
            "active_runs = active_runs + deleted_runs, deleted_runs = 0 WHERE id = ?",
            (name or held, now_ms(), pk),
        )
        if actor is not None:
            activity.record(actor=actor, repository=repository, verb="restored experiment", subject=name or held)


def _hold_in_stage(repository: Repository, number: int, *, deleted: bool) -> tuple[int, str]:
    """Hold an experiment; its key and name."""
    pk = hold_experiment(repository, number, active=False)
    test = "IS NOT NULL" if deleted else "IS NULL"
    found = sql.row(f"SELECT name FROM tracking_experiment WHERE id = ? AND deleted_at {test}", (pk,))
    if found is None:
        raise experiment_not_found(number)
    return pk, found[0]


def set_experiment_tag(*, repository: Repository, number: int, key: str, value: str) -> None:
    """The experiment has the tag. Raises Invalid for a bad one or a deleted experiment, NotFound."""
    checked = rules.check_experiment_tag(key, value)
    with sql.writing():
        pk = hold_experiment(repository, number)
        if key.startswith(CUSTOM_VIEW):
            views = "SELECT count(*) FROM tracking_experimenttag WHERE experiment_id = ? AND key LIKE ? AND key <> ?"
            found = sql.row(views, (pk, f"{CUSTOM_VIEW}%", key))
            _check_custom_views(1 + (found[0] if found else 0))
        _write_tags(pk, dict([checked]))


def _write_tags(experiment: int, tags: Mapping[str, str]) -> None:
    head, tail = _SET_TAG
    sql.insert(head, [(experiment, key, value) for key, value in tags.items()], tail)


def delete_experiment_tag(*, repository: Repository, number: int, key: str) -> None:
    """The experiment has no such tag any more. Raises NotFound when it had none, Invalid for a deleted experiment."""
    with sql.writing():
        pk = hold_experiment(repository, number)
        if not sql.change("DELETE FROM tracking_experimenttag WHERE experiment_id = ? AND key = ?", (pk, key)):
            raise NotFound(f"No tag with name: {key} in experiment with id {number}", field="key")


def _check_custom_views(count: int) -> None:
    if count > MAX_CUSTOM_VIEWS:
        raise Invalid(f"An experiment can have at most {MAX_CUSTOM_VIEWS} custom views.", field="key")
