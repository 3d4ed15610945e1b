"""Keeps what a rule governs from being changed in passing, by a page or by a client.

SECURITY: whatever takes an alias or stage away from the version that holds it is asked here, too: a rule that compares
with the holder is worth nothing when a writer may first remove the alias, or delete or rename the model.
"""

from __future__ import annotations

from accounts.actor import Actor
from accounts.levels import Level
from hub.lib.errors import Forbidden, Invalid
from registry import rules
from registry.gates import read_gates
from registry.models import ModelVersion, PromotionRule, RegisteredModel, Target
from registry.models.promotions import shown_target
from registry.selectors.promotions import holdings_under_rule, rule_for, rules_at_stake
from repos.access import level_for
from repos.models import Repository

MOST_WORDS = 5000
"""Of a reason or comment, in characters."""


class Governed(Forbidden):
    """A rule says who decides about this; nothing was changed. `version` is what it was to be moved to, 0 for none."""

    code = "governed"

    def __init__(
        self, message: str, *, model: RegisteredModel, kind: str, target: str, version: int = 0, next_step: str = ""
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.model = model
        self.kind = kind
        self.target = target
        self.version = version


def refuse_governed(version: ModelVersion, kind: Target, target: str) -> None:
    """Raises Governed when a rule governs the alias or stage: it is then moved by a request."""
    rule = rule_for(version.model, kind, target)
    if rule is None:
        return
    raise Governed(
        f"{shown_target(kind, target)} of {version.model.name} is moved by request: it takes {words_of(rule)}. "
        "Nothing was changed.",
        model=version.model,
        kind=kind,
        target=target,
        version=version.number,
        next_step="Ask for it on the page of the version.",
    )


def words_of(rule: PromotionRule) -> str:
    """What a rule takes, in words: `2 approvals and metrics.acc >= 0.9`."""
    count = rule.approvals
    parts = [f"{count} approval{'s' if count > 1 else ''}"] if count else []
    return " and ".join(parts + [str(gate) for gate in read_gates(rule.gates)])


def permit_loss(
    *,
    repository: Repository,
    model: RegisteredModel,
    version: ModelVersion | None = None,
    places: list[tuple[str, str]] | None = None,
    deed: str,
    actor: Actor,
    reason: str,
) -> dict[str, str]:
    """Let what a rule governs be lost only by an administrator who says why; what the trail is to note of it.

    `places`: just these aliases and stages; else all that the version or the model holds, and the model's own rules.
    `deed` names what is being done. Raises Governed, Invalid.
    """
    if places is None:
        lost = rules_at_stake(model) if version is None else holdings_under_rule(model, version)
    else:
        lost = [rule for rule in (rule_for(model, kind, target) for kind, target in places) if rule]
    if not lost:
        return {}
    named = ", ".join(sorted({str(rule) for rule in lost}))
    if level_for(actor, repository) < Level.ADMIN or not reason.strip():
        raise Governed(
            f"{deed} needs an administrator who says why, since a rule governs {named}. Nothing was changed.",
            model=model,
            kind=lost[0].kind,
            target=lost[0].target,
            next_step="Administrators do that on the pages of the model.",
        )
    return {"overrides": named, "reason": check_words(reason, "reason")}


def check_words(text: str, field: str) -> str:
    """What somebody says to a request, as it is kept; raises Invalid when it is too long."""
    words = text.strip()
    if len(words) > MOST_WORDS:
        raise Invalid(f"Say it in at most {MOST_WORDS} characters; these are {len(words)}.", field=field)
    return rules.check_description(words)
