"""Points aliases at versions and removes them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.actor import Actor
from registry import rules
from registry.models import Door, ModelAlias, ModelVersion, RegisteredModel, Target
from registry.services.events import announce
from registry.services.governing import permit_loss, refuse_governed
from registry.services.holding import hold_model, hold_version
from registry.services.trail import note
from repos.models import Repository


def set_alias(
    *, repository: Repository, name: str, alias: str, version: str, actor: Actor, door: Door = Door.WEB
) -> None:
    """The alias points at the version, and no longer at another.

    Raises Invalid, NotFound; Governed when a rule wants a request for it, unless it points there already.
    """
    rules.check_model_name(name)
    rules.check_new_alias(alias)
    with transaction.atomic():
        found = hold_version(repository, name, version)
        if _number_at(found.model, alias) != found.number:
            refuse_governed(found, Target.ALIAS, alias)
        point_alias(repository, found, alias, actor=actor, door=door)


def point_alias(
    repository: Repository, version: ModelVersion, alias: str, *, actor: Actor, door: Door, **because: Any
) -> None:
    """Point an alias at a version whose model is held; `because` is noted with it."""
    model = version.model
    former = _number_at(model, alias)
    ModelAlias.objects.update_or_create(model=model, name=alias, defaults={"version": version})
    note(
        repository=repository, model=model, verb="set alias", actor=actor, door=door, version=version.number,
        subject=f"{model.name}@{alias}", data={"alias": alias, "from": former, **because},
    )  # fmt: skip
    about = {"name": model.name, "alias": alias, "version": str(version.number)}
    announce(repository=repository, event=f"{_entity(model)}.created", data=about)


def delete_alias(
    *, repository: Repository, name: str, alias: str, actor: Actor, door: Door = Door.WEB, reason: str = ""
) -> None:
    """There is no such alias, whether or not there was.

    Raises Invalid, NotFound for the model; Governed when a rule governs it and no administrator says why (`reason`).
    """
    rules.check_model_name(name)
    rules.check_alias(alias)
    with transaction.atomic():
        model = hold_model(repository, name)
        former = _number_at(model, alias)
        if former is None:
            return
        because = permit_loss(
            repository=repository, model=model, places=[(Target.ALIAS, alias)], deed=f"Removing @{alias}",
            actor=actor, reason=reason,
        )  # fmt: skip
        ModelAlias.objects.filter(model=model, name=alias).delete()
        note(
            repository=repository, model=model, verb="removed alias", actor=actor, door=door,
            subject=f"{name}@{alias}", data={"alias": alias, "from": former, **because},
        )  # fmt: skip
        announce(repository=repository, event=f"{_entity(model)}.deleted", data={"name": name, "alias": alias})


def _number_at(model: RegisteredModel, alias: str) -> int | None:
    """The version an alias has pointed at so far, for whoever reads later what was changed."""
    return ModelAlias.objects.filter(model=model, name=alias).values_list("version__number", flat=True).first()


def _entity(model: RegisteredModel) -> str:
    return "prompt_alias" if model.is_prompt else "model_version_alias"
