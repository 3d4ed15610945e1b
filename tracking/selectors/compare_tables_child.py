"""The confined child that joins tables of several runs row by row: a question on stdin, an answer on stdout, ends.

    question = {"descriptors": [...], "formats": [{...}, ...], "keys": [name, ...], "shown": [name, ...],
                "only": bool, "limit", "offset"}
    answer   = {"columns": [[name, [type or "", ...], differing rows or null], ...], "keys": [...], "shown": [...],
                "rows": [[[key cell, ...], differs, [[cell of each table, ...] of each column shown]], ...],
                "total", "differing", "counts": [...]} or {"error"}

Without keys, rows are joined by their number. Rows with the same key are joined in the order in which they stand.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from storage.viewers import jail
from storage.viewers.tables.child import (
    CPU_SECONDS,
    DUCKDB_MEMORY,
    MEMORY,
    lock,
    named,
    path_of,
    reading,
    shut_in,
    told,
)

CELL = 400
MOST_COLUMNS = 60
MOST_KEYS = 4
MOST_READ = 2000
SHOWN = 3
LARGEST_TABLE = 64 * 1024 * 1024
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip
INPUTS = ("inputs", "input", "question", "query", "prompt", "request", "messages", "text", "example_id", "id", "index")
"""Columns by which rows of evaluations are told apart: what was asked."""


def main() -> None:
    """Join the files. Whatever goes wrong is an answer too; only memory and time end the child silently."""
    jail.limit(memory=MEMORY, seconds=CPU_SECONDS)
    question = json.load(sys.stdin)
    import duckdb  # After the limits, before the walls: a library is many files.

    try:
        con = duckdb.connect(":memory:", config={"threads": 1, "async_threads": 0, "memory_limit": DUCKDB_MEMORY})
        jail.confine(*question["descriptors"])
        paths = [path_of(descriptor) for descriptor in question["descriptors"]]
        shut_in(con, paths)
        for at, (path, form) in enumerate(zip(paths, question["formats"], strict=True)):
            con.execute(f"CREATE VIEW v{at} AS {_reading(con, path, form)}")
        lock(con)
        answer = joined(con, len(paths), question)
    except (duckdb.Error, RuntimeError, ValueError, OSError, UnicodeError, MemoryError, KeyError) as error:
        answer = {"error": told(error)[0]}
    sys.stdout.write(json.dumps(answer, allow_nan=False, default=str))
    sys.stdout.flush()


def _reading(con: Any, path: str, form: dict[str, Any]) -> str:
    """The rows with their number in front, whatever the kind of file."""
    if form["kind"] != "split":
        return f"SELECT row_number() OVER () AS _row_, * FROM {reading(path, form)}"
    # What `mlflow.log_table` writes: {"columns": [names], "data": [[cells], ...]}.
    whole = (
        f"read_json('{path}', format='unstructured', columns={{columns: 'JSON[]', data: 'JSON[]'}},"
        f" maximum_object_size={int(form['size']) + 1024})"
    )
    found = con.execute(f"SELECT columns FROM {whole} LIMIT 1").fetchone()
    places: dict[str, tuple[int, str]] = {}
    for at, name in enumerate((found[0] if found and found[0] else [])[:MOST_READ]):
        text = json.loads(name)
        shown = text if isinstance(text, str) else json.dumps(text)
        places.setdefault(shown.lower(), (at, shown))
    cells = ", ".join(f"row ->> '$[{at}]' AS {named(name)}" for at, name in places.values())
    return (
        f"SELECT row_number() OVER () AS _row_, {cells or 'NULL AS nothing'}"
        f" FROM (SELECT unnest(data) AS row FROM {whole})"
    )


def joined(con: Any, tables: int, question: dict[str, Any]) -> dict[str, Any]:
    """The page of rows that is asked for."""
    schemas = [_columns(con, at) for at in range(tables)]
    names = list(dict.fromkeys(name for schema in schemas for name in schema))[:MOST_COLUMNS]
    keys = _keys(question["keys"], schemas)
    values = [name for name in names if name not in keys]
    for at in range(tables):
        _number(con, at, keys)
    differing = {name: _differ(name, schemas) for name in values}
    any_differs = " OR ".join(f"({test})" for test in differing.values() if test) or "false"
    source = _joined(tables, keys)
    counted = ", ".join(f"count(*) FILTER ({test or 'false'})" for test in differing.values())
    asked = f"SELECT count(*), count(*) FILTER ({any_differs}){', ' + counted if counted else ''} FROM {source}"
    total, apart, *by_column = con.execute(asked).fetchone()
    counts = dict(zip(values, by_column, strict=True))
    shown = [name for name in question["shown"] if name in values][:8] or _most(values, counts)
    cells = [_cell(_same_kind(at, name, schemas)) for name in shown for at in range(tables)]
    heads = [
        _cell(f"coalesce({_each(tables, lambda at, key=key: f'CAST(t{at}.{named(key)} AS VARCHAR)')})") for key in keys
    ]
    first = f"coalesce({_each(tables, lambda at: f't{at}._row_')})"
    rows = con.execute(
        f"SELECT {first}, {any_differs}, {', '.join([*heads, *cells]) or 'NULL'} FROM {source}"
        f"{f' WHERE {any_differs}' if question['only'] else ''} ORDER BY 1, {_each(tables, lambda at: f't{at}._row_')}"
        f" LIMIT {int(question['limit'])} OFFSET {int(question['offset'])}"
    ).fetchall()
    return {
        "columns": [
            [name[:200], [schema.get(name, "")[:60] for schema in schemas], counts.get(name)] for name in names
        ],
        "keys": [key[:200] for key in keys],
        "shown": [name[:200] for name in shown],
        "rows": [_row(row, len(keys), len(shown), tables) for row in rows],
        "total": total,
        "differing": apart,
        "counts": [con.execute(f"SELECT count(*) FROM n{at}").fetchone()[0] for at in range(tables)],
    }


def _columns(con: Any, at: int) -> dict[str, str]:
    return {
        str(row[0]): str(row[1])
        for row in con.execute(f"DESCRIBE v{at}").fetchall()
        if row[0] not in ("_row_", "_nth_")
    }


def _keys(asked: list[str], schemas: list[dict[str, str]]) -> list[str]:
    """The columns asked for that all tables have; a single empty name stands for the number of the row."""
    if asked == [""]:
        return []
    shared = [name for name in schemas[0] if all(name in schema for schema in schemas)]
    if asked:
        return [name for name in asked if name in shared][:MOST_KEYS]
    by_name = {name.lower(): name for name in reversed(shared)}
    found = next((by_name[word] for word in INPUTS if word in by_name), None)
    inputs = [name for name in shared if name.lower().startswith(("inputs/", "inputs."))][:MOST_KEYS]
    return [found] if found else inputs


def _number(con: Any, at: int, keys: list[str]) -> None:
    """Rows with the same key are numbered, so that the second meets the second."""
    by = ", ".join(f"CAST({named(key)} AS VARCHAR)" for key in keys)
    nth = f"row_number() OVER (PARTITION BY {by} ORDER BY _row_)" if keys else "_row_"
    con.execute(f"CREATE TABLE n{at} AS SELECT *, {nth} AS _nth_ FROM v{at}")


def _joined(tables: int, keys: list[str]) -> str:
    """All tables joined to the keys of all."""
    names = [f"k{at}" for at in range(len(keys))]
    pairs = list(zip(keys, names, strict=True))
    each = ", ".join([*(f"CAST({named(key)} AS VARCHAR) AS {name}" for key, name in pairs), "_nth_"])
    all_keys = " UNION ".join(f"SELECT {each} FROM n{at}" for at in range(tables))
    text = f"({all_keys}) AS every"
    for at in range(tables):
        tests = [f"every._nth_ = t{at}._nth_"]
        for key, name in pairs:
            tests.append(f"every.{name} IS NOT DISTINCT FROM CAST(t{at}.{named(key)} AS VARCHAR)")
        text += f" LEFT JOIN n{at} AS t{at} ON {' AND '.join(tests)}"
    return text


def _differ(name: str, schemas: list[dict[str, str]]) -> str:
    """Whether the tables that have the column do not agree; numbers are compared as such. "" with fewer than two."""
    having = [at for at, schema in enumerate(schemas) if name in schema]
    if len(having) < 2:
        return ""
    numbers = all(schemas[at][name].startswith(_NUMBERS) for at in having)
    kind = "DOUBLE" if numbers else "VARCHAR"
    parts = [f"CAST(t{at}.{named(name)} AS {kind})" for at in having]
    return " OR ".join(f"{parts[0]} IS DISTINCT FROM {part}" for part in parts[1:])


def _same_kind(at: int, name: str, schemas: list[dict[str, str]]) -> str:
    """A column of one table, written as the others write it: 1 beside 1.5 becomes 1.0."""
    kinds = {schema[name] for schema in schemas if name in schema}
    if name not in schemas[at]:
        return "NULL"
    mixed = len(kinds) > 1 and all(kind.startswith(_NUMBERS) for kind in kinds)
    return f"CAST(t{at}.{named(name)} AS DOUBLE)" if mixed else f"t{at}.{named(name)}"


def _most(values: list[str], counts: dict[str, int]) -> list[str]:
    """The columns in which most rows differ; the first ones where nothing does."""
    apart = sorted((name for name in values if counts[name]), key=lambda name: -counts[name])
    return [name for name in values if name in apart[:SHOWN]] or values[:SHOWN]


def _row(row: Any, keys: int, shown: int, tables: int) -> list[Any]:
    cells = row[2 + keys :]
    return [
        [str(row[0])] if not keys else list(row[2 : 2 + keys]),
        bool(row[1]),
        [list(cells[at * tables : (at + 1) * tables]) for at in range(shown)],
    ]


def _cell(expression: str) -> str:
    return f"left(CAST({expression} AS VARCHAR), {CELL + 1})"


def _each(tables: int, write: Any) -> str:
    return ", ".join(write(at) for at in range(tables))
