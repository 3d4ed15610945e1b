"""Registers, describes, renames and deletes models; prompts are models with a mark."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from accounts.actor import Actor
from hub.lib.errors import Conflict
from registry import rules
from registry.models import Door, RegisteredModel, RegisteredModelTag
from registry.services.events import announce, plain_tags
from registry.services.governing import permit_loss
from registry.services.holding import hold_model
from registry.services.purge import purge_model
from registry.services.trail import kept, note
from repos.models import Repository
from tracking.clock import now_ms


def create_registered_model(
    *,
    repository: Repository,
    name: str,
    description: str = "",
    tags: Sequence[rules.Pair] = (),
    actor: Actor,
    door: Door = Door.WEB,
) -> RegisteredModel:
    """A model without versions; a prompt when the tags say so. Raises Conflict when the name is taken, Invalid."""
    rules.check_model_name(name)
    given = dict(rules.check_tag(key, value) for key, value in tags)
    now = now_ms()
    model = RegisteredModel(
        repository=repository,
        name=name,
        description=rules.check_description(description),
        is_prompt=rules.marks_prompt(given.items()),
        user_name=user_name(actor),
        created_by=actor.user,
        created_at=now,
        updated_at=now,
    )
    with transaction.atomic():
        _insert(model)
        RegisteredModelTag.objects.bulk_create(
            RegisteredModelTag(model=model, key=key, value=value) for key, value in given.items()
        )
        verb = "created prompt" if model.is_prompt else "registered model"
        note(repository=repository, model=model, verb=verb, actor=actor, door=door, subject=name)
        event = "prompt.created" if model.is_prompt else "registered_model.created"
        shown = plain_tags(given.items()) if model.is_prompt else given
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


def describe_registered_model(
    *, repository: Repository, name: str, description: str, actor: Actor, door: Door = Door.WEB
) -> RegisteredModel:
    """The model has the description, an empty one included. Raises Invalid, NotFound."""
    rules.check_description(description)
    with transaction.atomic():
        model = hold_model(repository, name)
        former, model.description = model.description, description
        model.updated_at = now_ms()
        model.save(update_fields=["description", "updated_at"])
        if former != description:
            change = {"from": kept(former), "to": kept(description)}
            note(repository=repository, model=model, verb="described model", actor=actor, door=door, data=change)
    return model


def rename_registered_model(
    *, repository: Repository, name: str, new_name: str, actor: Actor, door: Door = Door.WEB, reason: str = ""
) -> RegisteredModel:
    """The model with all that hangs on it has the new name.

    Raises Conflict when it is taken, Invalid, NotFound; Governed when a rule governs what it holds (see governing.py).
    """
    rules.check_model_name(new_name, path="new_name")
    with transaction.atomic():
        model = hold_model(repository, name)
        because = permit_loss(
            repository=repository, model=model, deed=f"Renaming {name}", actor=actor, reason=reason
        )  # fmt: skip
        model.name = new_name
        model.updated_at = now_ms()
        try:
            with transaction.atomic():
                model.save(update_fields=["name", "updated_at"])
        except IntegrityError:
            raise Conflict(f"Registered Model (name={new_name}) already exists.", field="new_name") from None
        model.versions.filter(deleted_at__isnull=True).update(updated_at=model.updated_at)
        change = {"from": name, "to": new_name, **because}
        note(
            repository=repository,
            model=model,
            verb="renamed model",
            actor=actor,
            door=door,
            subject=new_name,
            data=change,
        )
    return model


def delete_registered_model(
    *, repository: Repository, name: str, actor: Actor, door: Door = Door.WEB, reason: str = ""
) -> None:
    """Nothing is left of the model but its trail, and its name is free.

    Raises Invalid, NotFound; Governed when a rule governs what it holds (see governing.py).
    """
    with transaction.atomic():
        model = hold_model(repository, name)
        because = permit_loss(
            repository=repository, model=model, deed=f"Deleting {name}", actor=actor, reason=reason
        )  # fmt: skip
        verb = "deleted prompt" if model.is_prompt else "deleted model"
        note(repository=repository, model=model, verb=verb, actor=actor, door=door, subject=name, data=because)
        purge_model(model=model)
