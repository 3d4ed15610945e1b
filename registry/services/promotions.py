"""Requests to promote a version: asked, approved or refused, withdrawn, and applied when the rule is satisfied.

Every verb holds the model's row, so that two people who decide at once queue up, and each sees what the other did.
"""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction
from django.db.models import Max

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound
from registry.models import Door, Promotion, PromotionReview, RegisteredModel, Stage, Target
from registry.selectors.promotions import Standing, holder_of, rule_for, standing_of
from registry.services.aliases import point_alias
from registry.services.governing import check_words
from registry.services.holding import hold_model, hold_version
from registry.services.promotion_rules import check_target
from registry.services.trail import note
from registry.services.versions import check_stage, move_to_stage, refuse_archiving
from repos.access import level_for
from repos.models import Repository
from tracking.clock import now_ms

State = Promotion.State


def ask_promotion(
    *,
    repository: Repository,
    name: str,
    version: str,
    kind: str,
    target: str,
    reason: str,
    archive: bool = False,
    override: bool = False,
    actor: Actor,
    door: Door = Door.WEB,
) -> Promotion:
    """There is a request to move the alias or stage to the version; it is applied at once when nothing is in the way.

    With `override` an administrator moves it whatever the rule says; `reason` is kept. Raises Invalid, NotFound,
    Forbidden; Governed when others would be archived past a rule; Conflict when the same is asked already.
    """
    user = _writer(actor, repository)
    place, wanted = check_target(kind, target)
    if place == Target.STAGE:
        check_stage(wanted, archive_existing=archive)
    words = check_words(reason, "reason")
    with transaction.atomic():
        found = hold_version(repository, name, version)
        promotion = Promotion(
            model=found.model, version=found, kind=place, target=wanted, archive=archive, reason=words,
            asked_by=user, asked_name=user.username, asked_at=now_ms(),
        )  # fmt: skip
        holder = holder_of(found.model, place, wanted)
        if (holder is not None and holder.pk == found.pk) or (place == Target.STAGE and found.stage == wanted):
            raise Invalid(f"Version {found.number} has {promotion.place} already.", field="target")
        if archive and place == Target.STAGE and not override:
            refuse_archiving(found, wanted)
        same = Promotion.objects.filter(version=found, kind=place, target=wanted, state__in=Promotion.WAITING).first()
        if same is not None:
            raise Conflict(f"This is asked already: request {same.number}.", field="target")
        highest = Promotion.objects.filter(model=found.model).aggregate(highest=Max("number"))["highest"]
        promotion.number = (highest or 0) + 1
        promotion.base = holder.number if holder else None
        promotion.save(force_insert=True)
        _note(repository, promotion, "asked for promotion", actor=actor, door=door, reason=words)
        if override:
            _override(repository, promotion, words, actor=actor, door=door)
        else:
            _settle(repository, promotion, actor=actor, door=door)
    return promotion


def review_promotion(
    *,
    repository: Repository,
    name: str,
    number: int,
    approves: bool,
    comment: str,
    seen: int | None,
    actor: Actor,
    door: Door = Door.WEB,
) -> Promotion:
    """What the actor says to a request counts; one refusal ends it, enough approvals apply it.

    `seen` is the version that held the place when the actor looked. Raises NotFound; Forbidden for who asked and who
    has too little access; Invalid for a refusal without a word; Conflict when it has ended or the place has moved.
    """
    user = _writer(actor, repository)
    words = check_words(comment, "comment")
    if not approves and not words:
        raise Invalid("Say why you refuse it.", field="comment")
    with transaction.atomic():
        promotion = _hold(repository, name, number)
        _check_reviewer(repository, promotion, actor)
        holder = holder_of(promotion.model, promotion.kind, promotion.target)
        base = holder.number if holder else None
        if base != seen:
            now = f"is at version {base}" if base else "is at no version"
            raise Conflict(
                f"{promotion.place} {now} now, which is not what you saw. Nothing was recorded.",
                next_step="Look at the numbers again, then decide.",
            )
        said = {"user_name": user.username, "approves": approves, "comment": words, "base": base, "said_at": now_ms()}
        PromotionReview.objects.update_or_create(promotion=promotion, user=user, defaults=said)
        verb = "approved promotion" if approves else "refused promotion"
        _note(repository, promotion, verb, actor=actor, door=door, comment=words)
        if approves:
            _settle(repository, promotion, actor=actor, door=door)
        else:
            _look(repository, promotion)
            _close(promotion, State.REFUSED, actor, words)
    return promotion


def _check_reviewer(repository: Repository, promotion: Promotion, actor: Actor) -> None:
    # SECURITY: nobody lets through what they asked for themselves, whatever their access.
    if promotion.asked_by_id == actor.user_id:
        raise Forbidden("Somebody else decides about what you asked for.", next_step="You can withdraw it.")
    rule = rule_for(promotion.model, promotion.kind, promotion.target)
    if rule and level_for(actor, repository) < rule.level:
        raise Forbidden(f"The rule wants people with {rule.approver} access to decide.")


def withdraw_promotion(
    *, repository: Repository, name: str, number: int, comment: str, actor: Actor, door: Door = Door.WEB
) -> Promotion:
    """The request is at an end, undone by who asked or by an administrator. Raises NotFound, Forbidden, Conflict."""
    _writer(actor, repository)
    words = check_words(comment, "comment")
    with transaction.atomic():
        promotion = _hold(repository, name, number)
        if promotion.asked_by_id != actor.user_id and level_for(actor, repository) < Level.ADMIN:
            raise Forbidden("Only who asked, or an administrator, withdraws a request.")
        _look(repository, promotion)
        _close(promotion, State.WITHDRAWN, actor, words)
        _note(repository, promotion, "withdrew promotion", actor=actor, door=door, comment=words)
    return promotion


def check_promotion(
    *, repository: Repository, name: str, number: int, actor: Actor, door: Door = Door.WEB
) -> Promotion:
    """The request is judged again, and applied when the rule is satisfied now. Raises NotFound, Forbidden, Conflict."""
    _writer(actor, repository)
    with transaction.atomic():
        promotion = _hold(repository, name, number)
        before = promotion.results
        _settle(repository, promotion, actor=actor, door=door)
        if promotion.results != before and promotion.is_waiting:
            _note(repository, promotion, "checked gates", actor=actor, door=door, gates=promotion.results)
    return promotion


def override_promotion(
    *, repository: Repository, name: str, number: int, reason: str, actor: Actor, door: Door = Door.WEB
) -> Promotion:
    """An administrator applies a request whatever the rule says. Raises NotFound, Forbidden, Invalid, Conflict."""
    _writer(actor, repository)
    words = check_words(reason, "reason")
    with transaction.atomic():
        promotion = _hold(repository, name, number)
        _override(repository, promotion, words, actor=actor, door=door)
    return promotion


def _override(repository: Repository, promotion: Promotion, reason: str, *, actor: Actor, door: Door) -> None:
    if level_for(actor, repository) < Level.ADMIN:
        raise Forbidden("Only administrators of the repository override a rule.")
    if not reason:
        raise Invalid("Say why the rule is overridden: the trail keeps it.", field="reason")
    standing = _look(repository, promotion)
    promotion.overridden = True
    _apply(repository, promotion, standing, actor=actor, door=door, closing=reason)


def _writer(actor: Actor, repository: Repository) -> User:
    if actor.user is None or level_for(actor, repository) < Level.WRITE:
        raise Forbidden("Promotions need write access to the repository.")
    return actor.user


def _hold(repository: Repository, name: str, number: int) -> Promotion:
    """Hold a model and a request that waits."""
    model = hold_model(repository, name)
    promotion = Promotion.objects.select_related("version").filter(model=model, number=number).first()
    if promotion is None:
        raise NotFound(f"{name} has no request {number}.", next_step="Its list shows those there are.")
    promotion.model = promotion.version.model = model
    if not promotion.is_waiting:
        raise Conflict(
            f"Request {number} is {promotion.get_state_display().lower()} already. Nothing was changed.",
            next_step="Ask anew if it should be decided otherwise.",
        )
    return promotion


def _look(repository: Repository, promotion: Promotion) -> Standing:
    """How the request stands now, noted on it."""
    standing = standing_of(repository, promotion)
    promotion.base = standing.base
    promotion.results = [asdict(result) for result in standing.results]
    return standing


def _settle(repository: Repository, promotion: Promotion, *, actor: Actor, door: Door) -> None:
    """Apply the request when its rule is satisfied at this moment, else note how far it is."""
    standing = _look(repository, promotion)
    if standing.is_approved and standing.passed:
        _apply(repository, promotion, standing, actor=actor, door=door, closing="")
        return
    promotion.state = State.APPROVED if standing.is_approved and standing.needed else State.OPEN
    promotion.save()


def _apply(
    repository: Repository, promotion: Promotion, standing: Standing, *, actor: Actor, door: Door, closing: str
) -> None:
    """The alias or stage is moved, and the request done."""
    _close(promotion, State.DONE, actor, closing)
    approved_by = [each.review.user_name for each in standing.said if each.review.approves and not each.void]
    verb = "overrode promotion rule" if promotion.overridden else "promoted version"
    facts = {"approved_by": approved_by, "gates": promotion.results} | ({"reason": closing} if closing else {})
    _note(repository, promotion, verb, actor=actor, door=door, **facts)
    because = {"request": promotion.number}
    if promotion.kind == Target.ALIAS:
        point_alias(repository, promotion.version, promotion.target, actor=actor, door=door, **because)
    else:
        move_to_stage(
            repository, promotion.version, Stage(promotion.target), archive=promotion.archive, actor=actor, door=door,
            **because,
        )  # fmt: skip


def _close(promotion: Promotion, state: Promotion.State, actor: Actor, closing: str) -> None:
    promotion.state = state
    promotion.closed_at = now_ms()
    promotion.closed_name = actor.name
    promotion.closing = closing
    promotion.save()


def _note(repository: Repository, promotion: Promotion, verb: str, *, actor: Actor, door: Door, **data: object) -> None:
    model: RegisteredModel = promotion.model
    note(
        repository=repository, model=model, verb=verb, actor=actor, door=door, version=promotion.version.number,
        subject=f"{model.name} v{promotion.version.number} to {promotion.place}",
        data={"request": promotion.number, "place": promotion.place, "base": promotion.base, **data},
    )  # fmt: skip
