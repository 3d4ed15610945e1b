"""Which rule holds for an alias or stage, which version has it now, and how a request stands against its rule."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q, QuerySet

from accounts.actor import Actor
from registry.gates import Gate, Result, judge, read_gates
from registry.models import (
    ModelAlias,
    ModelVersion,
    Promotion,
    PromotionReview,
    PromotionRule,
    RegisteredModel,
    Target,
)
from repos.access import level_for
from repos.models import Repository
from tracking.models import LatestMetric, Run
from tracking.models.logged_models import LoggedModelMetric


@dataclass(frozen=True)
class Said:
    """A review, and why it does not count any more ("" when it does)."""

    review: PromotionReview
    void: str


@dataclass(frozen=True)
class Standing:
    """How a request stands: the rule (None: there is none), who holds the place now, gates, and who has said what."""

    rule: PromotionRule | None
    base: int | None
    results: list[Result]
    said: list[Said]

    @cached_property
    def approvals(self) -> int:
        """How many approvals count."""
        return sum(each.review.approves and not each.void for each in self.said)

    @property
    def needed(self) -> int:
        """How many approvals it takes."""
        return self.rule.approvals if self.rule else 0

    @property
    def is_approved(self) -> bool:
        """Whether enough people have said yes."""
        return self.approvals >= self.needed

    @property
    def passed(self) -> bool:
        """Whether every gate was passed."""
        return all(result.passed for result in self.results)


def rule_for(model: RegisteredModel, kind: str, target: str) -> PromotionRule | None:
    """The model's own rule for an alias or stage, else that of its repository, else None."""
    found = _rules_of(model).filter(kind=kind, target=target)
    return next(iter(sorted(found, key=lambda rule: rule.model_id is None)), None)


def _rules_of(model: RegisteredModel) -> QuerySet[PromotionRule]:
    ours = Q(model=model) | Q(model__isnull=True, repository=model.repository_id)
    return PromotionRule.objects.filter(ours)


def rules_in_force(model: RegisteredModel) -> list[PromotionRule]:
    """Every rule that holds for a model: its own, and those of the repository that it has none of its own for."""
    found: dict[tuple[str, str], PromotionRule] = {}
    for rule in sorted(_rules_of(model), key=lambda rule: rule.model_id is None):
        found.setdefault((rule.kind, rule.target), rule)
    return sorted(found.values(), key=lambda rule: (rule.kind, rule.target))


def default_rules(repository: Repository) -> list[PromotionRule]:
    """The rules for all models of a repository."""
    return list(PromotionRule.objects.filter(repository=repository, model__isnull=True))


def gates_of(rule: PromotionRule | None) -> list[Gate]:
    """The metric gates of a rule."""
    return read_gates(rule.gates) if rule else []


def holder_of(model: RegisteredModel, kind: str, target: str) -> ModelVersion | None:
    """The version that an alias points at, or the newest one in a stage."""
    if kind == Target.ALIAS:
        alias = ModelAlias.objects.select_related("version").filter(model=model, name=target).first()
        return alias.version if alias else None
    alive = ModelVersion.objects.filter(model=model, deleted_at__isnull=True, stage=target)
    return alive.order_by("-number").first()


def holdings_under_rule(model: RegisteredModel, version: ModelVersion | None = None) -> list[PromotionRule]:
    """The rules in force for what a model (or one of its versions) holds now: it must not be lost in passing."""
    versions = ModelVersion.objects.filter(model=model, deleted_at__isnull=True)
    aliases = ModelAlias.objects.filter(model=model)
    if version is not None:
        versions, aliases = versions.filter(pk=version.pk), aliases.filter(version=version)
    in_force = rules_in_force(model)
    if not in_force:
        return []
    held = {(Target.ALIAS.value, name) for name in aliases.values_list("name", flat=True)}
    held |= {(Target.STAGE.value, stage) for stage in versions.order_by().values_list("stage", flat=True).distinct()}
    return [rule for rule in in_force if (rule.kind, rule.target) in held]


def rules_at_stake(model: RegisteredModel) -> list[PromotionRule]:
    """The rules that would be evaded if the name of a model became free: its own, and those for what it holds."""
    held = holdings_under_rule(model)
    return held + [rule for rule in PromotionRule.objects.filter(model=model) if rule not in held]


def metric_values(repository: Repository, version: ModelVersion, keys: Iterable[str]) -> dict[str, float]:
    """The latest values of some metrics: those of the version's logged model, and of its run where that has none.

    A run may log several models; only what was logged about a model is surely about that one.
    """
    wanted = sorted(set(keys))
    found: dict[str, float] = {}
    if wanted and version.run_uuid and "\0" not in version.run_uuid:
        of_run = LatestMetric.objects.filter(
            run__in=Run.objects.filter(repository=repository, uuid=version.run_uuid), key__name__in=wanted
        )
        found |= {name: math.nan if nan else value for name, value, nan in of_run.values_list(*_VALUE)}
    if wanted and version.logged_model_uuid and "\0" not in version.logged_model_uuid:
        of_model = LoggedModelMetric.objects.filter(
            model__repository=repository, model__uuid=version.logged_model_uuid, key__name__in=wanted
        ).order_by("step", "timestamp")
        found |= {name: math.nan if nan else value for name, value, nan in of_model.values_list(*_VALUE)}
    return found


_VALUE = ("key__name", "value", "is_nan")


def gate_results(
    repository: Repository, rule: PromotionRule | None, version: ModelVersion, base: ModelVersion | None
) -> list[Result]:
    """What the gates of a rule say of a version, against the one that holds the place now."""
    gates = gates_of(rule)
    keys = [gate.metric for gate in gates]
    base_keys = [gate.metric for gate in gates if gate.base]
    base_values = metric_values(repository, base, base_keys) if base else {}
    return judge(gates, metric_values(repository, version, keys), base.number if base else None, base_values)


def standing_of(repository: Repository, promotion: Promotion) -> Standing:
    """How a request stands at this moment."""
    rule = rule_for(promotion.model, promotion.kind, promotion.target)
    base = holder_of(promotion.model, promotion.kind, promotion.target)
    number = base.number if base else None
    results = gate_results(repository, rule, promotion.version, base)
    reviews = promotion.reviews.select_related("user").order_by("said_at", "pk")
    said = [Said(review, _void(repository, promotion, rule, review, number)) for review in reviews]
    return Standing(rule, number, results, said)


def _void(
    repository: Repository, promotion: Promotion, rule: PromotionRule | None, review: PromotionReview, base: int | None
) -> str:
    """Why a review does not count: a person's rights and what the place holds are looked at anew each time."""
    if review.user is None or not review.user.is_active:
        return "the account is gone"
    if review.user_id == promotion.asked_by_id:
        return "it is the request of the same person"
    if rule and level_for(Actor(user=review.user), repository) < rule.level:
        return f"no {rule.approver} access any more"
    if review.base != base:
        was = f"version {review.base}" if review.base else "no version"
        return f"{promotion.place} pointed at {was} then" if promotion.kind == Target.ALIAS else f"{was} was there then"
    return ""
