"""Notebooks become pages: every kind of cell and output, and clear words for what is no notebook."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from hub.lib.errors import Invalid
from hub.lib.render import notebook
from hub.lib.render.links import Place
from tests.hub.render.reading import assert_safe, text_of

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def drawn(*cells: dict[str, Any], language: str = "python") -> str:
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": {"name": language}}, "cells": cells}
    html = notebook.render(json.dumps(document).encode())
    assert_safe(html)
    return html


def output(data: dict[str, Any], kind: str = "display_data") -> str:
    return drawn({"cell_type": "code", "source": [], "outputs": [{"output_type": kind, "data": data}]})


def test_cells_come_in_order_with_their_counts() -> None:
    html = drawn(
        {"cell_type": "markdown", "source": ["# Title\n", "words"]},
        {"cell_type": "code", "source": "x = 1", "execution_count": 3, "outputs": []},
        {"cell_type": "code", "source": "", "execution_count": None, "outputs": []},
        {"cell_type": "raw", "source": "<raw>"},
    )
    assert text_of(html).split() == ["Title#", "words", "In", "[3]x", "=", "1", "In", "[", "]", "<raw>"]
    assert '<code>x = <span class="hl-n">1</span></code>' in html


def test_code_is_read_in_the_language_of_the_kernel() -> None:
    cell = {"cell_type": "code", "source": "x <- function(a) NULL", "outputs": []}
    assert '<span class="hl-k">function</span>' in drawn(cell, language="R")
    assert '<span class="hl-f">echo</span>' in drawn({"cell_type": "code", "source": "%%bash\necho 1", "outputs": []})


def test_results_are_told_from_displays() -> None:
    assert "Out [ ]" in output({"text/plain": "1"}, "execute_result")
    assert "Out [ ]" not in output({"text/plain": "1"})


def test_streams_keep_their_colours_as_classes() -> None:
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["10%\r", "100%\n", "\x1b[1;32mok\x1b[0m <b>"]},
        {"output_type": "stream", "name": "stderr", "text": "warned"},
    ]
    html = drawn({"cell_type": "code", "source": "", "outputs": outputs})
    assert '<pre class="nb-text" tabindex="0">100%\n<span class="nb-fg-2 nb-bold">ok</span> &lt;b&gt;</pre>' in html
    assert '<pre class="nb-text nb-stderr" tabindex="0">warned</pre>' in html


def test_errors_show_their_traceback() -> None:
    error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[31mline 1\x1b[0m", "line 2"]}
    html = drawn({"cell_type": "code", "source": "", "outputs": [error, {**error, "traceback": []}]})
    assert 'nb-error" tabindex="0"><span class="nb-fg-1">line 1</span>\nline 2</pre>' in html
    assert 'nb-error" tabindex="0">E: v</pre>' in html


def test_tables_of_pandas_are_kept_without_their_styles() -> None:
    style = "<style scoped>.dataframe td {vertical-align: top;}</style>"
    html = output(
        {
            "text/html": [
                f"<div>{style}",
                '<table border="1" class="dataframe"><tr style="x"><td>1</td></tr></table></div>',
            ]
        }
    )
    assert (
        '<div class="nb-html" tabindex="0"><div><table><tbody><tr><td>1</td></tr></tbody></table></div></div>' in html
    )


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", "image/gif", "image/webp"])
def test_pictures_are_carried_in_the_page(mime: str) -> None:
    html = output({mime: [PNG[:4] + "\n", PNG[4:]], "text/plain": "<Figure size 640x480 with 1 Axes>"})
    assert f'<img class="nb-image" src="data:{mime};base64,{PNG}" alt="Picture drawn by cell 1">' in html


def test_svg_is_only_ever_a_picture() -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    html = output({"image/svg+xml": svg, "text/plain": "a plot"})
    encoded = base64.b64encode(svg.encode()).decode()
    assert f'<img class="nb-image" src="data:image/svg+xml;base64,{encoded}" alt="a plot">' in html
    assert "<svg" not in html


def test_damaged_pictures_are_noted() -> None:
    assert "A picture of cell 1 is damaged or too large and is not shown" in output({"image/png": "no/base64!"})
    assert "A picture of cell 1 is damaged or too large and is not shown" in output({"image/png": "AAAAA"})


@pytest.mark.parametrize(
    "data",
    [
        {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "IntSlider(value=1)"},
        {"application/vnd.plotly.v1+json": {"data": []}, "text/html": "<div><script>Plotly()</script></div>"},
        {"application/vnd.vegalite.v5+json": {}, "text/plain": "alt.Chart(...)"},
        {"application/javascript": "alert(1)"},
        {
            "text/html": "<script>alert(1)</script>",
        },
    ],
)
def test_interactive_outputs_are_noted(data: dict[str, Any]) -> None:
    assert "Interactive output of cell 1, not shown: open the notebook locally to see it." in output(data)


def test_interactive_output_with_a_picture_shows_the_picture() -> None:
    html = output({"application/vnd.vegalite.v5+json": {}, "image/png": PNG})
    assert "nb-image" in html and "Interactive" not in html


def test_formulas_json_and_markdown() -> None:
    assert '<pre class="nb-text nb-latex" tabindex="0">$x^2$</pre>' in output(
        {"text/latex": "$x^2$", "text/plain": "x²"}
    )
    assert text_of(output({"application/json": {"a": [1]}, "text/plain": "<JSON>"})).split()[2:] == [
        "]{",
        '"a":',
        "[",
        "1",
        "]",
        "}",
    ]
    assert "<strong>b</strong>" in output({"text/markdown": "**b**"})


def test_attachments_of_markdown_cells() -> None:
    cell = {"cell_type": "markdown", "source": "![a](attachment:my%20a.png) ![b](attachment:b.png)"}
    html = drawn({**cell, "attachments": {"my a.png": {"image/png": PNG}}})
    assert f'src="data:image/png;base64,{PNG}"' in html
    assert html.count("src=") == 1


def test_links_of_cells_are_resolved() -> None:
    document = {"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "[x](../a.py) ![y](y.png)"}]}
    html = notebook.render(json.dumps(document).encode(), place=Place("/src", "/raw", "notebooks"))
    assert 'href="/src/a.py"' in html and 'src="/raw/notebooks/y.png"' in html


def test_notebooks_of_format_3_are_upgraded() -> None:
    outputs = [
        {"output_type": "pyout", "prompt_number": 2, "text": ["3"], "html": "<b>3</b>"},
        {"output_type": "stream", "stream": "stderr", "text": "careful"},
        {"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": []},
        {"output_type": "display_data", "png": PNG},
    ]
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Old"]},
        {"cell_type": "code", "input": ["1 + 2"], "language": "python", "prompt_number": 2, "outputs": outputs},
        {"cell_type": "markdown", "source": "*words*"},
    ]
    html = notebook.render(json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}]}).encode())
    assert '<h2 id="user-content-old">' in html and "In [2]" in html and "Out [2]" in html and "<b>3</b>" in html
    assert (
        'nb-stderr" tabindex="0">careful' in html and "E: v" in html and "nb-image" in html and "<em>words</em>" in html
    )


def test_broken_json_is_told_with_its_place() -> None:
    with pytest.raises(Invalid) as raised:
        notebook.render(b'{\n "cells": [,]}')
    assert raised.value.message == "This notebook is not valid JSON: Expecting value at line 2, column 12."
    assert raised.value.next_step == "Look at its source there."


@pytest.mark.parametrize("data", [b"[]", b"1", b"{}", b'"x"', b'{"nbformat": 4}'])
def test_other_json_is_no_notebook(data: bytes) -> None:
    with pytest.raises(Invalid, match=r"^This file is JSON, but no notebook: it has no list of cells"):
        notebook.render(data)


def test_what_a_notebook_says_of_itself() -> None:
    told = notebook.draw(json.dumps({"cells": [], "metadata": {"kernelspec": {"language": "Julia"}}}).encode())
    assert (told.language, told.cells, told.left_out) == ("julia", 0, ())
