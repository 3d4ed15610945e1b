"""What is asked of DuckDB inside the confined child: a page of rows, the statistics of columns, a reader's SELECT."""

from __future__ import annotations

import math
import time
from typing import Any

import duckdb

from storage.viewers.tables.child import CELL, Refused, named, told

SQL_ROWS = 200
COLUMNS = 50
STATISTICS = 40
BINS = 16
# Histograms need a second pass over the file; it is made when the first was quick.
QUICK_SECONDS = 3.0
LONGEST_LIST = 24
TIES = 3
_ORDERED = ("VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP", "UUID")
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
_COMPARED = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}

Row = list[str | None]


def answer(con: Any, question: dict[str, Any]) -> dict[str, Any]:
    """The answer to one question; raises Refused and duckdb.Error."""
    return {"rows": _page, "columns": _statistics, "sql": _sql}[question["want"]](con, question)


def _columns(con: Any, source: str) -> list[tuple[str, Any]]:
    asked = con.execute(f"SELECT * FROM {source} LIMIT 0")
    found = [(str(column[0]), column[1]) for column in asked.description]
    # An answer that is not read to its end keeps the connection.
    asked.fetchall()
    return found


def _page(con: Any, question: dict[str, Any]) -> dict[str, Any]:
    """Rows by filter and order. One more than wanted is read, to know whether there are more."""
    columns = _columns(con, "data")
    types = dict(columns)
    shown = columns[question["start"] : question["start"] + COLUMNS]
    where, values = _where(question["where"], types)
    order = _order(question, types)
    cells = ", ".join(cell(named(name), kind) for name, kind in shown) or "NULL"
    tail = f"LIMIT {int(question['limit']) + 1} OFFSET {int(question['offset'])}"
    try:
        rows = con.execute(f"SELECT {cells} FROM data{where}{order} {tail}", values).fetchall()
        count = _count(con, question, where, values)
    except duckdb.ConversionException as error:
        raise Refused(f"The value of a filter does not fit its column: {told(error)[0]}") from None
    return {
        **_told(shown, rows[: question["limit"]], columns, question["start"]),
        "count": count,
        "more": _more(rows, question),
    }


def _more(rows: list[Any], question: dict[str, Any]) -> bool:
    return len(rows) > question["limit"]


def _count(con: Any, question: dict[str, Any], where: str, values: list[str]) -> int | None:
    """How many rows there are: where the file's footer says it or scanning is cheap."""
    if question["format"]["kind"] != "parquet":
        return None
    return int(con.execute(f"SELECT count(*) FROM data{where}", values).fetchall()[0][0])


def _where(conditions: list[list[str]], types: dict[str, Any]) -> tuple[str, list[str]]:
    parts, values = [], []
    for column, operator, value in conditions:
        if column not in types:
            raise Refused(f"There is no column {column!r}.")
        name, kind = named(column), str(types[column])
        if operator in ("null", "full"):
            parts.append(f"{name} IS {'NOT ' if operator == 'full' else ''}NULL")
            continue
        if operator in ("has", "starts"):
            function = "contains" if operator == "has" else "starts_with"
            parts.append(f"{function}(lower(CAST({name} AS VARCHAR)), lower(?))")
        elif kind.startswith(("STRUCT", "MAP", "UNION")) or kind.endswith("]"):
            parts.append(f"CAST({name} AS VARCHAR) {_COMPARED[operator]} ?")
        else:
            parts.append(f"{name} {_COMPARED[operator]} {_value(kind)}")
        values.append(value)
    return (" WHERE " + " AND ".join(parts) if parts else ""), values


def _value(kind: str) -> str:
    """A parameter in the column's type; whole numbers meet their column as decimals, so that `> 0.5` may be asked."""
    if kind in _NUMBERS or kind.removeprefix("U") in _NUMBERS:
        return "CAST(? AS DOUBLE)" if kind in ("FLOAT", "DOUBLE") else "CAST(? AS DECIMAL(38, 9))"
    return f"CAST(? AS {kind})"


def _order(question: dict[str, Any], types: dict[str, Any]) -> str:
    column = question["sort"]
    if not column:
        return ""
    if column not in types:
        raise Refused(f"There is no column {column!r}.")
    # Equal values keep one order from page to page, or rows would show twice and others never.
    simple = [name for name, kind in types.items() if name != column and (is_number(kind) or str(kind) in _ORDERED)]
    ties = "".join(f", {named(name)}" for name in simple[:TIES])
    return f" ORDER BY {named(column)} {'DESC' if question['down'] else 'ASC'} NULLS LAST{ties}"


def cell(expression: str, kind: Any) -> str:
    """A value as at most CELL + 1 characters of text; long lists are cut before they become text, bytes never do."""
    text = str(kind)
    if text == "VARCHAR":
        return f"left({expression}, {CELL + 1})"
    if text.endswith("]") or "BLOB" in text or text.startswith(("STRUCT", "MAP")):
        return f"left(CAST({_short(expression, kind)} AS VARCHAR), {CELL + 1})"
    return f"left(CAST({expression} AS VARCHAR), {CELL + 1})"


def _short(expression: str, kind: Any, depth: int = 0) -> str:
    text = str(kind)
    if text == "BLOB":
        return f"(octet_length({expression}) || ' bytes')"
    if text.endswith("[]"):
        return f"(len({expression}) || ' values')" if "BLOB" in text or depth else f"{expression}[1:{LONGEST_LIST}]"
    if text.endswith("]"):
        return f"array_to_list({expression})[1:{LONGEST_LIST}]"
    if text.startswith("STRUCT") and depth < 4 and kind.children and kind.children[0][0]:
        fields = [
            f"{named(name)} := {_short(f'{expression}.{named(name)}', inner, depth + 1)}"
            for name, inner in kind.children[:LONGEST_LIST]
        ]
        return f"CASE WHEN {expression} IS NULL THEN NULL ELSE struct_pack({', '.join(fields)}) END"
    return "'…'" if "BLOB" in text else expression


def _told(shown: list[tuple[str, Any]], rows: list[Any], columns: list[tuple[str, Any]], start: int) -> dict[str, Any]:
    return {
        "columns": [[name[:300], str(kind)[:200], is_number(kind)] for name, kind in shown],
        "total": len(columns),
        "start": start,
        "rows": [[None if value is None else str(value) for value in row] for row in rows],
    }


def is_number(kind: Any) -> bool:
    """Whether values of this type can be averaged."""
    text = str(kind).partition("(")[0]
    return text in _NUMBERS or text.removeprefix("U") in _NUMBERS


def _statistics(con: Any, question: dict[str, Any]) -> dict[str, Any]:
    """Of a window of columns in one pass: rows, empty and distinct ones (estimated), least, most, mean, histograms."""
    began = time.process_time()
    columns = _columns(con, "data")
    shown = columns[question["start"] : question["start"] + STATISTICS]
    where, values = _where(question["where"], dict(columns))
    asked = ["count(*)"]
    for name, kind in shown:
        asked += _measures(named(name), kind)
    found = con.execute(f"SELECT {', '.join(asked)} FROM data{where}", values).fetchall()[0]
    measured = [
        _measured(name, kind, found[1 + 5 * at : 6 + 5 * at], found[0]) for at, (name, kind) in enumerate(shown)
    ]
    if time.process_time() - began < QUICK_SECONDS:
        _histograms(con, shown, measured, where, values)
    return {"columns": measured, "total": len(columns), "start": question["start"], "count": found[0]}


def _measures(name: str, kind: Any) -> list[str]:
    text = str(kind)
    nested = text.startswith(("STRUCT", "MAP", "UNION")) or text.endswith("]") or text in ("BLOB", "JSON")
    distinct = "NULL" if nested else f"approx_count_distinct({name})"
    if is_number(kind):
        # Of infinities and NaN no mean can be told.
        number = f"CAST({name} AS DOUBLE)"
        return [
            f"count({name})",
            distinct,
            f"min({name})",
            f"max({name})",
            f"avg({number}) FILTER (isfinite({number}))",
        ]
    if nested:
        return [f"count({name})", "NULL", "NULL", "NULL", "NULL"]
    # Text is cut first: the least of ten million long strings is still one that has to be kept.
    short = f"left(CAST({name} AS VARCHAR), 80)" if text == "VARCHAR" else name
    return [f"count({name})", distinct, f"CAST(min({short}) AS VARCHAR)", f"CAST(max({short}) AS VARCHAR)", "NULL"]


def _measured(name: str, kind: Any, found: Any, count: int) -> dict[str, Any]:
    full, distinct, least, most, mean = found
    return {
        "name": name[:300],
        "type": str(kind)[:200],
        "number": is_number(kind),
        "nulls": count - full,
        # The estimate may be a little more than there can be.
        "distinct": None if distinct is None else min(distinct, full),
        "least": _text(least),
        "most": _text(most),
        "mean": mean if mean is not None and math.isfinite(mean) else None,
        "bins": [],
    }


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:80]


def _histograms(
    con: Any, shown: list[tuple[str, Any]], measured: list[dict[str, Any]], where: str, values: Any
) -> None:
    """Fill in the bins of all numeric columns in one more pass."""
    wanted = []
    for at, (name, kind) in enumerate(shown):
        low, high = _bounds(measured[at])
        if is_number(kind) and high > low:
            step = (high - low) / BINS
            bin_of = f"least({BINS - 1}, floor((CAST({named(name)} AS DOUBLE) - {low!r}) / {step!r}))"
            inside = f"isfinite(CAST({named(name)} AS DOUBLE))"
            wanted.append((at, f"histogram(CAST({bin_of} AS TINYINT)) FILTER ({inside})"))
    if not wanted:
        return
    found = con.execute(f"SELECT {', '.join(sql for _, sql in wanted)} FROM data{where}", values).fetchall()[0]
    for (at, _), counted in zip(wanted, found, strict=True):
        bins = dict(zip(counted.keys(), counted.values(), strict=True)) if counted else {}
        measured[at]["bins"] = [int(bins.get(number, 0)) for number in range(BINS)]


def _bounds(measured: dict[str, Any]) -> tuple[float, float]:
    try:
        low, high = float(measured["least"]), float(measured["most"])
    except (TypeError, ValueError):
        return 0.0, 0.0
    return (low, high) if math.isfinite(high - low) and (high - low) / BINS > 0 else (0.0, 0.0)


def _sql(con: Any, question: dict[str, Any]) -> dict[str, Any]:
    """A reader's one SELECT, wrapped so that no more than SQL_ROWS short cells of each column leave the child."""
    sql = question["sql"]
    try:
        statements = con.extract_statements(sql)
    except duckdb.Error as error:
        raise _refusal(error, sql, 0) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Refused("One SELECT can be asked here; nothing can be changed or written.")
    # What the parser took as one SELECT stays one inside of brackets; a semicolon at its end would not.
    sql = _without_end(sql)
    before = "SELECT * FROM (\n"
    try:
        columns = _columns(con, f"(\n{sql}\n)")
        shown = columns[question["start"] : question["start"] + COLUMNS]
        names = [f"c{number}" for number in range(len(columns))]
        cells = ", ".join(cell(f"c{question['start'] + at}", kind) for at, (_, kind) in enumerate(shown)) or "NULL"
        rows = con.execute(
            f"SELECT {cells} FROM (\n{sql}\n) AS asked({', '.join(names)}) LIMIT {SQL_ROWS + 1}"
        ).fetchall()
    except duckdb.Error as error:
        raise _refusal(error, sql, len(before)) from None
    return {**_told(shown, rows[:SQL_ROWS], columns, question["start"]), "count": None, "more": len(rows) > SQL_ROWS}


def _without_end(sql: str) -> str:
    return sql.rstrip().rstrip(";").rstrip() if sql.rstrip().endswith(";") else sql


def _refusal(error: duckdb.Error, sql: str, before: int) -> Refused:
    words, position = told(error)
    if position is None:
        return Refused(words)
    # DuckDB counts bytes of UTF-8, readers count characters.
    head = sql.encode()[: max(0, position - before)]
    return Refused(words, len(head.decode("utf-8", "ignore")))
