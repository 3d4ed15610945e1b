"""Tables of every format: pages, order, filters, statistics, SQL with its errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from storage.viewers import confined
from storage.viewers.asks import Ask, Condition
from storage.viewers.drawing import draw_view
from storage.viewers.source import Source, Unreadable
from storage.viewers.tables.engine import ROWS, TableView, draw_table, fit
from storage.viewers.tables.head import read_head
from tests.storage.viewers import samples
from tests.storage.viewers.samples import FileSource, of

FORMATS = ["t.csv", "t.jsonl", "t.parquet", "t.feather", "t.arrows"]


def content_of(name: str) -> bytes:
    rows = samples.table().to_pylist()
    if name == "t.csv":
        lines = [f"{row['id']},{'' if row['score'] is None else row['score']},{row['name']}" for row in rows]
        return ("id,score,name\n" + "\n".join(lines) + "\n").encode()
    if name == "t.jsonl":
        return "".join(json.dumps({key: row[key] for key in ("id", "score", "name")}) + "\n" for row in rows).encode()
    makers: dict[str, Callable[[], bytes]] = {
        "t.parquet": samples.parquet,
        "t.feather": samples.feather,
        "t.arrows": samples.arrow_stream,
    }
    return makers[name]()


@pytest.fixture(params=FORMATS)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    file = tmp_path / str(request.param)
    file.write_bytes(content_of(file.name))
    return FileSource(file)


def ids(view: TableView) -> list[str | None]:
    assert view.problem == ""
    return [row[0] for row in view.rows]


def test_pages(source: Source) -> None:
    first, last = draw_table(source, Ask()), draw_table(source, Ask(page=3))
    assert ids(first) == [str(at) for at in range(ROWS)] and first.more and first.pages == {"next": "?page=2"}
    assert ids(last) == [str(at) for at in range(100, 120)] and not last.more
    assert [column.name for column in first.columns[:3]] == [column.name for column in last.columns[:3]]
    assert first.rows[3][:3] == ("3", None, "stone 3") and last.range_words.startswith("Rows 101 to 120")


def test_order_and_filters(source: Source) -> None:
    assert ids(draw_table(source, Ask(sort="score", down=True)))[:2] == ["119", "118"]
    # Empty values come last, whichever way.
    assert draw_table(source, Ask(sort="score", page=3)).rows[-1][1] is None
    where = (Condition("score", "ge", "20.5"), Condition("name", "has", "STONE 4"), Condition("id", "lt", "100"))
    assert ids(draw_table(source, Ask(where=where))) == ["88", "95"]
    assert len(ids(draw_table(source, Ask(where=(Condition("score", "null"),))))) == 12
    assert len(ids(draw_table(source, Ask(where=(Condition("name", "eq", "stone 0"),))))) == 18
    assert ids(draw_table(source, Ask(where=(Condition("name", "eq", "' OR 1=1 --"),)))) == []


def test_equal_values_are_shown_once_over_all_pages(source: Source) -> None:
    shown = [row for page in (1, 2, 3) for row in ids(draw_table(source, Ask(page=page, sort="name")))]
    assert sorted(map(int, filter(None, shown))) == list(range(120))


def test_statistics(source: Source) -> None:
    view = draw_table(source, Ask("columns"))
    score, name = view.statistics[1], view.statistics[2]
    assert view.count == 120 and score.nulls == 12 and score.number and not name.number
    assert (score.least, score.most) == ("0", "29.75") and float(score.mean or 0) == pytest.approx(14.9167, rel=1e-3)
    assert len(score.bars) == 16 and (name.least, name.most, name.distinct) == ("stone 0", "stone 6", 7)


def test_sql(source: Source) -> None:
    view = draw_table(
        source, Ask("sql", sql="SELECT name, count(*) AS n FROM data GROUP BY ALL ORDER BY name LIMIT 2; ")
    )
    assert view.rows == (("stone 0", "18"), ("stone 1", "17")) and [one.name for one in view.columns] == ["name", "n"]


def test_errors_of_sql_have_their_place(tmp_path: Path) -> None:
    source = of("t.csv", content_of("t.csv"))
    view = draw_table(source, Ask("sql", sql="SELECT 'ü',\n  scored FROM data"))
    assert "scored" in view.problem and (view.before, view.at, view.after) == ("  ", "scored", " FROM data")
    assert draw_table(source, Ask("sql", sql="SELEC 1")).at == "SELEC"
    assert draw_table(source, Ask("sql", sql="SELECT 1 +")).problem
    assert "fit its column" in draw_table(source, Ask(where=(Condition("score", "gt", "high"),))).problem
    assert "no column" in draw_table(source, Ask(sort="nothing")).problem


def test_sql_may_end_in_comments_and_semicolons() -> None:
    source = of("t.csv", b"a\n1\n")
    for sql in ("SELECT a FROM data -- all", "SELECT a FROM data;", "SELECT a FROM data /* ; */ ;  ", "FROM data"):
        view = draw_table(source, Ask("sql", sql=sql))
        assert view.rows == (("1",),), (sql, view.problem)


def test_answers_are_cut_in_rows_and_cells() -> None:
    source = of("t.csv", b"a\n1\n")
    view = draw_table(source, Ask("sql", sql="SELECT repeat('x', 100000) FROM range(100000)"))
    assert len(view.rows) == 200 and view.more and len(view.rows[0][0] or "") == 201
    wide = draw_table(source, Ask("sql", sql=f"SELECT {', '.join('1' for _ in range(300))}"))
    assert len(wide.columns) == 50 and wide.total_columns == 300 and wide.windows == {"next": wide.ask.query(start=50)}


def test_lists_and_bytes_are_shortened_where_they_lie(tmp_path: Path) -> None:
    view = draw_table(of("t.parquet", samples.parquet()), Ask())
    vector, picture = view.rows[1][3] or "", view.rows[1][4] or ""
    assert vector.startswith("[1.0, 1.0") and len(vector) < 201
    assert "5000 bytes" in picture and "1.png" in picture


def test_the_first_page_of_text_starts_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "run", lambda *_, **__: pytest.fail("a child was started"))
    for name in ("t.csv", "t.jsonl"):
        assert len(draw_table(of(name, content_of(name)), Ask()).rows) == ROWS


def test_delimited_text_of_every_kind() -> None:
    for text, delimiter in ((b"a;b\n1;2\n3;4\n", ";"), (b"a\tb\n1\t2\n", "\t"), ("ä,b\n1,2\n".encode("utf-16"), ",")):
        source = of("t.csv", text)
        assert read_head(source, 5).form["delimiter"] == delimiter
        assert draw_table(source, Ask()).rows[0] == draw_table(source, Ask(sort="b")).rows[0] == ("1", "2")
    latin = of("t.csv", "größe,b\n1,é\n".encode("latin-1"))
    assert draw_table(latin, Ask()).rows == draw_table(latin, Ask(sort="größe")).rows == (("1", "é"),)


def test_names_of_columns_are_the_same_on_every_page() -> None:
    source = of("t.csv", b'a,A,,"x ""y"" \'z"\n1,2,3,4\n5,6,7,8\n')
    names = [one.name for one in draw_table(source, Ask()).columns]
    assert names == ["a", "A_1", "column2", 'x "y" \'z']
    for name in names:
        found = draw_table(source, Ask(sort=name, down=True))
        assert [one.name for one in found.columns] == names and found.rows[0] == ("5", "6", "7", "8")


def test_a_file_without_a_header_keeps_its_first_row() -> None:
    source = of("t.csv", b"1,2\n3,4\n")
    assert draw_table(source, Ask()).rows == draw_table(source, Ask(sort="column0")).rows == (("1", "2"), ("3", "4"))


def test_uneven_rows_are_kept_where_they_can_be() -> None:
    source = of("t.csv", b"a,b,c\n1,2\n3,4,5\n6\n")
    view = draw_table(source, Ask(sort="a", down=True))
    assert ids(view) == ["6", "3", "1"]


def test_rows_too_long_for_the_head_are_asked_for() -> None:
    source = of("t.csv", b"a,b\n" + b"".join(b"%d,%s\n" % (at, b"x" * 60_000) for at in range(60)))
    view = draw_table(source, Ask())
    assert len(view.rows) == ROWS and view.rows[-1][0] == "49" and view.more


def test_what_is_no_table_is_told() -> None:
    with pytest.raises(Unreadable):
        draw_table(of("t.jsonl", b"1\n2\n"), Ask())
    assert draw_view(of("t.jsonl", b"1\n2\n"), Ask()).template == "text"
    broken = samples.parquet()[:-20]
    view = draw_table(of("t.parquet", broken), Ask())
    assert view.problem and "/proc" not in view.problem and "/tmp" not in view.problem


def test_pages_fit_whatever_the_cells_hold() -> None:
    rows = [["<&>\"'" * 40] * 50] * 50
    short, cut = fit(rows)
    assert cut and max(len(cell or "") for row in short for cell in row) <= 9
    assert fit([["a", None]]) == ((("a", None),), False)


def test_ten_thousand_columns() -> None:
    content = pa.table({f"column number {at}": [at, at + 1] for at in range(10_000)})
    source = of("t.parquet", samples.parquet(content))
    view = draw_table(source, Ask(start=9_950))
    assert view.total_columns == 10_000 and [one.name for one in view.columns][-1] == "column number 9999"
    assert len(draw_table(source, Ask("columns")).statistics) == 40

    def text(width: int) -> Source:
        return of("t.csv", b",".join(b"c%d" % at for at in range(width)) + b"\n" + b",".join([b"1"] * width) + b"\n")

    assert draw_table(text(10_000), Ask(start=9_990)).columns[-1].name == "c9999"
    assert draw_table(text(2_000), Ask(start=1_990, sort="c1999")).rows[0] == ("1",) * 10
    # DuckDB keeps a block of rows for every column of a CSV file.
    assert "memory" in draw_table(text(10_000), Ask(sort="c9999")).problem


def test_too_many_at_once_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "PATIENCE", 0.01)
    taken = [confined._places.acquire(timeout=1) for _ in range(confined.AT_ONCE)]
    try:
        with pytest.raises(confined.Busy):
            draw_table(of("t.parquet", samples.parquet()), Ask())
    finally:
        for _ in taken:
            confined._places.release()
