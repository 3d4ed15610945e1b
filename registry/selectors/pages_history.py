"""Who did what to models, when and by which door: the trail, narrowed, page by page or as a whole."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from hub.lib.errors import Invalid
from registry.models import Door, ModelEvent, RegisteredModel
from registry.selectors.history_words import CHANGES, ICONS, KINDS, words_of
from repos.models import Repository

PER_PAGE = 50
_HEAD = ("time", "who", "door", "model", "version", "what", "in words", "details")
# SECURITY: a spreadsheet runs cells that begin like this as formulas; texts of other people go into them.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """What somebody looks for in a trail; raises Invalid when made from words it does not know."""

    kind: str = ""
    who: str = ""
    door: str = ""

    def __post_init__(self) -> None:
        if self.kind and self.kind not in KINDS:
            raise Invalid(f"Narrow the history to one of {', '.join(KINDS)}.", field="kind")
        if self.door and self.door not in Door.values:
            raise Invalid(f"A door is one of {', '.join(Door.values)}.", field="door")
        if len(self.who) > 150 or "\0" in self.who:
            raise Invalid("Nobody has a name like this.", field="who")

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out."""
        return bool(self.kind or self.who or self.door)


@dataclass(frozen=True, slots=True)
class Event:
    """One change: by whom ("" for nobody who has an account), in words, when, by which door ("" when not known).

    `changes` are (what, before, after), None where there was or is nothing; `notes` what people said of it and what
    gates said; `model` and `version` what it is about; `request` the number of a promotion, 0 for none.
    """

    key: int
    icon: str
    who: str
    words: str
    when: datetime
    door: str
    model: str
    model_key: int | None
    version: int | None
    request: int
    changes: list[tuple[str, str | None, str | None]]
    notes: list[tuple[str, str]]


def history_of(
    about: RegisteredModel | Repository, query: HistoryQuery = HistoryQuery(), *, before: int | None = None
) -> tuple[list[Event], bool]:
    """The latest events of a model, or of all models of a repository, older than the one with the key `before`.

    With them: whether there are more.
    """
    rows = _about(about, query)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PER_PAGE + 1])
    return [_event(row) for row in found[:PER_PAGE]], len(found) > PER_PAGE


def latest_of(model: RegisteredModel, *, most: int) -> list[Event]:
    """The latest events of a model."""
    return [_event(row) for row in _about(model, HistoryQuery())[:most]]


def history_as_csv(about: RegisteredModel | Repository, query: HistoryQuery) -> Iterator[str]:
    """The whole trail as CSV, the oldest event first."""
    yield _csv_line(_HEAD)
    for row in _oldest_first(about, query):
        event = _event(row)
        version = row.version or ""
        details = json.dumps(row.data, ensure_ascii=False, sort_keys=True)
        yield _csv_line(
            (row.done_at.isoformat(), event.who, row.door, row.model_name, version, row.verb, event.words, details)
        )


def history_as_json(about: RegisteredModel | Repository, query: HistoryQuery) -> Iterator[str]:
    """The whole trail as JSON Lines in a list, the oldest event first."""
    glue = "["
    for row in _oldest_first(about, query):
        entry = {
            "time": row.done_at.isoformat(),
            "who": row.user_name,
            "door": row.door,
            "model": row.model_name,
            "version": row.version,
            "what": row.verb,
            "details": row.data,
        }
        yield f"{glue}\n{json.dumps(entry, ensure_ascii=False)}"
        glue = ","
    yield "[]\n" if glue == "[" else "\n]\n"


def _about(about: RegisteredModel | Repository, query: HistoryQuery) -> QuerySet[ModelEvent]:
    if isinstance(about, RegisteredModel):
        rows = ModelEvent.objects.filter(repository=about.repository_id, model_key=about.pk)
    else:
        rows = ModelEvent.objects.filter(repository=about)
    if query.kind:
        rows = rows.filter(verb__in=KINDS[query.kind])
    if query.who:
        rows = rows.filter(user_name__iexact=query.who)
    if query.door:
        rows = rows.filter(door=query.door)
    return rows.order_by("-pk")


def _oldest_first(about: RegisteredModel | Repository, query: HistoryQuery) -> Iterator[ModelEvent]:
    return _about(about, query).order_by("pk").iterator(chunk_size=1000)


def _csv_line(cells: tuple[object, ...]) -> str:
    line = io.StringIO()
    texts = [str(cell) for cell in cells]
    csv.writer(line).writerow([f"'{text}" if text.startswith(_FORMULA) else text for text in texts])
    return line.getvalue()


def _event(row: ModelEvent) -> Event:
    request = row.data.get("request")
    return Event(
        key=row.pk,
        icon=ICONS.get(row.verb, "activity"),
        who=row.user_name,
        words=words_of(row.verb, row.version, row.data),
        when=row.done_at,
        door=Door(row.door).label if row.door else "",
        model=row.model_name,
        model_key=row.model_key,
        version=row.version,
        request=request if isinstance(request, int) else 0,
        changes=_changes(row),
        notes=_notes(row.data),
    )


def _changes(row: ModelEvent) -> list[tuple[str, str | None, str | None]]:
    """What a text was and is; for a rule, each thing it says that has changed."""
    before, after = row.data.get("from"), row.data.get("to")
    if row.verb in CHANGES:
        return [(CHANGES[row.verb], before, after)]
    if not isinstance(before, dict) and not isinstance(after, dict):
        return []
    old, new = before or {}, after or {}
    keys = [key for key in ("approvals", "level", "gates") if old.get(key) != new.get(key)]
    return [(key, _shown(old.get(key)), _shown(new.get(key))) for key in keys]


def _shown(value: object) -> str | None:
    return "\n".join(map(str, value)) if isinstance(value, list) else None if value is None else str(value)


def _notes(data: dict[str, object]) -> list[tuple[str, str]]:
    """What people said, whom the approvals came from, and what each gate said."""
    found = [(key, str(data[key])) for key in ("reason", "comment") if data.get(key)]
    people, gates = data.get("approved_by"), data.get("gates")
    if isinstance(people, list) and people:
        found.append(("approved by", ", ".join(map(str, people))))
    for gate in gates if isinstance(gates, list) else []:
        if isinstance(gate, dict):
            found.append(("passed" if gate.get("passed") else "not passed", str(gate.get("words", ""))))
    return found
