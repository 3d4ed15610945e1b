"""What the pages of requests show: lists of them, and one with how it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, QuerySet

from hub.lib.errors import Invalid, NotFound
from registry.gates import Result
from registry.models import ModelVersion, Promotion, PromotionReview, PromotionRule, RegisteredModel
from registry.selectors.promotions import Said, Standing, rule_for, standing_of
from repos.models import Repository

MOST_SHOWN = 5
SHOWN = {"waiting": "Waiting", "closed": "Closed", "all": "All"}


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request in a list: how many approvals were given, and how many it takes."""

    promotion: Promotion
    approvals: int
    needed: int
    failed: int


def requests_of(about: RegisteredModel | Repository, shown: str = "waiting") -> QuerySet[Promotion]:
    """Requests of a model, or of all models of a repository, the latest first; raises Invalid."""
    if shown not in SHOWN:
        raise Invalid("Show waiting, closed or all requests.", field="show")
    rows = Promotion.objects.select_related("model", "version", "asked_by")
    rows = rows.filter(model=about) if isinstance(about, RegisteredModel) else rows.filter(model__repository=about)
    if shown == "waiting":
        rows = rows.filter(state__in=Promotion.WAITING)
    elif shown == "closed":
        rows = rows.exclude(state__in=Promotion.WAITING)
    return rows.order_by("-asked_at", "-pk")


def waiting_of(model: RegisteredModel, version: ModelVersion | None = None) -> list[Promotion]:
    """The latest requests of a model, or for one of its versions, that wait."""
    rows = requests_of(model)
    return list((rows.filter(version=version) if version else rows)[:MOST_SHOWN])


def waiting_count(repository: Repository) -> int:
    """How many requests wait in a repository."""
    return Promotion.objects.filter(model__repository=repository, state__in=Promotion.WAITING).count()


def request_lines(repository: Repository, promotions: Sequence[Promotion]) -> list[RequestLine]:
    """A line for each request, in the same order: two questions however many."""
    if not promotions:
        return []
    keys = [promotion.pk for promotion in promotions]
    yes = PromotionReview.objects.filter(
        promotion__in=keys, approves=True, base__isnull=False, base=F("promotion__base")
    )
    first = PromotionReview.objects.filter(
        promotion__in=keys, approves=True, base__isnull=True, promotion__base__isnull=True
    )
    approvals = Counter((yes | first).values_list("promotion_id", flat=True))
    rules = {(rule.model_id, rule.kind, rule.target): rule for rule in _rules(repository)}
    lines = []
    for each in promotions:
        place = (each.kind, each.target)
        rule = rules.get((each.model_id, *place)) or rules.get((None, *place))
        failed = sum(not result["passed"] for result in each.results)
        lines.append(RequestLine(each, approvals[each.pk], rule.approvals if rule else 0, failed))
    return lines


def _rules(repository: Repository) -> QuerySet[PromotionRule]:
    return PromotionRule.objects.filter(repository=repository)


def request_of(model: RegisteredModel, number: int) -> Promotion:
    """A request by its number; raises NotFound."""
    found = None
    if number < 2**31:
        rows = Promotion.objects.select_related("version", "asked_by")
        found = rows.filter(model=model, number=number).first()
    if found is None:
        raise NotFound(f"{model.name} has no request {number}.", next_step="Its list shows those there are.")
    found.model = found.version.model = model
    return found


def shown_standing(repository: Repository, promotion: Promotion) -> Standing:
    """How a request stands; one that has ended, as it stood then."""
    if promotion.is_waiting:
        return standing_of(repository, promotion)
    results = [Result(**result) for result in promotion.results]
    said = [Said(review, "") for review in promotion.reviews.select_related("user").order_by("said_at", "pk")]
    return Standing(rule_for(promotion.model, promotion.kind, promotion.target), promotion.base, results, said)
