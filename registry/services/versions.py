"""Creates versions with numbers that never collide, describes them, moves them between stages, deletes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.actor import Actor
from hub.lib.errors import Invalid, NotFound
from registry import rules
from registry.models import ModelVersion, ModelVersionTag, RegisteredModel, Stage
from registry.selectors.versions import model_not_found
from registry.services.events import announce, plain_tags
from registry.services.holding import hold_version
from registry.services.models import user_name
from registry.services.sources import Origin, origin_of, prompt_origin
from repos.models import Repository
from repos.services import activity
from tracking.clock import now_ms
from tracking.services.logged_models import append_to_model_list

ACTIVE_STAGES = [Stage.STAGING.value, Stage.PRODUCTION.value]
MODEL_VERSIONS = "mlflow.modelVersions"


def create_model_version(
    *,
    repository: Repository,
    name: str,
    source: str,
    run_id: str | None = None,
    model_id: str | None = None,
    run_link: str = "",
    description: str = "",
    tags: Sequence[rules.Pair] = (),
    actor: Actor,
) -> ModelVersion:
    """The next version of a model, ready at once.

    What `source` may be is told in services/sources.py. A version of a logged model is noted on that model, too.
    Raises Invalid, NotFound for the model or what the source names.
    """
    rules.check_model_name(name)
    kept = dict(rules.check_version_tag(key, value) for key, value in tags)
    rules.check_description(description)
    rules.check_link(run_link, path="run_link")
    is_prompt = rules.marks_prompt(kept.items())
    with transaction.atomic():
        # Taken first, and by one statement: parallel calls queue up here, and each sees another number.
        model = _next_number(repository, name)
        origin = prompt_origin(source, run_id) if is_prompt else origin_of(repository, source, run_id, model_id)
        version = _insert(model, origin, run_link=run_link, description=description, actor=actor)
        ModelVersionTag.objects.bulk_create(
            ModelVersionTag(version=version, key=key, value=value) for key, value in kept.items()
        )
        if origin.logged_model_uuid:
            _note_on_logged_model(repository, version, must=not origin.copied)
        data = {"model": name, "model_id": model.pk, "version": version.number}
        subject = f"{name} v{version.number}"
        activity.record(actor=actor, repository=repository, verb="registered version", subject=subject, data=data)
        _announce_created(repository, version, kept, is_prompt=is_prompt)
    return version


def _next_number(repository: Repository, name: str) -> RegisteredModel:
    mine = RegisteredModel.objects.filter(repository=repository, name=name)
    if not mine.update(last_version=F("last_version") + 1, updated_at=now_ms()):
        raise model_not_found(name)
    return mine.get()


def _insert(model: RegisteredModel, origin: Origin, *, run_link: str, description: str, actor: Actor) -> ModelVersion:
    return ModelVersion.objects.create(
        model=model,
        number=model.last_version,
        source=origin.source,
        storage_location=origin.storage_location,
        run_uuid=origin.run_uuid,
        logged_model_uuid=origin.logged_model_uuid,
        run_link=run_link,
        description=description,
        user_name=user_name(actor),
        created_by=actor.user,
        created_at=model.updated_at,
        updated_at=model.updated_at,
    )


def _note_on_logged_model(repository: Repository, version: ModelVersion, *, must: bool) -> None:
    """The logged model's list of versions has this one. A copy may outlive the logged model it came from."""
    item = {"name": version.model.name, "version": str(version.number)}
    uuid = version.logged_model_uuid
    try:
        append_to_model_list(repository=repository, model_id=uuid, key=MODEL_VERSIONS, item=item)
    except NotFound:
        if must:
            raise


def _announce_created(
    repository: Repository, version: ModelVersion, tags: Mapping[str, str], *, is_prompt: bool
) -> None:
    about = {"name": version.model.name, "version": str(version.number), "description": version.description or None}
    if is_prompt:
        more = {"template": tags.get(rules.PROMPT_TEXT), "tags": plain_tags(tags.items(), rules.PROMPT_TEXT)}
        announce(repository=repository, event="prompt_version.created", data={**about, **more})
    else:
        where = {"source": version.source, "run_id": version.run_uuid or None, "tags": dict(tags)}
        announce(repository=repository, event="model_version.created", data={**about, **where})


def describe_model_version(*, repository: Repository, name: str, version: str, description: str) -> ModelVersion:
    """The version has the description, an empty one included. Raises Invalid, NotFound."""
    rules.check_description(description)
    with transaction.atomic():
        found = hold_version(repository, name, version)
        found.description = description
        found.updated_at = now_ms()
        found.save(update_fields=["description", "updated_at"])
    return found


def transition_stage(
    *, repository: Repository, name: str, version: str, stage: str, archive_existing: bool = False, actor: Actor
) -> ModelVersion:
    """The version is in the stage; with `archive_existing`, others that were there are archived.

    Raises Invalid for an unknown stage, or one whose others cannot be archived; NotFound.
    """
    wanted = rules.parse_stage(stage)
    if archive_existing and wanted not in ACTIVE_STAGES:
        raise Invalid(
            "Model version transition cannot archive existing model versions because "
            f"'{stage}' is not an Active stage. Valid stages are {ACTIVE_STAGES}",
            field="archive_existing_versions",
        )
    archived: list[int] = []
    with transaction.atomic():
        found = hold_version(repository, name, version)
        found.updated_at = found.model.updated_at = now_ms()
        if archive_existing:
            others = found.model.versions.filter(stage=wanted, deleted_at__isnull=True).exclude(pk=found.pk)
            archived = list(others.values_list("number", flat=True))
            others.update(stage=Stage.ARCHIVED, updated_at=found.updated_at)
        data = _about(found) | {"from": found.stage, "to": wanted.value, "archived": archived}
        found.stage = wanted
        found.save(update_fields=["stage", "updated_at"])
        found.model.save(update_fields=["updated_at"])
        subject = f"{name} v{found.number}"
        activity.record(actor=actor, repository=repository, verb="changed stage", subject=subject, data=data)
    return found


def delete_model_version(*, repository: Repository, name: str, version: str, actor: Actor) -> None:
    """The version is hidden, its aliases are gone, its number is never given again. Raises Invalid, NotFound."""
    with transaction.atomic():
        found = hold_version(repository, name, version)
        found.deleted_at = found.updated_at = found.model.updated_at = now_ms()
        found.save(update_fields=["deleted_at", "updated_at"])
        data = _about(found) | {"aliases": sorted(found.aliases.values_list("name", flat=True))}
        found.aliases.all().delete()
        found.model.save(update_fields=["updated_at"])
        subject = f"{name} v{found.number}"
        activity.record(actor=actor, repository=repository, verb="deleted version", subject=subject, data=data)


def _about(version: ModelVersion) -> dict[str, Any]:
    """What a row of Activity says of a version: the key of the model too, since names change hands."""
    return {"model": version.model.name, "model_id": version.model_id, "version": version.number}
