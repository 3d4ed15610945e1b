"""Notes what went into a run (datasets, models) and what came out of it (models)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hub.lib.errors import Invalid
from repos.models import Repository
from tracking import rules, sql
from tracking.models import ModelLink
from tracking.services.locking import experiment_of_run, hold_run

CONTEXT = "mlflow.data.context"
MAX_DATASETS = 1000
MAX_NAME, MAX_DIGEST, MAX_SOURCE = 500, 36, 65_535
MAX_SCHEMA, MAX_PROFILE = 1_048_575, 16_777_215
MAX_TAG_KEY, MAX_TAG_VALUE = 255, 500
MAX_MODEL_ID = 36


@dataclass(frozen=True, slots=True)
class DatasetGiven:
    """A dataset as a client describes it, with the tags of this use."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str = ""
    profile: str = ""
    tags: tuple[tuple[str, str], ...] = ()


def log_inputs(
    *, repository: Repository, run_id: str, datasets: Sequence[DatasetGiven] = (), model_ids: Sequence[str] = ()
) -> None:
    """The run has the inputs. A dataset known by name and digest keeps its first description and a link its first tags.

    Raises Invalid (nothing is kept) for what is too long or a deleted run, NotFound for no run.
    """
    rules.check_run_id(run_id)
    if len(datasets) > MAX_DATASETS:
        raise Invalid(f"A run can be given at most {MAX_DATASETS} datasets in one request. Got {len(datasets)}.")
    for given in datasets:
        _check(given)
    for model_id in model_ids:
        _check_length("model_id", model_id, MAX_MODEL_ID)
    with sql.writing():
        experiment = experiment_of_run(repository, run_id)
        run = hold_run(repository, run_id)
        _link_datasets(experiment, run, {(given.name, given.digest): given for given in reversed(datasets)})
        _link_models(run, ModelLink.Direction.INPUT, [(model_id, 0) for model_id in model_ids])


def log_outputs(*, repository: Repository, run_id: str, models: Sequence[tuple[str, int]]) -> None:
    """The run produced the models, given as (model id, step). Raises Invalid, NotFound."""
    rules.check_run_id(run_id)
    for model_id, step in models:
        _check_length("model_id", model_id, MAX_MODEL_ID)
        rules.check_time(step, path="step")
    with sql.writing():
        _link_models(hold_run(repository, run_id), ModelLink.Direction.OUTPUT, models)


def _check(given: DatasetGiven) -> None:
    for name, text, limit in (
        ("name", given.name, MAX_NAME),
        ("digest", given.digest, MAX_DIGEST),
        ("source_type", given.source_type, MAX_NAME),
        ("source", given.source, MAX_SOURCE),
        ("schema", given.schema, MAX_SCHEMA),
        ("profile", given.profile, MAX_PROFILE),
    ):
        _check_length(name, text, limit)
    for key, value in given.tags:
        _check_length("key", key, MAX_TAG_KEY)
        _check_length("value", value, MAX_TAG_VALUE)


def _check_length(name: str, text: str, limit: int) -> None:
    if len(rules.check_text(text, path=name)) > limit:
        raise rules.too_long(name, limit)


def _link_datasets(experiment: int, run: int, datasets: dict[tuple[str, str], DatasetGiven]) -> None:
    # Sorted, or two PostgreSQL transactions that bring the same new datasets could wait for each other.
    for (name, digest), given in sorted(datasets.items()):
        described = (given.source_type, given.source, given.schema, given.profile)
        sql.change(
            "INSERT INTO tracking_dataset (experiment_id, name, digest, source_type, source, schema, profile) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (experiment, name, digest, *described),
        )
        tags = dict(given.tags)
        sql.change(
            "INSERT INTO tracking_datasetinput (run_id, dataset_id, tags, context) SELECT ?, id, ?, ? "
            "FROM tracking_dataset WHERE experiment_id = ? AND name = ? AND digest = ? ON CONFLICT DO NOTHING",
            (run, json.dumps(list(tags.items())), tags.get(CONTEXT), experiment, name, digest),
        )


def _link_models(run: int, direction: ModelLink.Direction, models: Sequence[tuple[str, int]]) -> None:
    held = set(
        sql.rows(
            "SELECT model_id, step FROM tracking_modellink WHERE run_id = ? AND direction = ?", (run, direction.value)
        )
    )
    fresh = [pair for pair in dict.fromkeys(models) if pair not in held]
    sql.insert(
        "INSERT INTO tracking_modellink (run_id, direction, model_id, step)",
        [(run, direction.value, model_id, step) for model_id, step in fresh],
    )
