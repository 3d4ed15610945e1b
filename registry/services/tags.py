"""Sets and removes the tags of models and versions. The tag `mlflow.prompt.is_prompt` makes a model a prompt."""

from __future__ import annotations

from django.db import transaction

from accounts.actor import Actor
from registry import rules
from registry.models import Door, ModelVersion, ModelVersionTag, RegisteredModel, RegisteredModelTag
from registry.services.events import announce
from registry.services.holding import hold_model, hold_version
from registry.services.trail import kept, note
from repos.models import Repository
from tracking.rules import check_key


def set_model_tag(
    *, repository: Repository, name: str, key: str, value: str, actor: Actor, door: Door = Door.WEB
) -> None:
    """The model has the tag. Raises Invalid, NotFound."""
    rules.check_tag(key, value)
    with transaction.atomic():
        model = hold_model(repository, name)
        former = RegisteredModelTag.objects.filter(model=model, key=key).values_list("value", flat=True).first()
        RegisteredModelTag.objects.bulk_create(
            [RegisteredModelTag(model=model, key=key, value=value)],
            update_conflicts=True,
            unique_fields=["model", "key"],
            update_fields=["value"],
        )
        _note(repository, model, None, key, former, value, actor=actor, door=door)
        if key == rules.IS_PROMPT:
            _mark(model, is_prompt=rules.marks_prompt([(key, value)]))
        if model.is_prompt:
            data = {"name": name, "key": key, "value": value}
            announce(repository=repository, event="prompt_tag.set", data=data)


def delete_model_tag(*, repository: Repository, name: str, key: str, actor: Actor, door: Door = Door.WEB) -> None:
    """The model has no such tag, whether or not it had one. Raises Invalid, NotFound."""
    check_key(key)
    with transaction.atomic():
        model = hold_model(repository, name)
        mine = RegisteredModelTag.objects.filter(model=model, key=key)
        former = mine.values_list("value", flat=True).first()
        gone, _ = mine.delete()
        _note(repository, model, None, key, former, None, actor=actor, door=door)
        if gone and model.is_prompt:
            announce(repository=repository, event="prompt_tag.deleted", data={"name": name, "key": key})
        if key == rules.IS_PROMPT:
            _mark(model, is_prompt=False)


def _mark(model: RegisteredModel, *, is_prompt: bool) -> None:
    model.is_prompt = is_prompt
    model.save(update_fields=["is_prompt"])


def set_version_tag(
    *, repository: Repository, name: str, version: str, key: str, value: str, actor: Actor, door: Door = Door.WEB
) -> None:
    """The version has the tag. Raises Invalid, NotFound."""
    rules.check_version_tag(key, value)
    with transaction.atomic():
        found = hold_version(repository, name, version)
        former = ModelVersionTag.objects.filter(version=found, key=key).values_list("value", flat=True).first()
        ModelVersionTag.objects.bulk_create(
            [ModelVersionTag(version=found, key=key, value=value)],
            update_conflicts=True,
            unique_fields=["version", "key"],
            update_fields=["value"],
        )
        _note(repository, found.model, found.number, key, former, value, actor=actor, door=door)
        _announce_version_tag(repository, found, "set", {"key": key, "value": value})


def delete_version_tag(
    *, repository: Repository, name: str, version: str, key: str, actor: Actor, door: Door = Door.WEB
) -> None:
    """The version has no such tag, whether or not it had one. Raises Invalid, NotFound."""
    check_key(key)
    with transaction.atomic():
        found = hold_version(repository, name, version)
        mine = ModelVersionTag.objects.filter(version=found, key=key)
        former = mine.values_list("value", flat=True).first()
        gone, _ = mine.delete()
        _note(repository, found.model, found.number, key, former, None, actor=actor, door=door)
        if gone:
            _announce_version_tag(repository, found, "deleted", {"key": key})


def _note(
    repository: Repository,
    model: RegisteredModel,
    version: int | None,
    key: str,
    former: str | None,
    value: str | None,
    *,
    actor: Actor,
    door: Door,
) -> None:
    if former == value:
        return
    verb = "removed tag" if value is None else "set tag"
    change = {"key": key, "from": kept(former), "to": kept(value)}
    note(repository=repository, model=model, verb=verb, actor=actor, door=door, version=version, data=change)


def _announce_version_tag(repository: Repository, version: ModelVersion, action: str, about: dict[str, str]) -> None:
    entity = "prompt_version_tag" if version.model.is_prompt else "model_version_tag"
    data = {"name": version.model.name, "version": str(version.number), **about}
    announce(repository=repository, event=f"{entity}.{action}", data=data)
