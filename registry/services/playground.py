"""Asks for trials of a prompt within what the endpoint allows, and stops them; the calls are made in the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from hub.lib.errors import Forbidden, Invalid, NotFound
from jobs.services import enqueue
from registry.completions import filled
from registry.models import Door, EndpointUse, ModelEndpoint, PromptCall, PromptTrial, RegisteredModel
from registry.models.endpoints import MAX_MODEL
from registry.prompts import variables_of
from registry.selectors.playground import HOUR_MS, texts_of, used_this_hour
from registry.services.trail import note
from repos.access import level_for
from repos.models import Repository
from tracking import sql
from tracking.clock import now_ms
from tracking.models import Experiment
from tracking.selectors.experiments import experiment_by_name
from tracking.services.experiments import create_experiment

TASK = "registry.try_prompt"
EXPERIMENT = "Playground"
MOST_COLUMNS = 3
MOST_ROWS = 20
MAX_VALUE = 50_000
MAX_VALUES = 500_000
HOTTEST = 2.0


@dataclass(frozen=True, slots=True)
class Column:
    """One side of a comparison: a version of the prompt, and the model that is asked."""

    version: int
    model: str


def ask_trial(
    *,
    prompt: RegisteredModel,
    endpoint: ModelEndpoint,
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, str]],
    temperature: float | None = None,
    max_tokens: int | None = None,
    experiment: str = EXPERIMENT,
    actor: Actor,
) -> PromptTrial:
    """A trial that calls the endpoint for each row and column from now on, and then logs a run for each column.

    Raises Forbidden for readers; Invalid for a missing variable or too much, and when the calls of the hour are used.
    """
    repository = prompt.repository
    user = actor.user
    if user is None or level_for(actor, repository) < Level.WRITE:
        raise Forbidden("Calls cost money: they need write access to the repository.")
    tokens = _check_settings(endpoint, temperature, max_tokens)
    _check_columns(prompt, columns, rows)
    calls = len(columns) * len(rows)
    with sql.writing():
        _take_from_hour(endpoint, user, calls)
        if not RegisteredModel.objects.select_for_update().filter(pk=prompt.pk).exists():  # Numbers are given in turn.
            raise NotFound("The prompt was deleted meanwhile. Nothing was called.")
        home = _home(repository, experiment.strip() or EXPERIMENT, actor)
        last = PromptTrial.objects.filter(model=prompt).order_by("-number").values_list("number", flat=True).first()
        trial = PromptTrial.objects.create(
            model=prompt, number=(last or 0) + 1, endpoint=endpoint, endpoint_name=endpoint.name,
            user=user, user_name=actor.name[:150], temperature=temperature, max_tokens=tokens,
            columns=[{"version": each.version, "model": each.model, "run_id": ""} for each in columns],
            rows=[dict(row) for row in rows],
            experiment=home.number, experiment_name=home.name, asked_at=now_ms(),
        )  # fmt: skip
        places = [(column, row) for row in range(len(rows)) for column in range(len(columns))]
        PromptCall.objects.bulk_create(PromptCall(trial=trial, column=column, row=row) for column, row in places)
        for each in columns:
            data = {"trial": trial.number, "endpoint": endpoint.name, "model_asked": each.model, "calls": len(rows)}
            note(
                repository=repository, model=prompt, verb="tried prompt", actor=actor, door=Door.WEB,
                version=each.version, subject=f"{prompt.name} version {each.version}", data=data,
            )  # fmt: skip
        enqueue(TASK, trial.pk)
    return trial


def stop_trial(*, trial: PromptTrial, actor: Actor) -> int:
    """What waits is not called any more; how many that were. What is under way ends. Raises Forbidden."""
    if level_for(actor, trial.model.repository) < Level.WRITE:
        raise Forbidden("Trials are stopped with write access to the repository.")
    waiting = PromptCall.objects.filter(trial=trial, state=PromptCall.State.WAITING)
    return waiting.update(state=PromptCall.State.STOPPED, note="Stopped before it was sent.")


def _check_settings(endpoint: ModelEndpoint, temperature: float | None, max_tokens: int | None) -> int:
    if temperature is not None and not 0 <= temperature <= HOTTEST:
        raise Invalid(f"The temperature is a number from 0 to {HOTTEST:g}.", field="temperature")
    tokens = endpoint.max_tokens if max_tokens is None else max_tokens
    if not 1 <= tokens <= endpoint.max_tokens:
        raise Invalid(f"{endpoint.name} takes 1 to {endpoint.max_tokens:,} tokens a call.", field="max_tokens")
    return tokens


def _check_columns(prompt: RegisteredModel, columns: Sequence[Column], rows: Sequence[Mapping[str, str]]) -> None:
    """Every version is there and every row has what its text needs. Raises Invalid, NotFound."""
    if not 1 <= len(columns) <= MOST_COLUMNS:
        raise Invalid(f"Try one to {MOST_COLUMNS} versions or models side by side.", field="version_0")
    if len(set(columns)) < len(columns):
        raise Invalid("Two columns ask the same model with the same version. Change one of them.", field="version_1")
    if not 1 <= len(rows) <= MOST_ROWS:
        raise Invalid(f"Give one to {MOST_ROWS} rows of values; these are {len(rows):,}.", field="csv")
    values = [value for row in rows for value in row.values()]
    if any(len(value) > MAX_VALUE for value in values) or sum(map(len, values)) > MAX_VALUES:
        raise Invalid(f"A value has at most {MAX_VALUE:,} characters, all together {MAX_VALUES:,}.", field="csv")
    if any("\0" in text for row in rows for text in (*row, *row.values())):
        raise Invalid("Values are text without NUL characters.", field="csv")
    texts = texts_of(prompt, [each.version for each in columns])
    for place, column in enumerate(columns):
        if not column.model or len(column.model) > MAX_MODEL or "\0" in column.model:
            raise Invalid("Name the model that is asked.", field=f"model_{place}")
        if column.version not in texts:
            raise NotFound(f"{prompt.name} has no version {column.version} with a text.", field=f"version_{place}")
        text = texts[column.version]
        missing = [name for name in variables_of(text.text) if any(name not in row for row in rows)]
        if missing:
            raise Invalid(f"Version {column.version} also needs {', '.join(missing)}.", field=f"version_{place}")
        filled(text.text, text.kind, rows[0])


def _take_from_hour(endpoint: ModelEndpoint, user: User, calls: int) -> None:
    # SECURITY: held until the use is written down, so that two that come at once do not both get the rest.
    held = ModelEndpoint.objects.select_for_update().filter(pk=endpoint.pk).first()
    if held is None:
        raise Invalid("The endpoint is gone. Nothing was called.", field="endpoint")
    used = used_this_hour(held, user)
    if used + calls > held.calls_per_hour:
        raise Invalid(
            f"{held.name} allows {held.calls_per_hour:,} calls per person and hour: you have used {used:,}, and this "
            f"takes {calls:,}. Nothing was called.",
            next_step="Try fewer rows or columns, or wait.",
        )
    EndpointUse.objects.filter(endpoint=held, user=user, asked_at__lte=now_ms() - HOUR_MS).delete()
    EndpointUse.objects.create(endpoint=held, user=user, calls=calls, asked_at=now_ms())


def _home(repository: Repository, name: str, actor: Actor) -> Experiment:
    try:
        return experiment_by_name(repository, name)
    except NotFound:
        try:
            return create_experiment(repository=repository, name=name, actor=actor)
        except Invalid as error:
            raise Invalid(error.message, field="experiment") from None
