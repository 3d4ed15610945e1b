"""Creates versions with numbers that never collide, describes them, moves them between stages, deletes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from accounts.actor import Actor
from hub.lib.errors import Invalid, NotFound
from registry import rules
from registry.models import Door, ModelVersion, ModelVersionTag, Promotion, RegisteredModel, Stage, Target
from registry.selectors.versions import model_not_found
from registry.services.events import announce, plain_tags
from registry.services.governing import permit_loss, refuse_governed
from registry.services.holding import hold_version
from registry.services.models import user_name
from registry.services.sources import Origin, origin_of, prompt_origin
from registry.services.trail import kept as trailed
from registry.services.trail import note
from repos.models import Repository
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
    door: Door = Door.WEB,
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
        _note(repository, version, "registered version", actor=actor, door=door)
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


def describe_model_version(
    *, repository: Repository, name: str, version: str, description: str, actor: Actor, door: Door = Door.WEB
) -> ModelVersion:
    """The version has the description, an empty one included. Raises Invalid, NotFound."""
    rules.check_description(description)
    with transaction.atomic():
        found = hold_version(repository, name, version)
        former, found.description = found.description, description
        found.updated_at = now_ms()
        found.save(update_fields=["description", "updated_at"])
        if former != description:
            note(
                repository=repository, model=found.model, verb="described version", actor=actor, door=door,
                version=found.number, data={"from": trailed(former), "to": trailed(description)},
            )  # fmt: skip
    return found


def transition_stage(
    *,
    repository: Repository,
    name: str,
    version: str,
    stage: str,
    archive_existing: bool = False,
    actor: Actor,
    door: Door = Door.WEB,
    reason: str = "",
) -> ModelVersion:
    """The version is in the stage; with `archive_existing`, others that were there are archived.

    Raises Invalid for an unknown stage, or one whose others cannot be archived; NotFound; Governed when a rule wants a
    request for that stage or for archiving, or governs the one it would leave and no administrator says why (`reason`).
    """
    wanted = check_stage(stage, archive_existing=archive_existing)
    with transaction.atomic():
        found = hold_version(repository, name, version)
        because: dict[str, str] = {}
        if found.stage != wanted:
            refuse_governed(found, Target.STAGE, wanted)
            because = permit_loss(
                repository=repository, model=found.model, places=[(Target.STAGE, found.stage)],
                deed=f"Taking version {found.number} out of {found.stage}", actor=actor, reason=reason,
            )  # fmt: skip
        elif archive_existing:
            refuse_governed(found, Target.STAGE, wanted)
        if archive_existing:
            refuse_archiving(found, wanted)
        move_to_stage(repository, found, wanted, archive=archive_existing, actor=actor, door=door, **because)
    return found


def check_stage(stage: str, *, archive_existing: bool) -> Stage:
    """A stage that may be asked for; raises Invalid."""
    wanted = rules.parse_stage(stage)
    if archive_existing and wanted not in ACTIVE_STAGES:
        raise Invalid(
            "Model version transition cannot archive existing model versions because "
            f"'{stage}' is not an Active stage. Valid stages are {ACTIVE_STAGES}",
            field="archive_existing_versions",
        )
    return wanted


def refuse_archiving(version: ModelVersion, stage: str) -> None:
    """Raises Governed when others are in the stage and a rule says how versions of the model are archived."""
    other = _others(version, stage).first()
    if other is not None:
        refuse_governed(other, Target.STAGE, Stage.ARCHIVED)


def _others(version: ModelVersion, stage: str) -> QuerySet[ModelVersion]:
    return version.model.versions.filter(stage=stage, deleted_at__isnull=True).exclude(pk=version.pk)


def move_to_stage(
    repository: Repository, version: ModelVersion, stage: Stage, *, archive: bool, actor: Actor, door: Door,
    **because: Any,
) -> None:  # fmt: skip
    """Move a version whose model is held into a stage; `because` is noted with it."""
    archived: list[int] = []
    version.updated_at = version.model.updated_at = now_ms()
    if archive:
        others = _others(version, stage)
        archived = list(others.values_list("number", flat=True))
        others.update(stage=Stage.ARCHIVED, updated_at=version.updated_at)
    change = {"from": version.stage, "to": stage.value, "archived": archived}
    version.stage = stage
    version.save(update_fields=["stage", "updated_at"])
    version.model.save(update_fields=["updated_at"])
    _note(repository, version, "changed stage", actor=actor, door=door, **change, **because)


def delete_model_version(
    *, repository: Repository, name: str, version: str, actor: Actor, door: Door = Door.WEB, reason: str = ""
) -> None:
    """The version is hidden, its aliases are gone, requests for it are at an end, its number is never given again.

    Raises Invalid, NotFound; Governed when a rule governs what it holds (see governing.py).
    """
    with transaction.atomic():
        found = hold_version(repository, name, version)
        because = permit_loss(
            repository=repository, model=found.model, version=found, deed=f"Deleting version {found.number}",
            actor=actor, reason=reason,
        )  # fmt: skip
        found.deleted_at = found.updated_at = found.model.updated_at = now_ms()
        found.save(update_fields=["deleted_at", "updated_at"])
        lost = sorted(found.aliases.values_list("name", flat=True))
        found.aliases.all().delete()
        found.model.save(update_fields=["updated_at"])
        Promotion.objects.filter(version=found, state__in=Promotion.WAITING).update(
            state=Promotion.State.WITHDRAWN, closed_at=found.deleted_at, closed_name=actor.name,
            closing="The version was deleted.",
        )  # fmt: skip
        _note(repository, found, "deleted version", actor=actor, door=door, aliases=lost, **because)


def _note(repository: Repository, version: ModelVersion, verb: str, *, actor: Actor, door: Door, **data: Any) -> None:
    note(
        repository=repository, model=version.model, verb=verb, actor=actor, door=door, version=version.number,
        subject=f"{version.model.name} v{version.number}", data=data,
    )  # fmt: skip
