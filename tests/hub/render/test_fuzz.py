"""Whatever the bytes: no exception but Invalid, and nothing that runs."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.lib.errors import Invalid
from hub.lib.render import ansi, highlight, markdown, notebook, sniff, table, text, worddiff
from tests.hub.render.attacks import ATTACKS
from tests.hub.render.reading import assert_safe, text_of

thorough = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Whole code points, surrogates too, mixed with what has a meaning somewhere.
_pieces = st.sampled_from(
    [*ATTACKS, "<", ">", "&", '"', "'", "\x1b[31m", "\r", "\n", "|", "`", "[^1]", "](", "\ud800", "\0"]
)
texts = st.lists(
    st.one_of(st.text(max_size=30), st.text(st.characters(codec=None), max_size=9), _pieces), max_size=12
).map("".join)
names = st.sampled_from(
    ["a.py", "a.html", "a.md", "a.js", "a.yaml", "a.sql", "a.csv", "a.ipynb", "Dockerfile", "a", ""]
)
fields = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=9), inner, max_size=4)),
    max_leaves=8,
)


@thorough
@given(texts)
def test_markdown_takes_any_text(source: str) -> None:
    assert_safe(markdown.render(source, link_base="/o/r/src/main", image_base="/o/r/raw/main", directory="docs"))
    assert len(markdown.render_plain_summary(source, length=40)) <= 40


@thorough
@given(texts, names)
def test_highlight_keeps_every_line(source: str, name: str) -> None:
    lines = highlight.highlight_lines(source, filename=name)
    assert [assert_safe(line).open_tags for line in lines] == [[]] * len(text.split_lines(source))


@thorough
@given(st.binary(max_size=400))
def test_bytes_of_any_kind_are_drawn_or_refused(data: bytes) -> None:
    sniff.kind(data, "x.csv")
    assert_safe(table.render_file(data, filename="x.csv"))
    with suppress(Invalid):
        assert_safe(notebook.render(data))


@thorough
@given(texts)
def test_tables_take_any_text(source: str) -> None:
    assert_safe(table.render_file(source.encode("utf-8", "surrogatepass"), filename="x.csv"))
    assert_safe(table.render_file(source.encode("utf-16", "surrogatepass"), filename="x.tsv"))


@thorough
@given(texts)
def test_terminal_output_takes_any_text(source: str) -> None:
    assert_safe(ansi.render(source))


@thorough
@given(texts, texts)
def test_word_marks_keep_the_words(old: str, new: str) -> None:
    for source, html in zip((old, new), worddiff.mark_pair(old, new), strict=True):
        assert assert_safe(html) and text_of(html) == text_of(text.escape(source))


@thorough
@given(
    st.sampled_from([3, 4]),
    st.dictionaries(st.sampled_from(["source", "input", "outputs", "attachments"]), fields),
    fields,
)
def test_misshapen_notebooks_are_drawn_or_refused(version: int, cell: dict[str, object], anything: object) -> None:
    output = {"output_type": "display_data", "data": anything, "text": anything, "traceback": anything, "png": anything}
    cells = [
        {"cell_type": kind, "outputs": [output, anything], **cell} for kind in ("code", "markdown", "raw", "heading")
    ]
    document = {"nbformat": version, "metadata": anything, "cells": [*cells, anything]}
    if version == 3:
        document = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}, anything]}
    with suppress(Invalid):
        assert_safe(notebook.render(json.dumps(document).encode()))
