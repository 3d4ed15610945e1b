"""Points aliases at versions and removes them."""

from __future__ import annotations

from django.db import transaction

from accounts.actor import Actor
from registry import rules
from registry.models import ModelAlias, RegisteredModel
from registry.services.events import announce
from registry.services.holding import hold_model, hold_version
from repos.models import Repository
from repos.services import activity


def set_alias(*, repository: Repository, name: str, alias: str, version: str, actor: Actor) -> None:
    """The alias points at the version, and no longer at another. Raises Invalid, NotFound."""
    rules.check_model_name(name)
    rules.check_new_alias(alias)
    with transaction.atomic():
        found = hold_version(repository, name, version)
        former = _number_at(found.model, alias)
        ModelAlias.objects.update_or_create(model=found.model, name=alias, defaults={"version": found})
        data = {"model": name, "model_id": found.model_id, "alias": alias, "version": found.number, "from": former}
        activity.record(actor=actor, repository=repository, verb="set alias", subject=f"{name}@{alias}", data=data)
        about = {"name": name, "alias": alias, "version": str(found.number)}
        announce(repository=repository, event=f"{_entity(found.model)}.created", data=about)


def delete_alias(*, repository: Repository, name: str, alias: str, actor: Actor) -> None:
    """There is no such alias, whether or not there was. Raises Invalid, NotFound for the model."""
    rules.check_model_name(name)
    rules.check_alias(alias)
    with transaction.atomic():
        model = hold_model(repository, name)
        former = _number_at(model, alias)
        gone, _ = ModelAlias.objects.filter(model=model, name=alias).delete()
        if gone:
            data = {"model": name, "model_id": model.pk, "alias": alias, "from": former}
            subject = f"{name}@{alias}"
            activity.record(actor=actor, repository=repository, verb="removed alias", subject=subject, data=data)
            announce(repository=repository, event=f"{_entity(model)}.deleted", data={"name": name, "alias": alias})


def _number_at(model: RegisteredModel, alias: str) -> int | None:
    """The version an alias has pointed at so far, for whoever reads later what was changed."""
    return ModelAlias.objects.filter(model=model, name=alias).values_list("version__number", flat=True).first()


def _entity(model: RegisteredModel) -> str:
    return "prompt_alias" if model.is_prompt else "model_version_alias"
