"""Files made to be slow or to grow stay within bounds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest

from hub.lib.errors import Invalid
from hub.lib.render import ansi, highlight, markdown, notebook, sanitize, sniff, table, worddiff
from hub.lib.render.notebook_outputs import Limits
from tests.hub.render.reading import assert_safe

FULL = markdown.MAX_BYTES // 2
# Of computing, whatever else the machine is at; generous: what these guard against takes minutes or gigabytes.
SECONDS = 25.0
MOST = 16 * 1024 * 1024

SLOW_MARKDOWN = {
    "brackets": "[" * FULL,
    "pictures": "![" * (FULL // 2),
    "footnotes": "[^a]: x\n\n" + "[^" * (FULL // 2 - 9),
    "footnote references": "[^a]: x\n\n" + "[^a]" * (FULL // 4 - 9),
    "emphasis": "*a _b " * (FULL // 6),
    "same headings": "# a\n" * (FULL // 4),
    "tasks": "- [ ] a\n" * (FULL // 8),
    "open divs": "<div>" * (FULL // 5),
    "open formatting": "".join(f"<p><b id={n}>" for n in range(2000)) + "<p>x" * 40_000,
    "formatting in tables": "".join(f"<p><b id={n}><table></b></table>" for n in range(8000)) + "<p>x" * 30_000,
    "wide table": "a|" * 1000 + "\n" + "-|" * 1000 + "\n" + "x|\n" * 100_000,
    "addresses": "http://a.b/" + ")" * FULL,
    "fences": "```python\nx = 1\n```\n" * (FULL // 20),
    "quotes": "> " * 20_000 + "a",
    "front matter": "---\n" + "a: b\n" * (FULL // 5),
    "colons": "[^a]: " * (FULL // 6),
}


def timed(work: Callable[[], str]) -> str:
    start = time.process_time()
    result = work()
    assert time.process_time() - start < SECONDS
    assert len(result) < MOST
    return result


@pytest.mark.parametrize("name", SLOW_MARKDOWN)
def test_markdown_is_bounded(name: str) -> None:
    source = SLOW_MARKDOWN[name][:FULL]
    assert_safe(timed(lambda: markdown.render(source)))


def test_markdown_over_its_size_is_shown_as_text() -> None:
    html = timed(lambda: markdown.render("# Title\n" + "<b>words</b>\n" * 90_000))
    assert html.startswith('<p class="md-note">This document is shown as plain text because it has more than 512.0 KiB')
    assert "&lt;b&gt;words&lt;/b&gt;" in html and "<h1" not in html


def test_attachment_shown_often_does_not_fill_the_page() -> None:
    picture = "A" * 1024 * 1024
    cell = {
        "cell_type": "markdown",
        "source": "![x](attachment:a)\n" * 500,
        "attachments": {"a": {"image/png": picture}},
    }
    html = timed(lambda: notebook.render(json.dumps({"nbformat": 4, "cells": [cell]}).encode()))
    assert html.count("data:image/png") == sanitize.MAX_IMAGE_CHARS // (1024 * 1024 + 22)


def test_notebook_of_200_cells_is_bounded() -> None:
    rows = "".join(f"<tr><th>{n}</th><td>{n * n}</td></tr>" for n in range(500))
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["epoch 1\n"] * 2000},
        {"output_type": "execute_result", "data": {"text/html": f"<table class='dataframe'>{rows}</table>"}},
        {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo" * 4000 + "="}},
    ]
    code = {
        "cell_type": "code",
        "source": "for i in range(10):\n    print(i)\n" * 30,
        "execution_count": 1,
        "outputs": outputs,
    }
    document = {
        "nbformat": 4,
        "metadata": {},
        "cells": [code, {"cell_type": "markdown", "source": "# A\n\ntext " * 40}] * 100,
    }
    start = time.process_time()
    drawn = notebook.draw(json.dumps(document).encode())
    assert time.process_time() - start < SECONDS
    assert len(drawn.html) < Limits().total_chars * 1.2
    assert drawn.cells == 200


def test_notebook_says_what_it_left_out() -> None:
    limits = Limits(cells=2, text_chars=10, output_chars=50, source_chars=1000, total_chars=3000)
    html = "<table><tr><td>" + "x" * 100 + "</td></tr></table>"
    outputs = [
        {"output_type": "stream", "text": "y" * 40},
        {"output_type": "display_data", "data": {"text/html": html}},
        {"output_type": "display_data", "data": {"image/png": "A" * 400}},
    ]
    cells = [{"cell_type": "code", "source": "1", "outputs": outputs}, {"cell_type": "raw", "source": "z" * 2000}] * 2
    drawn = notebook.draw(json.dumps({"nbformat": 4, "cells": cells}).encode(), limits=limits)
    assert drawn.left_out == (
        "30 bytes more of the text that cell 1 wrote are not shown",
        "an output of cell 1 has 133 bytes and is not shown",
        "a picture of cell 1 is damaged or too large and is not shown",
        "the source of cell 2 is too long to be shown",
        "2 more cells are not shown",
    )
    assert drawn.html.count('<p class="nb-note">') == 5
    assert "y" * 11 not in drawn.html and "x" * 51 not in drawn.html and "z" * 50 not in drawn.html


def test_notebook_over_its_size_is_refused() -> None:
    with pytest.raises(Invalid, match=r"^The notebook has 2\.0 KiB; up to 1\.0 KiB are shown\.$"):
        notebook.render(b" " * 2048, limits=Limits(notebook_bytes=1024))


@pytest.mark.parametrize("source", ["[" * 100_000, '{"a":' * 100_000, '{"cells": ' + "9" * 10_000 + "}"])
def test_endless_json_is_refused(source: str) -> None:
    with pytest.raises(Invalid, match="not valid JSON"):
        notebook.render(source.encode())


def test_source_is_plain_when_a_line_is_very_long() -> None:
    line = "var a=1;" * 1000
    assert highlight.highlight_lines(f"{line}\nvar b;", filename="x.min.js") == [line, "var b;"]


def test_source_over_its_size_is_plain() -> None:
    lines = highlight.highlight_lines("def f(): pass\n" * 90_000, filename="x.py")
    assert (len(lines), set(lines)) == (90_000, {"def f(): pass"})


def test_highlighting_stops_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highlight, "SECONDS", 1e-9)
    lines = highlight.highlight_lines("x = 1\n" * 2000, filename="x.py")
    assert len(lines) == 2000
    assert lines[0] == 'x = <span class="hl-n">1</span>' and lines[-1] == "x = 1"


def test_long_lines_carry_no_word_marks() -> None:
    old, new = "a " * 600, "b " * 600
    assert worddiff.mark_pair(old, new) == (old, new)
    start = time.process_time()
    worddiff.mark_pair("a b " * 50, "b a " * 50)
    assert time.process_time() - start < 1


def test_table_reads_no_further_than_it_shows() -> None:
    blocks_read = 0

    def blocks() -> Iterator[bytes]:
        nonlocal blocks_read
        while True:
            blocks_read += 1
            yield b"a,b,c\n" * 10_000

    read = table.read_delimited(blocks(), filename="x.csv", max_rows=100)
    assert (len(read.rows), read.truncated) == (100, True)
    assert blocks_read < 20


def test_table_of_one_endless_line_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_READ", 300_000)
    read = table.read_delimited(iter(lambda: b"x" * 65_536, b""), filename="x.csv", max_cell=20)
    assert read.truncated
    assert max(len(cell) for row in (read.header, *read.rows) for cell in row) == 21


def test_terminal_output_is_linear() -> None:
    for source in ("\x1b[" * 100_000, "\r" * 200_000, "a\r" * 100_000, "\x08" * 200_000, "\x1b]" * 100_000):
        timed(lambda source=source: ansi.render(source))


def test_sniffing_is_linear() -> None:
    assert sniff.kind(b"<!--" * 2000, "x").name == "text"
