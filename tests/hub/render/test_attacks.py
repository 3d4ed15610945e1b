"""No attack of the collection survives in any of the drawings."""

from __future__ import annotations

import base64
import json

import pytest

from hub.lib.render import ansi, frontmatter, highlight, markdown, notebook, sanitize, table, worddiff
from tests.hub.render.attacks import ATTACKS
from tests.hub.render.reading import assert_safe, read

each_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: repr(attack)[1:50])


def test_reader_sees_attacks() -> None:
    seen = [attack for attack in ATTACKS if attack.startswith("<") and read(attack).faults]
    assert len(seen) > 60
    assert read("<div class='md-note'><p>x</p></div>").faults == []


@each_attack
def test_markdown_survives(attack: str) -> None:
    assert_safe(markdown.render(attack))
    assert_safe(markdown.render(f"words {attack} words", link_base="/a/b/src/main", image_base="/a/b/raw/main"))
    assert_safe(markdown.render(f"- item\n\n  {attack}\n\n> {attack}\n\n# {attack}\n"))


@each_attack
def test_sanitiser_survives(attack: str) -> None:
    assert_safe(sanitize.clean(attack))
    assert_safe(sanitize.clean(sanitize.bare_formatting(f"<b x='{attack}'>{attack}</b>"), trusted_data=True))


@each_attack
def test_notebook_survives(attack: str) -> None:
    assert_safe(notebook.render(json.dumps(_notebook(attack)).encode()))


@each_attack
def test_code_table_and_terminal_survive(attack: str) -> None:
    for filename in ("x.html", "x.py", "x.md", "x"):
        for line in highlight.highlight_lines(attack, filename=filename):
            assert_safe(line)
    assert_safe(table.render_file(f'a,b\n"{attack}",1\n{attack},2'.encode(), filename=f"{attack}.csv"))
    for line in worddiff.mark_pair(attack, attack.replace("a", "b").replace("<", "< ")):
        assert_safe(line)
    assert_safe(ansi.render(f"\x1b[31m{attack}\x1b[0;38;5;{attack}m{attack}"))
    assert_safe(frontmatter.table([(attack, attack)]))


def _notebook(attack: str) -> dict[str, object]:
    svg = f"<svg xmlns='http://www.w3.org/2000/svg'>{attack}</svg>"
    data = [
        {"text/html": attack},
        {"text/html": [f"<table class='dataframe'><tr><td>{attack}", "</td></tr></table>"]},
        {"image/svg+xml": svg},
        {"image/png": attack},
        {"image/png": base64.b64encode(b"x").decode(), "text/plain": attack},
        {"text/plain": attack},
        {"text/latex": attack},
        {"text/markdown": attack},
        {"application/json": {attack: attack}},
        {attack: attack},
        {"application/vnd.plotly.v1+json": {}, "text/html": attack},
    ]
    outputs: list[object] = [{"output_type": "display_data", "data": bundle, "metadata": {}} for bundle in data]
    outputs.append({"output_type": "stream", "name": attack, "text": [attack]})
    outputs.append({"output_type": "error", "ename": attack, "evalue": attack, "traceback": [attack]})
    outputs.append({"output_type": "error", "ename": attack, "evalue": attack, "traceback": []})
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"language": attack}, "language_info": {"name": attack}},
        "cells": [
            {"cell_type": "code", "source": attack, "execution_count": attack, "outputs": outputs, "metadata": {}},
            {
                "cell_type": "markdown",
                "source": f"![x](attachment:a) {attack}",
                "attachments": {"a": {"image/png": attack}},
            },
            {"cell_type": "raw", "source": attack},
            {"cell_type": attack, "source": attack},
        ],
    }
