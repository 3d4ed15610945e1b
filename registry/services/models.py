"""Registers, describes, renames and deletes models; prompts are models with a mark."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from accounts.actor import Actor
from hub.lib.errors import Conflict
from registry import rules
from registry.models import RegisteredModel, RegisteredModelTag
from registry.services.events import announce, plain_tags
from registry.services.holding import hold_model
from registry.services.purge import purge_model
from repos.models import Repository
from repos.services import activity
from tracking.clock import now_ms


def create_registered_model(
    *,
    repository: Repository,
    name: str,
    description: str = "",
    tags: Sequence[rules.Pair] = (),
    actor: Actor,
) -> RegisteredModel:
    """A model without versions; a prompt when the tags say so. Raises Conflict when the name is taken, Invalid."""
    rules.check_model_name(name)
    kept = dict(rules.check_tag(key, value) for key, value in tags)
    now = now_ms()
    model = RegisteredModel(
        repository=repository,
        name=name,
        description=rules.check_description(description),
        is_prompt=rules.marks_prompt(kept.items()),
        user_name=user_name(actor),
        created_by=actor.user,
        created_at=now,
        updated_at=now,
    )
    with transaction.atomic():
        _insert(model)
        RegisteredModelTag.objects.bulk_create(
            RegisteredModelTag(model=model, key=key, value=value) for key, value in kept.items()
        )
        verb = "created prompt" if model.is_prompt else "registered model"
        data = {"model": name, "model_id": model.pk}
        activity.record(actor=actor, repository=repository, verb=verb, subject=name, data=data)
        event = "prompt.created" if model.is_prompt else "registered_model.created"
        shown = plain_tags(kept.items()) if model.is_prompt else kept
        announce(repository=repository, event=event, data={"name": name, "tags": shown, "description": description})
    return model


def user_name(actor: Actor) -> str:
    """What the protocol calls the user."""
    return actor.user.username if actor.user else ""


def _insert(model: RegisteredModel) -> None:
    try:
        with transaction.atomic():
            model.save(force_insert=True)
    except IntegrityError:
        other = RegisteredModel.objects.filter(repository=model.repository, name=model.name).first()
        if other is None:
            raise
        raise _taken(model, other) from None


def _taken(model: RegisteredModel, other: RegisteredModel) -> Conflict:
    wanted, found = ("Prompt" if one.is_prompt else "Registered Model" for one in (model, other))
    if wanted == found:
        return Conflict(f"{wanted} (name={model.name}) already exists.", field="name")
    return Conflict(
        f"Tried to create a {wanted.lower()} with name {model.name!r}, but the name is already taken by a "
        f"{found.lower()}. MLflow does not allow creating a model and a prompt with the same name.",
        field="name",
    )


def describe_registered_model(*, repository: Repository, name: str, description: str) -> RegisteredModel:
    """The model has the description, an empty one included. Raises Invalid, NotFound."""
    rules.check_description(description)
    with transaction.atomic():
        model = hold_model(repository, name)
        model.description = description
        model.updated_at = now_ms()
        model.save(update_fields=["description", "updated_at"])
    return model


def rename_registered_model(*, repository: Repository, name: str, new_name: str, actor: Actor) -> RegisteredModel:
    """The model with all that hangs on it has the new name. Raises Conflict when it is taken, Invalid, NotFound."""
    rules.check_model_name(new_name, path="new_name")
    with transaction.atomic():
        model = hold_model(repository, name)
        model.name = new_name
        model.updated_at = now_ms()
        try:
            with transaction.atomic():
                model.save(update_fields=["name", "updated_at"])
        except IntegrityError:
            raise Conflict(f"Registered Model (name={new_name}) already exists.", field="new_name") from None
        model.versions.filter(deleted_at__isnull=True).update(updated_at=model.updated_at)
        data = {"model_id": model.pk, "from": name, "to": new_name}
        activity.record(actor=actor, repository=repository, verb="renamed model", subject=new_name, data=data)
    return model


def delete_registered_model(*, repository: Repository, name: str, actor: Actor) -> None:
    """Nothing is left of the model, and its name is free. Raises Invalid, NotFound."""
    with transaction.atomic():
        model = hold_model(repository, name)
        purge_model(model=model)
        verb = "deleted prompt" if model.is_prompt else "deleted model"
        activity.record(actor=actor, repository=repository, verb=verb, subject=name)
