"""Who did what to a model and when, from the rows of Activity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce

from registry.models import RegisteredModel
from repos.models import Activity

PER_PAGE = 50
LOOKED_AT = 5000
_ICONS = {
    "registered model": "box",
    "created prompt": "message-square-text",
    "registered version": "layers",
    "renamed model": "pencil",
    "set alias": "at-sign",
    "removed alias": "at-sign",
    "changed stage": "milestone",
    "deleted version": "trash-2",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done: by whom ("" when that account is gone), in words, and when."""

    key: int
    icon: str
    who: str
    words: str
    when: datetime


def history_of(model: RegisteredModel, *, before: int | None = None) -> tuple[list[Event], bool]:
    """The latest events of a model that are older than the one with the key `before`; and whether there are more."""
    rows = _about(model)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PER_PAGE + 1])
    return [_event(row) for row in found[:PER_PAGE]], len(found) > PER_PAGE


def latest_of(model: RegisteredModel, *, most: int) -> list[Event]:
    """The latest events of a model, as far as they are among the latest LOOKED_AT of its repository.

    Activity is found by repository only: a model that nobody touches must not cost a walk through all of it.
    """
    oldest = Activity.objects.filter(repository=model.repository_id).order_by("-id").values("pk")
    rows = _about(model).filter(pk__gte=Coalesce(Subquery(oldest[LOOKED_AT : LOOKED_AT + 1]), 0))
    return [_event(row) for row in rows[:most]]


def _about(model: RegisteredModel) -> QuerySet[Activity]:
    rows = Activity.objects.filter(repository=model.repository_id, verb__in=list(_ICONS), data__model_id=model.pk)
    return rows.select_related("user").order_by("-id")


def _event(row: Activity) -> Event:
    who = row.user.username if row.user else ""
    return Event(row.pk, _ICONS[row.verb], who, _words(row.verb, row.data), row.created_at)


def _words(verb: str, data: dict[str, object]) -> str:
    version, former = data.get("version"), data.get("from")
    if verb == "set alias":
        moved = f", from version {former}" if former and former != version else ""
        return f"set @{data.get('alias')} to version {version}{moved}"
    if verb == "removed alias":
        return f"removed @{data.get('alias')} from version {former}"
    if verb == "changed stage":
        others = data.get("archived")
        listed = ", ".join(str(number) for number in others) if isinstance(others, list) else ""
        more = f"; archived version{'s' if ',' in listed else ''} {listed}" if listed else ""
        return f"moved version {version} from {former} to {data.get('to')}{more}"
    if verb == "renamed model":
        return f"renamed it from {former} to {data.get('to')}"
    if verb in ("registered version", "deleted version"):
        return f"{verb.partition(' ')[0]} version {version}"
    return verb
