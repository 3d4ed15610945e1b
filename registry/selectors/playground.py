"""What the playground shows: endpoints, the trials of a prompt, and the answers of a trial by row and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import User
from hub.lib.errors import NotFound
from registry import rules
from registry.models import EndpointUse, ModelEndpoint, ModelVersionTag, PromptCall, PromptTrial, RegisteredModel
from repos.models import Repository
from tracking.clock import now_ms

HOUR_MS = 3_600_000
RECENT = 10


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a prompt's version, and its kind: text or chat."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Sums:
    """A column of a trial: mean milliseconds of its answers, tokens where all of them say so, the cost if priced."""

    answered: int
    failed: int
    milliseconds: float | None
    slowest: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of a trial's calls are decided, of how many."""

    decided: int
    total: int


def endpoints_of(repository: Repository) -> QuerySet[ModelEndpoint]:
    """The endpoints of a repository by name."""
    return ModelEndpoint.objects.filter(repository=repository).order_by("name")


def endpoint_of(repository: Repository, number: int) -> ModelEndpoint:
    """An endpoint of the repository. Raises NotFound."""
    found = endpoints_of(repository).filter(pk=number).first() if number < 2**63 else None
    if found is None:
        raise NotFound("There is no such endpoint in this repository.", next_step="Look at the list of endpoints.")
    found.repository = repository
    return found


def used_this_hour(endpoint: ModelEndpoint, user: User) -> int:
    """The calls that somebody has asked of an endpoint within the last hour."""
    uses = EndpointUse.objects.filter(endpoint=endpoint, user=user, asked_at__gt=now_ms() - HOUR_MS)
    return uses.aggregate(calls=Sum("calls"))["calls"] or 0


def texts_of(model: RegisteredModel, numbers: Sequence[int]) -> dict[int, Text]:
    """The texts of those of a prompt's versions that are there, by number: one question."""
    rows = ModelVersionTag.objects.filter(
        version__model=model, version__number__in=numbers, version__deleted_at__isnull=True,
        key__in=(rules.PROMPT_TEXT, rules.PROMPT_TYPE),
    ).values_list("version__number", "key", "value")  # fmt: skip
    found: dict[int, dict[str, str]] = {}
    for number, key, value in rows:
        found.setdefault(number, {})[key] = value
    return {
        number: Text(tags.get(rules.PROMPT_TEXT, ""), tags.get(rules.PROMPT_TYPE, "text"))
        for number, tags in found.items()
    }


def trials_of(model: RegisteredModel) -> QuerySet[PromptTrial]:
    """The trials of a prompt, the latest first, each with how many of its calls failed (`failed`)."""
    failed = Count("calls", filter=Q(calls__state=PromptCall.State.FAILED))
    return PromptTrial.objects.filter(model=model).annotate(failed=failed).order_by("-number")


def trial_of(model: RegisteredModel, number: int) -> PromptTrial:
    """A trial by its number. Raises NotFound."""
    trials = PromptTrial.objects.select_related("endpoint").filter(model=model)
    found = trials.filter(number=number).first() if number < 2**31 else None
    if found is None:
        raise NotFound(f"{model.name} has no trial {number}.", next_step="The playground lists the latest ones.")
    found.model = model
    return found


def calls_of(trial: PromptTrial) -> list[PromptCall]:
    """The calls of a trial, row by row and in a row by column."""
    return list(PromptCall.objects.filter(trial=trial).order_by("row", "column"))


def progress_of(calls: Sequence[PromptCall]) -> Progress:
    """How far a trial is."""
    open_states = (PromptCall.State.WAITING, PromptCall.State.SENT)
    return Progress(sum(call.state not in open_states for call in calls), len(calls))


def sums_of(calls: Sequence[PromptCall], endpoint: ModelEndpoint | None) -> Sums:
    """The sums of one column's calls, priced as the endpoint is now."""
    done = [call for call in calls if call.state == PromptCall.State.DONE]
    times = [call.milliseconds or 0 for call in done]
    inputs, outputs = _total([call.input_tokens for call in done]), _total([call.output_tokens for call in done])
    return Sums(
        answered=len(done),
        failed=sum(call.state == PromptCall.State.FAILED for call in calls),
        milliseconds=sum(times) / len(times) if times else None,
        slowest=max(times, default=None),
        input_tokens=inputs,
        output_tokens=outputs,
        cost=cost_of(endpoint, inputs, outputs),
    )


def cost_of(endpoint: ModelEndpoint | None, inputs: int | None, outputs: int | None) -> Decimal | None:
    """What so many tokens cost at an endpoint; None when a price or a number is not known."""
    if endpoint is None or inputs is None or outputs is None:
        return None
    if endpoint.input_price is None or endpoint.output_price is None:
        return None
    return (inputs * endpoint.input_price + outputs * endpoint.output_price) / 1000


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None
