"""Requests to promote: who may do what under which rule, what applies them, and what nobody gets around."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound
from registry.models import ModelAlias, ModelEvent, ModelVersion, Promotion, PromotionReview, PromotionRule
from registry.rules import IS_PROMPT
from registry.selectors.promotions import standing_of
from registry.services.aliases import delete_alias, set_alias
from registry.services.governing import Governed
from registry.services.models import delete_registered_model, rename_registered_model
from registry.services.promotion_rules import remove_rule, set_rule
from registry.services.promotions import (
    ask_promotion,
    check_promotion,
    override_promotion,
    review_promotion,
    withdraw_promotion,
)
from registry.services.tags import set_model_tag
from registry.services.versions import delete_model_version, transition_stage
from repos.models import Collaborator, Repository
from tests.factories.accounts import make_user
from tests.factories.registry import make_model, make_version
from tests.factories.repos import let_in
from tests.factories.tracking import make_experiment, make_run
from tracking.services.metrics import log_metrics

PLACE = {"kind": "alias", "target": "champion"}


class Scene:
    """alice/stones with the model iris; version n comes of a run whose `acc` is the n-th of the values given."""

    def __init__(self, repo: Repository, alice: User, bob: User, carol: User) -> None:
        self.repo = repo
        self.alice, self.bob, self.carol = Actor(user=alice), Actor(user=bob), Actor(user=carol)
        self.dave = Actor(user=make_user("dave"))
        let_in(repo, self.dave.user, Level.WRITE)
        make_model(repo)

    def versions(self, *values: float | None) -> None:
        """Versions of fresh runs, with these values of `acc` (None: not logged)."""
        experiment = make_experiment(self.repo)
        for number, value in enumerate(values):
            run = make_run(self.repo, experiment, f"r{number}", metrics={} if value is None else {"acc": [0.0, value]})
            make_version(self.repo, run_id=run.uuid)

    def rule(self, *gates: str, approvals: int = 1, level: Level = Level.WRITE, **place: Any) -> PromotionRule:
        """A rule of the model for @champion."""
        given = {"name": "iris", **PLACE, **place}
        return set_rule(
            repository=self.repo, approvals=approvals, level=level, gates=gates, actor=self.alice, **given
        )  # fmt: skip

    def ask(self, version: int = 1, actor: Actor | None = None, **more: Any) -> Promotion:
        """A request of bob's."""
        given = {"reason": "It is better.", **PLACE, **more}
        return ask_promotion(
            repository=self.repo, name="iris", version=str(version), actor=actor or self.bob, **given
        )  # fmt: skip

    def say(self, promotion: Promotion, actor: Actor, *, yes: bool = True, comment: str = "", **more: Any) -> Promotion:
        """What somebody says, having seen what is there now."""
        seen = more.get("seen", self.champion)
        return review_promotion(
            repository=self.repo, name="iris", number=promotion.number, approves=yes, comment=comment, seen=seen,
            actor=actor,
        )  # fmt: skip

    @property
    def champion(self) -> int | None:
        """The version that @champion points at."""
        return ModelAlias.objects.filter(name="champion").values_list("version__number", flat=True).first()

    def point(self, version: int) -> None:
        """Have @champion there, whatever the rules."""
        ModelAlias.objects.update_or_create(
            model=self.repo.registered_models.get(), name="champion",
            defaults={"version": ModelVersion.objects.get(number=version)},
        )  # fmt: skip


@pytest.fixture
def scene(repo: Repository, alice: User, bob: User, carol: User) -> Scene:
    return Scene(repo, alice, bob, carol)


def test_without_a_rule_a_request_is_done_at_once(scene: Scene) -> None:
    scene.versions(0.5)
    assert scene.ask().state == Promotion.State.DONE
    assert scene.champion == 1


@pytest.mark.parametrize("approvals", [1, 2])
def test_approvals_of_others_move_the_alias(scene: Scene, approvals: int) -> None:
    scene.versions(0.5)
    scene.rule(approvals=approvals)
    promotion = scene.ask()
    assert (promotion.state, scene.champion) == ("open", None)
    for actor in (scene.alice, scene.dave)[:approvals]:
        assert scene.champion is None
        promotion = scene.say(promotion, actor, comment="Looks good")
    assert (promotion.state, scene.champion) == ("done", 1)
    done = ModelEvent.objects.get(verb="promoted version")
    assert done.data["approved_by"] == ["alice", "dave"][:approvals] and done.data["request"] == 1


@pytest.mark.parametrize("level", [Level.WRITE, Level.ADMIN])
@pytest.mark.parametrize("who", ["alice", "bob", "carol", "dave", "mallory", "nobody"])
def test_who_may_approve(scene: Scene, mallory: User, level: Level, who: str) -> None:
    """alice administers, bob asked, carol reads, dave writes, mallory is a stranger."""
    scene.versions(0.5)
    scene.rule(level=level)
    promotion = scene.ask()
    actor = {"mallory": Actor(user=mallory), "nobody": Actor()}.get(who) or getattr(scene, who)
    if who == "alice" or (who == "dave" and level == Level.WRITE):
        assert scene.say(promotion, actor).state == "done"
        return
    for yes in (True, False):
        with pytest.raises(Forbidden):
            scene.say(promotion, actor, yes=yes, comment="why")
    assert scene.champion is None and not PromotionReview.objects.exists()
    promotion.refresh_from_db()
    assert promotion.state == "open"


@pytest.mark.parametrize("who", ["carol", "mallory", "nobody"])
def test_only_who_may_write_asks(scene: Scene, mallory: User, who: str) -> None:
    scene.versions(0.5)
    actor = {"mallory": Actor(user=mallory), "nobody": Actor()}.get(who) or scene.carol
    with pytest.raises(Forbidden):
        scene.ask(actor=actor)
    assert not Promotion.objects.exists()


@pytest.mark.parametrize("who", ["bob", "carol"])
def test_only_administrators_set_and_remove_rules(scene: Scene, who: str) -> None:
    scene.rule()
    actor = getattr(scene, who)
    with pytest.raises(Forbidden):
        set_rule(repository=scene.repo, name="iris", approvals=0, level=Level.WRITE, gates=["metrics.a > 0"],
                 actor=actor, **PLACE)  # fmt: skip
    with pytest.raises(Forbidden):
        remove_rule(repository=scene.repo, name="iris", actor=actor, **PLACE)
    assert PromotionRule.objects.get().approvals == 1


def test_an_administrator_does_not_approve_their_own(scene: Scene) -> None:
    scene.versions(0.5)
    scene.rule()
    promotion = scene.ask(actor=scene.alice)
    with pytest.raises(Forbidden):
        scene.say(promotion, scene.alice)
    assert scene.say(promotion, scene.bob).state == "done"


def test_an_approval_counts_once_and_only_while_its_giver_may(scene: Scene) -> None:
    scene.versions(0.5)
    scene.rule(approvals=2)
    promotion = scene.ask()
    for _ in range(2):
        assert scene.say(promotion, scene.dave).state == "open"
    Collaborator.objects.filter(user=scene.dave.user).delete()
    assert scene.say(promotion, scene.alice).state == "open"
    standing = standing_of(scene.repo, Promotion.objects.get())
    assert standing.approvals == 1 and [each.void for each in standing.said] == ["no write access any more", ""]


@pytest.mark.parametrize(
    ("value", "passes"), [(0.9, True), (0.89, False), (None, False), (math.nan, False), (math.inf, False)]
)
def test_a_gate_lets_only_numbers_through(scene: Scene, value: float | None, passes: bool) -> None:
    scene.versions(value)
    scene.rule("metrics.acc >= 0.9", approvals=0)
    promotion = scene.ask()
    assert (promotion.state, scene.champion) == (("done", 1) if passes else ("open", None))
    assert [result["passed"] for result in promotion.results] == [passes]
    assert "acc" in promotion.results[0]["words"]


def test_base_is_the_version_that_has_it_now(scene: Scene) -> None:
    scene.versions(0.8, 0.79, 0.7)
    scene.rule("metrics.acc >= base - 0.01", approvals=0)
    assert scene.ask(1).state == "done"
    assert scene.ask(3).state == "open"
    assert scene.ask(2).state == "done"
    assert scene.champion == 2
    words = [event.data["gates"][0]["words"] for event in ModelEvent.objects.filter(verb="promoted version")]
    assert words == [
        "acc is 0.79, as wanted ≥ 0.8 of version 1 - 0.01",
        "acc is 0.8, and no version holds the place yet",
    ]


def test_approved_it_waits_for_its_gates(scene: Scene) -> None:
    scene.versions(None)
    scene.rule("metrics.acc >= 0.9")
    promotion = scene.say(scene.ask(), scene.alice)
    assert (promotion.state, scene.champion) == ("approved", None)
    run = ModelVersion.objects.get().run_uuid
    log_metrics(repository=scene.repo, run_id=run, points=[point(0.95)])
    done = check_promotion(repository=scene.repo, name="iris", number=1, actor=scene.bob)
    assert (done.state, scene.champion) == ("done", 1)


def point(value: float) -> Any:
    from tracking.rules import Point

    return Point("acc", value, 1, 1)


def test_a_refusal_ends_it_and_says_why(scene: Scene) -> None:
    scene.versions(0.5)
    scene.rule()
    promotion = scene.ask()
    with pytest.raises(Invalid):
        scene.say(promotion, scene.alice, yes=False, comment="  ")
    assert scene.say(promotion, scene.alice, yes=False, comment="Too slow").state == "refused"
    for deed in (
        lambda: scene.say(promotion, scene.dave),
        lambda: check_promotion(repository=scene.repo, name="iris", number=1, actor=scene.bob),
        lambda: withdraw_promotion(repository=scene.repo, name="iris", number=1, comment="", actor=scene.bob),
        lambda: override_promotion(repository=scene.repo, name="iris", number=1, reason="x", actor=scene.alice),
    ):
        with pytest.raises(Conflict):
            deed()
    assert scene.champion is None
    assert scene.ask().number == 2


def test_who_asked_or_an_administrator_withdraws(scene: Scene) -> None:
    scene.versions(0.5)
    scene.rule()
    scene.ask()
    with pytest.raises(Forbidden):
        withdraw_promotion(repository=scene.repo, name="iris", number=1, comment="", actor=scene.dave)
    withdraw_promotion(repository=scene.repo, name="iris", number=1, comment="Later", actor=scene.bob)
    scene.ask()
    withdraw_promotion(repository=scene.repo, name="iris", number=2, comment="", actor=scene.alice)
    assert set(Promotion.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_administrators_override_with_a_reason(scene: Scene) -> None:
    scene.versions(0.5, 0.5)
    scene.rule("metrics.acc >= 0.9", approvals=2)
    promotion = scene.ask()
    for actor, reason in ((scene.dave, "I want it"), (scene.alice, " ")):
        with pytest.raises((Forbidden, Invalid)):
            override_promotion(repository=scene.repo, name="iris", number=1, reason=reason, actor=actor)
    with pytest.raises(Forbidden):
        scene.ask(2, override=True)
    assert scene.champion is None
    override_promotion(repository=scene.repo, name="iris", number=1, reason="Down in production", actor=scene.alice)
    assert scene.champion == 1
    promotion.refresh_from_db()
    assert promotion.overridden and promotion.closing == "Down in production"
    scene.ask(2, override=True, reason="Still down", actor=scene.alice)
    assert scene.champion == 2
    kept = ModelEvent.objects.filter(verb="overrode promotion rule").order_by("pk")
    assert [event.data["reason"] for event in kept] == ["Down in production", "Still down"]
    assert kept[0].data["gates"][0]["passed"] is False


def test_what_was_approved_against_another_version_does_not_count(scene: Scene) -> None:
    scene.versions(0.5, 0.6, 0.7)
    scene.rule(approvals=2)
    scene.point(1)
    promotion = scene.ask(3)
    scene.say(promotion, scene.dave)
    scene.point(2)
    with pytest.raises(Conflict, match="at version 2 now"):
        scene.say(promotion, scene.alice, seen=1)
    assert PromotionReview.objects.count() == 1
    assert scene.say(promotion, scene.alice).state == "open"
    assert standing_of(scene.repo, Promotion.objects.get()).approvals == 1
    assert scene.say(promotion, scene.dave).state == "done"
    assert scene.champion == 3


def test_the_same_is_not_asked_twice_nor_what_is_there(scene: Scene) -> None:
    scene.versions(0.5)
    scene.rule()
    scene.ask()
    with pytest.raises(Conflict):
        scene.ask(actor=scene.dave)
    scene.point(1)
    with pytest.raises(Invalid):
        scene.ask(target="champion")
    for wrong in ({"target": "latest"}, {"target": "v1"}, {"kind": "stage", "target": "None"}, {"kind": "x"},
                  {"kind": "stage", "target": "Archived", "archive": True}, {"reason": "x" * 5001}):  # fmt: skip
        with pytest.raises(Invalid):
            scene.ask(**{"target": "other", **wrong})
    with pytest.raises(NotFound):
        scene.ask(9)


def test_a_stage_is_promoted_to_with_others_archived(scene: Scene) -> None:
    scene.versions(0.5, 0.6)
    transition_stage(repository=scene.repo, name="iris", version="1", stage="Production", actor=scene.bob)
    scene.rule("metrics.acc > base", kind="stage", target="production")
    move = {"repository": scene.repo, "name": "iris", "actor": scene.bob}
    with pytest.raises(Governed):
        transition_stage(version="2", stage="Production", **move)
    scene.say(scene.ask(2, kind="stage", target="Production", archive=True), scene.alice, seen=1)
    assert dict(ModelVersion.objects.values_list("number", "stage")) == {1: "Archived", 2: "Production"}
    with pytest.raises(Governed):
        transition_stage(version="2", stage="None", **move)
    with pytest.raises(Governed):
        transition_stage(version="2", stage="None", reason="I want it", **move)
    transition_stage(version="2", stage="None", reason="Broken", **{**move, "actor": scene.alice})


def test_a_rule_on_archiving_is_not_got_around_by_moving_another_in(scene: Scene) -> None:
    scene.versions(0.5, 0.6)
    move = {"repository": scene.repo, "name": "iris", "stage": "Staging", "archive_existing": True, "actor": scene.bob}
    scene.rule(kind="stage", target="Archived")
    transition_stage(version="1", **move)  # Nothing is archived by it.
    with pytest.raises(Governed, match="Archived"):
        transition_stage(version="2", **move)
    with pytest.raises(Governed, match="Archived"):
        scene.ask(2, kind="stage", target="Staging", archive=True)
    assert dict(ModelVersion.objects.values_list("number", "stage")) == {1: "Staging", 2: "None"}
    transition_stage(version="2", **{**move, "archive_existing": False})
    scene.say(scene.ask(1, kind="stage", target="Archived"), scene.alice)
    assert dict(ModelVersion.objects.values_list("number", "stage")) == {1: "Archived", 2: "Staging"}


def test_the_models_rule_stands_in_place_of_the_repositorys(scene: Scene) -> None:
    scene.versions(0.5)
    scene.rule(approvals=2, name=None)
    with pytest.raises(Governed, match="2 approvals"):
        set_alias(repository=scene.repo, name="iris", alias="champion", version="1", actor=scene.alice)
    scene.rule("metrics.acc > 0.4", approvals=0)
    with pytest.raises(Governed, match=r"takes metrics\.acc > 0\.4"):
        set_alias(repository=scene.repo, name="iris", alias="champion", version="1", actor=scene.alice)
    assert scene.ask().state == "done"
    set_alias(repository=scene.repo, name="iris", alias="other", version="1", actor=scene.bob)


def test_nobody_gets_around_a_rule(scene: Scene) -> None:
    """The attack: a writer frees the alias (or the name, or the version) first, then takes it without being asked."""
    scene.versions(0.5, 0.4)
    scene.rule("metrics.acc >= base")
    scene.point(1)
    where = {"repository": scene.repo, "name": "iris"}
    set_model_tag(key=IS_PROMPT, value="true", actor=scene.bob, **where)
    for actor, reason in ((scene.bob, ""), (scene.bob, "please"), (scene.alice, ""), (scene.alice, "  ")):
        for deed in (
            lambda act, why: delete_alias(alias="champion", actor=act, reason=why, **where),
            lambda act, why: delete_model_version(version="1", actor=act, reason=why, **where),
            lambda act, why: rename_registered_model(new_name="old", actor=act, reason=why, **where),
            lambda act, why: delete_registered_model(actor=act, reason=why, **where),
            lambda act, why: set_alias(alias="champion", version="2", actor=act, **where),
        ):
            with pytest.raises(Governed):
                deed(actor, reason)
    assert scene.champion == 1
    set_alias(alias="champion", version="1", actor=scene.bob, **where)
    delete_model_version(version="2", actor=scene.bob, **where)
    rename_registered_model(new_name="petal", actor=scene.alice, reason="A better name", **where)
    delete_alias(alias="champion", actor=scene.alice, reason="Gone bad", **{**where, "name": "petal"})
    kept = [event.data["reason"] for event in ModelEvent.objects.filter(data__overrides="@champion").order_by("pk")]
    assert kept == ["A better name", "Gone bad"]


def test_deleting_a_version_ends_its_requests(scene: Scene) -> None:
    scene.versions(0.5)
    scene.rule()
    scene.ask()
    delete_model_version(repository=scene.repo, name="iris", version="1", actor=scene.bob)
    assert Promotion.objects.get().state == "withdrawn"
    with pytest.raises(Conflict):
        scene.say(Promotion.objects.get(), scene.alice)


@pytest.mark.parametrize(
    "wrong",
    [
        {"approvals": 0}, {"approvals": 11}, {"approvals": -1}, {"gates": ["nonsense"]}, {"target": "latest"},
        {"target": ""}, {"kind": "stage", "target": "Nowhere"}, {"kind": "stage", "target": "None"}, {"kind": "other"},
        {"level": Level.READ},
    ],
)  # fmt: skip
def test_rules_that_say_nothing_are_refused(scene: Scene, wrong: dict[str, Any]) -> None:
    given: dict[str, Any] = {"approvals": 1, "gates": [], "level": Level.WRITE, **PLACE, **wrong}
    with pytest.raises(Invalid):
        set_rule(repository=scene.repo, name="iris", actor=scene.alice, **given)
    assert not PromotionRule.objects.exists()


def test_a_rule_is_written_over_and_its_changes_kept(scene: Scene) -> None:
    scene.rule()
    scene.rule("metrics.acc > 1", approvals=2)
    remove_rule(repository=scene.repo, name="iris", actor=scene.alice, **PLACE)
    remove_rule(repository=scene.repo, name="iris", actor=scene.alice, **PLACE)
    kept = [(event.data["from"], event.data["to"]) for event in ModelEvent.objects.filter(data__place="@champion")]
    old = {"approvals": 1, "level": "write", "gates": []}
    new = {"approvals": 2, "level": "write", "gates": ["metrics.acc > 1"]}
    assert kept == [(new, None), (old, new), (None, old)]


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_at_once_promote_once(scene: Scene) -> None:
    scene.versions(0.5)
    scene.rule(approvals=1)
    promotion = scene.ask()

    def approve(actor: Actor) -> str:
        try:
            return scene.say(promotion, actor, seen=None).state
        except Conflict:
            return "late"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(approve, (scene.alice, scene.dave))) == ["done", "late"]
    assert ModelEvent.objects.filter(verb="set alias").count() == 1
    assert PromotionReview.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_get_two_numbers_and_one_base(scene: Scene) -> None:
    scene.versions(0.5, 0.6, 0.7)
    scene.rule("metrics.acc > base", approvals=0)
    scene.point(1)

    def ask(version: int) -> tuple[int, str]:
        try:
            made = scene.ask(version)
            return made.number, made.state
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(ask, (2, 3)))
    assert sorted(number for number, _ in made) == [1, 2]
    assert scene.champion == 3  # Whoever came first: 2 is never let in after 3.
    assert made[1][1] == "done"
