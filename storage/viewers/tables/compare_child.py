"""The confined child that compares two versions of a table: a question on stdin, an answer on stdout, ends.

    question = {"descriptors": [old, new], "formats": [{...}, {...}]}
    answer   = {"columns": [[name, old type, new type], ...], "counts": [old, new], "key", "added", "removed",
                "changed", "rows": [[status, {column: [old, new]}], ...]} or {"error"}

Rows are matched by a column that is different in every row of both, where there is one; else whole rows are counted.
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

SHOWN = 100
CELL = 120
MOST_COLUMNS = 500
KEY_CANDIDATES = 6
_KEY_TYPES = ("VARCHAR", "UUID", "DATE", "TIMESTAMP", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "U")


def main() -> None:
    """Compare the two files. Whatever goes wrong is an answer too; only memory and time end the child silently."""
    jail.limit(memory=MEMORY, seconds=CPU_SECONDS)
    question = json.load(sys.stdin)
    import duckdb  # After the limits, before the walls: a library is many files.

    try:
        con = duckdb.connect(":memory:", config={"threads": 1, "async_threads": 0, "memory_limit": DUCKDB_MEMORY})
        jail.confine(*question["descriptors"])
        paths = [path_of(descriptor) for descriptor in question["descriptors"]]
        shut_in(con, paths)
        for name, path, form in zip(("old", "new"), paths, question["formats"], strict=True):
            con.execute(f"CREATE VIEW {name}_data AS SELECT * FROM {reading(path, form)}")
        lock(con)
        answer = compare(con)
    except (duckdb.Error, RuntimeError, ValueError, OSError, UnicodeError, MemoryError) as error:
        answer = {"error": told(error)[0]}
    sys.stdout.write(json.dumps(answer, allow_nan=False, default=str))
    sys.stdout.flush()


def compare(con: Any) -> dict[str, Any]:
    """The schemas side by side, and the rows of the columns that both have."""
    old, new = _columns(con, "old_data"), _columns(con, "new_data")
    columns = [[name[:200], kind, new.get(name, "")] for name, kind in old.items()]
    columns += [[name[:200], "", kind] for name, kind in new.items() if name not in old]
    counts = [_one(con, f"SELECT count(*) FROM {name}_data") for name in ("old", "new")]
    shared = [name for name in old if name in new][:MOST_COLUMNS]
    found: dict[str, Any] = {"columns": columns[:MOST_COLUMNS], "counts": counts, "key": None}
    if not shared:
        return {**found, "added": counts[1], "removed": counts[0], "changed": 0, "rows": []}
    key = next((name for name in _candidates(shared, old, new) if _is_key(con, name)), None)
    return {**found, **(_by_rows(con, shared) if key is None else _by_key(con, key, shared))}


def _columns(con: Any, view: str) -> dict[str, str]:
    return {str(row[0]): str(row[1])[:200] for row in con.execute(f"DESCRIBE {view}").fetchall()}


def _one(con: Any, sql: str) -> int:
    return int(con.execute(sql).fetchone()[0])


def _candidates(shared: list[str], old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Columns that may tell rows apart: what is called so first, then the first ones."""
    fit = [name for name in shared if old[name] == new[name] and old[name].startswith(_KEY_TYPES)]
    by_name = [name for name in fit if name.lower() in ("id", "key", "uuid", "index") or name.lower().endswith("id")]
    return (by_name + [name for name in fit if name not in by_name])[:KEY_CANDIDATES]


def _is_key(con: Any, name: str) -> bool:
    column = named(name)
    for view in ("old_data", "new_data"):
        rows, full, distinct = con.execute(
            f"SELECT count(*), count({column}), count(DISTINCT {column}) FROM {view}"
        ).fetchone()
        if not rows == full == distinct:
            return False
    return True


def _by_key(con: Any, key: str, shared: list[str]) -> dict[str, Any]:
    column, others = named(key), [name for name in shared if name != key]
    joined = f"FROM old_data AS o FULL JOIN new_data AS n ON o.{column} = n.{column}"
    differ = " OR ".join(f"o.{named(name)} IS DISTINCT FROM n.{named(name)}" for name in others) or "false"
    status = f"CASE WHEN o.{column} IS NULL THEN 'added' WHEN n.{column} IS NULL THEN 'removed' ELSE 'changed' END"
    apart = f"o.{column} IS NULL OR n.{column} IS NULL OR {differ}"
    counts = dict(con.execute(f"SELECT {status}, count(*) {joined} WHERE {apart} GROUP BY 1").fetchall())
    cells = ", ".join(f"{_cell(f'o.{named(name)}')}, {_cell(f'n.{named(name)}')}" for name in [key, *others])
    # Changed rows first: they say most.
    order = (
        f"ORDER BY CASE {status} WHEN 'changed' THEN 0 WHEN 'added' THEN 1 ELSE 2 END, coalesce(n.{column}, o.{column})"
    )
    rows = con.execute(f"SELECT {status}, {cells} {joined} WHERE {apart} {order} LIMIT {SHOWN}").fetchall()
    shown = [[row[0], _pairs([key, *others], row[1:], row[0])] for row in rows]
    return {"key": key[:200], **{name: counts.get(name, 0) for name in ("added", "removed", "changed")}, "rows": shown}


def _pairs(names: list[str], cells: Any, status: str) -> dict[str, list[str | None]]:
    """Old and new value by column; of changed rows only those that differ, and the key."""
    found = {}
    for at, name in enumerate(names):
        old, new = cells[2 * at], cells[2 * at + 1]
        if status != "changed" or at == 0 or old != new:
            found[name[:200]] = [old, new]
    return found


def _by_rows(con: Any, shared: list[str]) -> dict[str, Any]:
    names = ", ".join(named(name) for name in shared)
    old, new = f"SELECT {names} FROM old_data", f"SELECT {names} FROM new_data"
    gone, come = f"({old} EXCEPT ALL {new})", f"({new} EXCEPT ALL {old})"
    rows: list[Any] = []
    for status, part in (("added", come), ("removed", gone)):
        cells = ", ".join(_cell(named(name)) for name in shared)
        for row in con.execute(f"SELECT {cells} FROM {part} LIMIT {SHOWN // 2}").fetchall():
            pair = [(None, value) if status == "added" else (value, None) for value in row]
            rows.append([status, {name[:200]: list(both) for name, both in zip(shared, pair, strict=True)}])
    counts = {"added": _one(con, f"SELECT count(*) FROM {come}"), "removed": _one(con, f"SELECT count(*) FROM {gone}")}
    return {**counts, "changed": 0, "rows": rows}


def _cell(expression: str) -> str:
    return f"left(CAST({expression} AS VARCHAR), {CELL})"
