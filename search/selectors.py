"""Questions to the index; what an actor may not see is not in any answer, count or suggestion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from accounts.actor import Actor
from accounts.models import Owner
from repos.models import Repository
from search import engine
from search.models import Kind, SearchEntry
from search.query import Query
from search.sources.tables import ALIVE

PER_PAGE = 20
MOST_PAGES = 50
COUNTED = 5000
EXCERPT = 220
_COLUMNS = ("id", "kind", "title", "url", "icon", "facts", "body", "repository_id", "changed_at")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; `hit` where it is a word that was looked for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found. `repository` is owner/name, "" for people; `url` the path of its page."""

    kind: str
    title: tuple[Piece, ...]
    url: str
    icon: str
    facts: str
    repository: str
    excerpt: tuple[Piece, ...]
    changed_at: int

    @property
    def name(self) -> str:
        """The title as text."""
        return "".join(piece.text for piece in self.title)


@dataclass(frozen=True, slots=True)
class Results:
    """A page of hits, and how many there are by kind, COUNTED in all at most.

    `is_like`: nothing has the words; these are titles that look alike.
    """

    hits: list[Hit]
    counts: dict[str, int]
    has_next: bool
    is_like: bool = False

    @property
    def total(self) -> int:
        """Of all kinds."""
        return sum(self.counts.values())


def find(actor: Actor, query: Query, *, page: int = 1, limit: int = PER_PAGE, counting: bool = True) -> Results:
    """What holds all the words, the best first; people among them. Empty for a query without words."""
    if not query.terms:
        return Results([], {}, False)
    found = _asked(actor, query, engine.by_words(query.terms), page, limit, counting)
    people = people_like(query.text, limit=limit) if query.kind in ("", Kind.PERSON) and not query.repository else []
    if query.kind == Kind.PERSON:
        return Results(people, {Kind.PERSON: len(people)}, False)
    if people:
        found.counts[Kind.PERSON] = len(people)
    if found.hits or found.counts or page > 1:
        return found
    alike = engine.by_likeness(query.text)
    if alike is None:
        return found
    like = _asked(actor, query, alike, 1, limit, False)
    return Results(like.hits, {}, False, is_like=bool(like.hits))


def _asked(
    actor: Actor, query: Query, asked: tuple[str, str, list[str], str], page: int, limit: int, counting: bool
) -> Results:
    source, match, match_params, rank = asked
    where, params = _bounds(actor, query)
    columns = ", ".join(f"e.{column}" for column in _COLUMNS)
    kind, kind_params = ("AND e.kind = %s", [query.kind]) if query.kind else ("", [])
    offset = (page - 1) * limit
    in_from = match_params if "%s" in source else []
    in_where = [] if in_from else match_params
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM {source} WHERE {match} AND {where} {kind}"
            f" ORDER BY {rank}, e.changed_at DESC, e.id DESC LIMIT %s OFFSET %s",
            [*in_from, *in_where, *params, *kind_params, limit + 1, offset],
        )
        rows = cursor.fetchall()
        counts: dict[str, int] = {}
        if counting:
            cursor.execute(
                f"SELECT kind, count(*) FROM (SELECT e.kind FROM {source} WHERE {match} AND {where}"
                f" LIMIT {COUNTED}) n GROUP BY kind",
                [*in_from, *in_where, *params],
            )
            counts = {str(each): int(count) for each, count in cursor.fetchall()}
    return Results(_hits(rows[:limit], query.words), counts, len(rows) > limit)


def _bounds(actor: Actor, query: Query) -> tuple[str, list[Any]]:
    """What keeps an actor to what they may see, and a query to where it looks, as SQL over `e`."""
    rows = Repository.objects.visible_to(actor)
    if query.repository:
        owner, _, name = query.repository.partition("/")
        rows = rows.filter(owner__slug__iexact=owner, name__iexact=name)
    if query.owner:
        rows = rows.filter(owner__slug__iexact=query.owner)
    # SECURITY: the same rule as at the door, inside of the question: no filter afterwards that could be forgotten.
    visible, params = rows.order_by().values("pk").query.sql_with_params()
    parts = [f"e.repository_id IN ({visible})"]
    for kind, (model, gone) in ALIVE.items():
        alive = f" AND t.{gone} IS NULL" if gone else ""
        table = model._meta.db_table
        parts.append(f"(e.kind <> '{kind.value}' OR EXISTS (SELECT 1 FROM {table} t WHERE t.id = e.object_id{alive}))")
    return " AND ".join(parts), list(params)


def _hits(rows: Sequence[tuple[Any, ...]], words: Sequence[str]) -> list[Hit]:
    found = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    wanted = {row["repository_id"] for row in found}
    names = {
        pk: f"{owner}/{name}"
        for pk, owner, name in Repository.objects.filter(pk__in=wanted).values_list("pk", "owner__slug", "name")
    }
    return [
        Hit(
            kind=str(row["kind"]),
            title=marked(str(row["title"]), words),
            url=f"/{names[row['repository_id']]}{row['url']}",
            icon=str(row["icon"]),
            facts=str(row["facts"]),
            repository=names[row["repository_id"]],
            excerpt=excerpt(str(row["body"]), words),
            changed_at=int(str(row["changed_at"])),
        )
        for row in found
        if row["repository_id"] in names
    ]


def people_like(text: str, *, limit: int) -> list[Hit]:
    """People and organisations whose name or displayed name holds the text."""
    text = text.strip().strip('"')
    if not text:
        return []
    rows = Owner.objects.select_related("user", "organization").exclude(user__is_active=False)
    named = Q(slug__icontains=text) | Q(user__full_name__icontains=text) | Q(organization__display_name__icontains=text)
    return [
        Hit(
            kind=Kind.PERSON,
            title=marked(row.slug, [text.casefold()]),
            url=row.get_absolute_url(),
            icon="building-2" if row.is_organization else "user",
            facts="" if row.display_name == row.slug else row.display_name,
            repository="",
            excerpt=(),
            changed_at=0,
        )
        for row in rows.filter(named).order_by("slug")[:limit]
    ]


def is_indexed() -> bool:
    """Whether anything has been read yet."""
    return SearchEntry.objects.exists()


def marked(text: str, words: Sequence[str]) -> tuple[Piece, ...]:
    """A text cut at the words that were looked for."""
    if not words:
        return (Piece(text, False),)
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    found, at = [], 0
    for match in pattern.finditer(text):
        if match.start() > at:
            found.append(Piece(text[at : match.start()], False))
        found.append(Piece(match[0], True))
        at = match.end()
    if at < len(text):
        found.append(Piece(text[at:], False))
    return tuple(found)


def excerpt(body: str, words: Sequence[str]) -> tuple[Piece, ...]:
    """A few words of a body around the first that was looked for; nothing when none of them is in it."""
    folded = body.casefold() if len(body.casefold()) == len(body) else body.lower()
    places = [folded.find(word) for word in words]
    first = min((place for place in places if place >= 0), default=-1)
    if first < 0 or len(folded) != len(body):
        return ()
    start = max(0, first - 60)
    if start:
        start = body.rfind(" ", max(0, start - 20), first) + 1 or start
    shown = " ".join(body[start : start + EXCERPT].split())
    ends = "…" if start + EXCERPT < len(body) else ""
    return marked(("…" if start else "") + shown + ends, words)
