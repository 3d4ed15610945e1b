"""Full text on both databases: FTS5 tables on SQLite, a tsvector and trigrams on PostgreSQL.

They are made with the other tables. Words are compared without case; `_`, `.`, `/` and `-` separate them, as in names
of files and functions. Titles weigh more than bodies. Where no word fits, titles that look alike are found by
their trigrams.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, connection, connections, transaction

TABLE = "search_searchentry"

_SQLITE = (
    f"""CREATE VIRTUAL TABLE IF NOT EXISTS search_words USING fts5(
        title, body, content='{TABLE}', content_rowid='id', prefix='2 3', tokenize='unicode61 remove_diacritics 2')""",
    f"""CREATE VIRTUAL TABLE IF NOT EXISTS search_titles USING fts5(
        title, content='{TABLE}', content_rowid='id', tokenize='trigram')""",
    f"""CREATE TRIGGER IF NOT EXISTS search_entry_in AFTER INSERT ON {TABLE} BEGIN
        INSERT INTO search_words(rowid, title, body) VALUES (new.id, new.title, new.body);
        INSERT INTO search_titles(rowid, title) VALUES (new.id, new.title); END""",
    f"""CREATE TRIGGER IF NOT EXISTS search_entry_out AFTER DELETE ON {TABLE} BEGIN
        INSERT INTO search_words(search_words, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
        INSERT INTO search_titles(search_titles, rowid, title) VALUES ('delete', old.id, old.title); END""",
    f"""CREATE TRIGGER IF NOT EXISTS search_entry_over AFTER UPDATE OF title, body ON {TABLE} BEGIN
        INSERT INTO search_words(search_words, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
        INSERT INTO search_titles(search_titles, rowid, title) VALUES ('delete', old.id, old.title);
        INSERT INTO search_words(rowid, title, body) VALUES (new.id, new.title, new.body);
        INSERT INTO search_titles(rowid, title) VALUES (new.id, new.title); END""",
)
_PLAIN = "translate({}, '_./-:', '     ')"
_POSTGRES = (
    f"""ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS words tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', {_PLAIN.format("title")}), 'A')
        || setweight(to_tsvector('simple', {_PLAIN.format("body")}), 'D')) STORED""",
    f"CREATE INDEX IF NOT EXISTS search_entry_words ON {TABLE} USING gin (words)",
)
_TRIGRAMS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE INDEX IF NOT EXISTS search_entry_titles ON {TABLE} USING gin (lower(title) gin_trgm_ops)",
)


def prepare(using: str = "default", **_: Any) -> None:
    """Make what full text needs, if it is not there. Where PostgreSQL refuses the extension, likeness is left out."""
    found = connections[using]
    statements = _POSTGRES if found.vendor == "postgresql" else _SQLITE
    with found.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    if found.vendor == "postgresql":
        try:
            with transaction.atomic(using=using), found.cursor() as cursor:
                for statement in _TRIGRAMS:
                    cursor.execute(statement)
        except DatabaseError:  # Not this hub's to make: words are found all the same.
            return


def by_words(terms: Sequence[tuple[str, ...]]) -> tuple[str, str, list[str], str]:
    """A question for all of these terms: FROM, WHERE, its parameters, and the expression that ranks (least first).

    A term is the words of a phrase; the last word of each also stands for longer ones that begin so.
    """
    if connection.vendor == "postgresql":
        text = " & ".join(
            "(" + " <-> ".join([*map(_lexeme, term[:-1]), _lexeme(term[-1]) + ":*"]) + ")" for term in terms
        )
        source = f"{TABLE} e, to_tsquery('simple', %s) q"
        return source, "e.words @@ q", [text], "-ts_rank_cd('{0.1,0.2,0.4,1.0}', e.words, q)"
    text = " AND ".join('"' + " ".join(term) + '"*' for term in terms)
    source = f"search_words w JOIN {TABLE} e ON e.id = w.rowid"
    return source, "search_words MATCH %s", [text], "bm25(search_words, 12.0, 1.0)"


def by_likeness(text: str) -> tuple[str, str, list[str], str] | None:
    """The same for titles that look like the text; None where that cannot be asked."""
    text = text.lower()[:60]
    if len(text) < 4:
        return None
    if connection.vendor == "postgresql":
        if not _has_trigrams():
            return None
        source = f"{TABLE} e, (SELECT %s::text AS t) q"
        return source, "word_similarity(q.t, lower(e.title)) > 0.45", [text], "-word_similarity(q.t, lower(e.title))"
    parts = list(dict.fromkeys(text[at : at + 3] for at in range(len(text) - 2)))
    match = " OR ".join('"' + part.replace('"', '""') + '"' for part in parts)
    source = f"search_titles w JOIN {TABLE} e ON e.id = w.rowid"
    return source, "search_titles MATCH %s", [match], "bm25(search_titles)"


def _lexeme(word: str) -> str:
    # SECURITY: quoted, so that nothing in a word is an operator of tsquery.
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _has_trigrams() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        return cursor.fetchone() is not None
