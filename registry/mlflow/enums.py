"""The protocol's enumerations of webhooks, given by name or number."""

from __future__ import annotations

from registry.mlflow.asks import Event

_ENTITIES = {
    1: "registered_model",
    2: "model_version",
    3: "model_version_tag",
    4: "model_version_alias",
    5: "prompt",
    6: "prompt_version",
    7: "prompt_tag",
    8: "prompt_version_tag",
    9: "prompt_alias",
    10: "budget_policy",
}
_ACTIONS = {1: "created", 2: "updated", 3: "deleted", 4: "set", 5: "exceeded"}
_STATUS = {1: "ACTIVE", 2: "DISABLED"}


def event(given: Event) -> str:
    """`entity.action` as webhooks keep it. Unknown words are left for the service to refuse."""
    return f"{_word(given.entity, _ENTITIES).lower()}.{_word(given.action, _ACTIONS).lower()}"


def status(given: str | int | None) -> str | None:
    """WebhookStatus by name. Unknown words are left for the service to refuse."""
    return None if given is None else _word(given, _STATUS)


def _word(given: str | int, names: dict[int, str]) -> str:
    if isinstance(given, str) and given.isdecimal() and len(given) < 10:
        given = int(given)
    return names.get(given, str(given)) if isinstance(given, int) else given
