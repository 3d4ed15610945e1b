"""Endpoints and trials of prompts for tests, without anybody to call."""

from __future__ import annotations

from typing import Any

from accounts.actor import Actor
from hub.lib.sealing import seal
from jobs.models import Job
from registry.models import ModelEndpoint, PromptCall, PromptTrial, RegisteredModel
from registry.selectors.playground import calls_of
from registry.services.endpoints import KEY
from registry.services.playground import TASK, Column, ask_trial
from registry.services.playground_runs import finish_runs, log_runs
from repos.models import Repository
from tracking.clock import now_ms


def make_endpoint(repository: Repository, name: str = "Own server", **fields: Any) -> ModelEndpoint:
    """An endpoint at an address that tests do not look up."""
    given: dict[str, Any] = {
        "base_url": "https://models.example.invalid/v1", "sealed_key": seal("sk-open-sesame", purpose=KEY),
        "default_model": "tiny-chat", "offered": ["tiny-chat", "large-chat"], "created_at": 0, "updated_at": 0, **fields,
    }  # fmt: skip
    found = ModelEndpoint.objects.create(repository=repository, name=name, **given)
    found.refresh_from_db()  # Prices are decimals from here on.
    return found


def make_trial(
    prompt: RegisteredModel, endpoint: ModelEndpoint, actor: Actor, rows: list[dict[str, str]], *columns: Column,
    answers: list[str] | None = None,
) -> PromptTrial:  # fmt: skip
    """A trial that waits; with `answers` (an empty one is a failure) one that has ended and is logged."""
    trial = ask_trial(prompt=prompt, endpoint=endpoint, columns=columns, rows=rows, temperature=0.2, actor=actor)
    Job.objects.filter(task=TASK, object_id=trial.pk).delete()
    if answers is None:
        return trial
    for call, text in zip(calls_of(trial), answers, strict=True):
        facts: dict[str, Any] = (
            {"state": "done", "output": text, "milliseconds": 812, "input_tokens": 31, "output_tokens": 24}
            if text
            else {
                "state": "failed",
                "note": "models.example.invalid takes no more calls now (429): its limit is reached.",
            }
        )
        PromptCall.objects.filter(pk=call.pk).update(**facts)
    log_runs(trial=trial)
    finish_runs(trial=trial, calls=calls_of(trial))
    PromptTrial.objects.filter(pk=trial.pk).update(finished_at=now_ms())
    return trial
