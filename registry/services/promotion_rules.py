"""Says what it takes to move an alias or stage: for one model, or for all models of a repository."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts.actor import Actor
from accounts.levels import Level
from hub.lib.errors import Forbidden, Invalid
from registry import rules
from registry.gates import read_gates
from registry.models import Door, PromotionRule, RegisteredModel, Stage, Target
from registry.services.holding import hold_model
from registry.services.trail import note
from repos.access import level_for
from repos.models import Repository
from tracking.clock import now_ms

MOST_APPROVALS = 10
MOST_RULES = 100


def check_target(kind: str, target: str) -> tuple[Target, str]:
    """An alias that may be given, or a stage, as they are kept; raises Invalid."""
    if kind == Target.ALIAS:
        return Target.ALIAS, rules.check_new_alias(target.removeprefix("@"))
    if kind != Target.STAGE:
        raise Invalid("A version is promoted to an alias or a stage.", field="kind")
    stage = rules.parse_stage(target)
    if stage == Stage.NONE:
        raise Invalid("Name a stage: Staging, Production or Archived.", field="target")
    return Target.STAGE, stage.value


def set_rule(
    *,
    repository: Repository,
    name: str | None,
    kind: str,
    target: str,
    approvals: int,
    level: Level,
    gates: Sequence[str],
    actor: Actor,
    door: Door = Door.WEB,
) -> PromotionRule:
    """The rule holds for the model `name` (None: for all models that have none of their own) from now on.

    Requests that wait are judged by it. Raises Invalid, NotFound; Forbidden for all but administrators.
    """
    _only_administrators(actor, repository)
    place, wanted = check_target(kind, target)
    lines = [str(gate) for gate in read_gates(gates)]
    if not 0 <= approvals <= MOST_APPROVALS:
        raise Invalid(f"A rule wants at most {MOST_APPROVALS} approvals.", field="approvals")
    if not approvals and not lines:
        raise Invalid("A rule wants an approval, a metric gate, or both.", field="approvals")
    if level not in (Level.WRITE, Level.ADMIN):
        raise Invalid("Approvals come from people with write or admin access.", field="level")
    with transaction.atomic():
        model = hold_model(repository, name) if name is not None else None
        mine = PromotionRule.objects.filter(repository=repository, model=model)
        former = mine.filter(kind=place, target=wanted).first()
        if former is None and mine.count() >= MOST_RULES:
            raise Invalid(f"There are {MOST_RULES} rules already.", field="target")
        values = {"approvals": approvals, "level": level.value, "gates": lines}
        rule, _ = PromotionRule.objects.update_or_create(
            repository=repository, model=model, kind=place, target=wanted,
            defaults={**values, "changed_by": actor.user, "updated_at": now_ms()},
        )  # fmt: skip
        change = {"from": _facts(former), "to": _facts(rule), "place": str(rule)}
        _note(repository, model, "set promotion rule", rule, actor=actor, door=door, **change)
    return rule


def remove_rule(
    *, repository: Repository, name: str | None, kind: str, target: str, actor: Actor, door: Door = Door.WEB
) -> None:
    """There is no such rule, whether or not there was. Raises Invalid, NotFound, Forbidden."""
    _only_administrators(actor, repository)
    place, wanted = check_target(kind, target)
    with transaction.atomic():
        model = hold_model(repository, name) if name is not None else None
        rule = PromotionRule.objects.filter(repository=repository, model=model, kind=place, target=wanted).first()
        if rule is None:
            return
        change = {"from": _facts(rule), "to": None, "place": str(rule)}
        _note(repository, model, "removed promotion rule", rule, actor=actor, door=door, **change)
        rule.delete()


def _only_administrators(actor: Actor, repository: Repository) -> None:
    if level_for(actor, repository) < Level.ADMIN:
        raise Forbidden("Only administrators of the repository say what a promotion takes.")


def _facts(rule: PromotionRule | None) -> dict[str, object] | None:
    return {"approvals": rule.approvals, "level": rule.approver, "gates": rule.gates} if rule else None


def _note(
    repository: Repository, model: RegisteredModel | None, verb: str, rule: PromotionRule, *, actor: Actor, door: Door,
    **change: object,
) -> None:  # fmt: skip
    subject = f"{model.name} {rule}" if model else str(rule)
    note(repository=repository, model=model, verb=verb, actor=actor, door=door, subject=subject, data=change)
