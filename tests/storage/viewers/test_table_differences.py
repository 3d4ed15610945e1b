"""Tables are compared by a key where there is one, else by whole rows; in a confined child, within bounds."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage.viewers.source import BytesSource, Unreadable
from storage.viewers.tables.differences import TableDiff, compare_tables


def csv(text: str, name: str = "t.csv") -> BytesSource:
    return BytesSource(name, text.encode())


def parquet(**columns: list[object]) -> BytesSource:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return BytesSource("t.parquet", out.getvalue())


def rows(diff: TableDiff) -> list[tuple[str, list[tuple[str | None, str | None] | None]]]:
    return [(row.status, [(cell.old, cell.new) if cell else None for cell in row.cells]) for row in diff.rows]


def test_rows_are_matched_by_their_key() -> None:
    old = csv("id,name,mass\n1,slate,2\n2,basalt,3\n3,chalk,1\n")
    new = csv("id,name,mass\n1,slate,2\n2,basalt,4\n4,flint,9\n")
    diff = compare_tables(old, new)
    assert (diff.key, diff.added, diff.removed, diff.changed, diff.old_rows, diff.new_rows) == ("id", 1, 1, 1, 3, 3)
    assert diff.names == ("id", "mass")
    assert rows(diff) == [
        ("changed", [("2", "2"), ("3", "4")]),
        ("added", [(None, "4"), (None, "9")]),
        ("removed", [("3", None), ("1", None)]),
    ]


def test_tables_without_a_key_are_compared_by_whole_rows() -> None:
    diff = compare_tables(csv("a,b\n1,x\n1,x\n2,y\n"), csv("a,b\n1,x\n2,y\n2,y\n3,z\n"))
    assert (diff.key, diff.added, diff.removed, diff.changed) == (None, 2, 1, 0)
    assert diff.left_out == 0


def test_columns_that_came_went_and_changed_type_are_told() -> None:
    old = parquet(id=[1, 2], gone=["a", "b"], mass=[1, 2])
    new = parquet(id=[1, 2], mass=[1.5, 2.0], come=[True, False])
    diff = compare_tables(old, new)
    assert [(column.name, column.status) for column in diff.columns] == [
        ("id", "same"),
        ("gone", "removed"),
        ("mass", "retyped"),
        ("come", "added"),
    ]
    assert (diff.key, diff.changed) == ("id", 1)


def test_csv_may_become_parquet() -> None:
    diff = compare_tables(csv("id,v\n1,a\n2,b\n"), parquet(id=[1, 2, 3], v=["a", "b", "c"]))
    assert (diff.key, diff.added, diff.removed, diff.changed) == ("id", 1, 0, 0)


def test_more_rows_than_are_shown_are_counted() -> None:
    old = parquet(id=list(range(5000)), v=[0] * 5000)
    new = parquet(id=list(range(5000)), v=[1] * 5000)
    diff = compare_tables(old, new)
    assert (diff.changed, len(diff.rows), diff.left_out) == (5000, 100, 4900)


@pytest.mark.parametrize("old", [b"PAR1 no parquet PAR1", b"", b"ARROW1\0\0"])
def test_what_is_no_table_is_refused(old: bytes) -> None:
    with pytest.raises(Unreadable):
        compare_tables(BytesSource("t.parquet", old), parquet(id=[1]))


def test_names_that_are_sql_stay_names() -> None:
    """Attack: columns whose names would end the statement."""
    name = "x\" FROM read_csv('/etc/passwd') --"
    columns: dict[str, list[object]] = {name: [1, 2]}
    diff = compare_tables(parquet(v=[1, 1], **columns), parquet(v=[1, 2], **columns))
    assert diff.changed == 1 and diff.key == name
    assert "root:" not in str(diff)
