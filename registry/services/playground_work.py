"""Makes the calls of a trial a few at a time and keeps every answer; a call is sent once at most, since it costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from hub.lib.errors import Forbidden, HubError, Invalid
from jobs.services import enqueue
from registry.completions import Answer, Wire, complete, filled
from registry.models import ModelEndpoint, PromptCall, PromptTrial
from registry.selectors.playground import Text, calls_of, texts_of
from registry.services.endpoints import wire_of
from registry.services.playground import TASK
from registry.services.playground_runs import finish_runs, log_runs
from repos.access import level_for
from tracking import sql
from tracking.clock import now_ms

AT_ONCE = 4
TURN = 120.0
"""Seconds after which a job makes room for others in the queue."""


def continue_trial(*, trial_id: int, seconds: float = TURN) -> None:
    """The trial is further; when its last call is decided, its runs are logged. Does nothing for one that is gone."""
    trials = PromptTrial.objects.select_related("model__repository__owner", "endpoint", "user")
    trial = trials.filter(pk=trial_id, finished_at__isnull=True).first()
    if trial is None:
        return
    # Under way at the start of a job: the worker before this one died. Whether it was answered is not known.
    lost = PromptCall.objects.filter(trial=trial, state=PromptCall.State.SENT)
    lost.update(state=PromptCall.State.FAILED, note="The worker stopped while this call was under way.")
    until = time.monotonic() + seconds
    while batch := _next(trial):
        _work(trial, batch)
        if time.monotonic() >= until:
            enqueue(TASK, trial.pk)
            return
    _finish(trial)


def _next(trial: PromptTrial) -> list[PromptCall]:
    """The next calls, which count as sent from here on."""
    with sql.writing():
        waiting = PromptCall.objects.filter(trial=trial, state=PromptCall.State.WAITING).order_by("row", "column")
        keys = list(waiting.values_list("pk", flat=True)[:AT_ONCE])
        mine = PromptCall.objects.filter(pk__in=keys, state=PromptCall.State.WAITING)
        mine.update(state=PromptCall.State.SENT)
        return list(PromptCall.objects.filter(pk__in=keys, state=PromptCall.State.SENT).order_by("row", "column"))


def _work(trial: PromptTrial, batch: Sequence[PromptCall]) -> None:
    try:
        wire = wire_of(_allowed(trial))
        texts = texts_of(trial.model, [column["version"] for column in trial.columns])
    except HubError as error:
        for call in batch:
            _keep(call, Answer(problem=f"{error.message} {error.next_step}".strip()))
        return
    # Other threads only wait for the network: rows are written by this one.
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        asked = [(call, pool.submit(_call, trial, call, wire, texts)) for call in batch]
        for call, answer in asked:
            _keep(call, answer.result())


def _allowed(trial: PromptTrial) -> ModelEndpoint:
    """The endpoint as it is at this moment. Raises Invalid when it is gone, Forbidden when who asked lost access."""
    # SECURITY: calls cost money, and a job works for minutes: rights and keys that went meanwhile are gone.
    user = User.objects.filter(pk=trial.user_id or 0, is_active=True).first()
    if level_for(Actor(user=user), trial.model.repository) < Level.WRITE:
        raise Forbidden("Who asked for this has no write access any more.")
    endpoint = ModelEndpoint.objects.filter(pk=trial.endpoint_id or 0).first()
    if endpoint is None:
        raise Invalid("The endpoint was removed before this could be sent.")
    return endpoint


def _call(trial: PromptTrial, call: PromptCall, wire: Wire, texts: dict[int, Text]) -> Answer:
    column = trial.columns[call.column]
    text = texts.get(column["version"])
    if text is None:
        return Answer(problem=f"Version {column['version']} was deleted before this could be sent.")
    try:
        messages = filled(text.text, text.kind, trial.rows[call.row])
    except Invalid as error:
        return Answer(problem=error.message)
    return complete(
        wire, model=column["model"], messages=messages, max_tokens=trial.max_tokens, temperature=trial.temperature
    )


def _keep(call: PromptCall, answer: Answer) -> None:
    PromptCall.objects.filter(pk=call.pk).update(
        state=PromptCall.State.FAILED if answer.problem else PromptCall.State.DONE,
        output=answer.output,
        note=answer.problem or answer.note,
        milliseconds=round(answer.seconds * 1000) if answer.seconds else None,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
    )


def _finish(trial: PromptTrial) -> None:
    calls = calls_of(trial)
    try:
        if any(call.state == PromptCall.State.DONE for call in calls):
            log_runs(trial=trial)
            finish_runs(trial=trial, calls=calls)
        error = ""
    except HubError as refused:
        error = f"The answers are kept here, but not as runs: {refused.message}"
    PromptTrial.objects.filter(pk=trial.pk).update(finished_at=now_ms(), error=error)
