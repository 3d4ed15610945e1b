"""Delimited files become tables, whatever delimits and encodes them."""

from __future__ import annotations

import pytest

from hub.lib.render import table
from hub.lib.render.table import Table, read_delimited
from tests.hub.render.reading import assert_safe


def test_table_has_header_rows_and_number_columns() -> None:
    read = read_delimited(b'name,mass,note\nAda,"3,750",\n"B ""x"", y",4e3,ok\n', filename="a.csv")
    assert read == Table(
        header=("name", "mass", "note"),
        rows=(("Ada", "3,750", ""), ('B "x", y', "4e3", "ok")),
        numeric=(False, True, False),
        truncated=False,
        delimiter=",",
        encoding="utf-8",
    )


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiter_is_told_from_the_lines(delimiter: str) -> None:
    text = delimiter.join(["a", "b", "c d"]) + "\n" + delimiter.join(["1.5", "2", "x y"]) + "\n"
    read = read_delimited(text.encode(), filename="a.csv")
    assert (read.delimiter, read.rows) == (delimiter, (("1.5", "2", "x y"),))


def test_tsv_means_tabs() -> None:
    assert read_delimited(b"a,b\tc\n1,2\t3\n", filename="A.TSV").header == ("a,b", "c")


@pytest.mark.parametrize(
    ("codec", "told"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("latin-1", "latin-1")]
)
def test_encoding_is_told_from_the_bytes(codec: str, told: str) -> None:
    read = read_delimited("größe;n\nfünf;5\n".encode(codec), filename="a.csv")
    assert (read.header, read.rows, read.encoding) == (("größe", "n"), (("fünf", "5"),), told)


def test_first_row_of_numbers_is_no_header() -> None:
    read = read_delimited(b"1,2\n3,4\n", filename="a.csv")
    assert (read.header, read.rows) == ((), (("1", "2"), ("3", "4")))
    assert "<thead>" not in table.render(read)


def test_uneven_rows_are_filled() -> None:
    assert read_delimited(b"a,b\n1\n1,2,3\n", filename="a.csv").rows == (("1", "", ""), ("1", "2", "3"))


@pytest.mark.parametrize(
    ("limits", "shown"),
    [
        ({"max_rows": 1}, (("a", "b"), (("1", "2"),))),
        ({"max_cols": 1}, (("a",), (("1",), ("long words",)))),
        ({"max_cell": 4}, (("a", "b"), (("1", "2"), ("long…", "4")))),
    ],
)
def test_limits_cut_and_say_so(limits: dict[str, int], shown: tuple[object, object]) -> None:
    read = read_delimited(b"a,b\n1,2\nlong words,4\n", filename="a.csv", **limits)
    assert (read.header, read.rows) == shown
    assert read.truncated
    assert "Only a part of this file is shown" in table.render(read)


def test_open_quote_does_not_swallow_the_file() -> None:
    data = b'a,b\n1,2\n"open,3\n' + b"4,5\n" * 60_000
    read = read_delimited(data, filename="a.csv", max_rows=100_000)
    assert read.rows[0] == ("1", "2") and len(read.rows) > 1000


def test_blocks_may_cut_characters_and_lines() -> None:
    data = "a,b\nü,€\n".encode()
    assert read_delimited((data[n : n + 1] for n in range(len(data))), filename="a.csv").rows == (("ü", "€"),)


def test_drawn_table_numbers_rows_and_aligns_numbers() -> None:
    html = table.render_file(b"n,x\n1,<b>\n", filename="a.csv")
    assert html == (
        '<div class="tbl-box" tabindex="0"><table class="tbl-data"><thead><tr><th scope="col" class="tbl-row">#</th>'
        '<th scope="col" class="tbl-number">n</th><th scope="col">x</th></tr></thead><tbody>\n'
        '<tr><th scope="row" class="tbl-row">1</th><td class="tbl-number">1</td><td>&lt;b&gt;</td></tr>\n'
        "</tbody></table></div>"
    )
    assert_safe(html)


def test_empty_file_says_so() -> None:
    assert table.render_file(b"", filename="a.csv") == '<p class="tbl-note">This file has no rows.</p>'
