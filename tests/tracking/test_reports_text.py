"""Reports as text: how a document is parted, what blocks ask for, and what is said of blocks that make no sense."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.reports.blocks import (
    FIELDS,
    BlockFault,
    ChartBlock,
    Chosen,
    CompareBlock,
    FileBlock,
    RunsBlock,
    as_text,
    order_terms,
    read_block,
)
from tracking.reports.document import Embed, Prose, read_report, title_of

REPORT = """---
title: Less is more
author: Alice
---
# Heading

Before, see [the paper].

```runs
experiment: sweep
```
Between

- in a list
  ```runs
  experiment: not a block
  ```

```python
print(1)
```

```chart
metric: loss
```

[the paper]: https://example.org/paper
"""


def fault(kind: str, source: str) -> tuple[str, int]:
    """What is wrong with a block, and at which of its lines."""
    with pytest.raises(BlockFault) as caught:
        read_block(kind, source)
    return caught.value.message, caught.value.line_in(source)


def test_a_report_is_parted_into_prose_and_blocks() -> None:
    report = read_report(REPORT)
    assert [type(piece) for piece in report.pieces] == [Prose, Embed, Prose, Embed, Prose]
    first, second = report.embeds
    assert (first.kind, first.source, first.number) == ("runs", "experiment: sweep\n", 1)
    assert (second.kind, second.source, second.number) == ("chart", "metric: loss\n", 2)
    assert REPORT.split("\n")[first.line - 1] == "experiment: sweep"
    assert REPORT.split("\n")[second.line - 1] == "metric: loss"
    between = report.pieces[2]
    assert isinstance(between, Prose) and "not a block" in between.text and "print(1)" in between.text


def test_the_head_names_a_report_before_its_first_heading() -> None:
    report = read_report(REPORT)
    assert (report.title, report.author) == ("Less is more", "Alice")
    assert title_of(REPORT) == "Less is more"
    assert title_of("# A *fine* [find](x.md)\n\ntext") == "A fine find"
    assert title_of("text\n\n# Later") == ""


def test_a_heading_that_is_the_title_is_not_shown_twice() -> None:
    report = read_report("# Title\n\nText\n")
    assert report.title == "Title"
    assert "Title" not in "".join(piece.text for piece in report.pieces if isinstance(piece, Prose))


def test_links_defined_at_the_end_hold_before_a_block() -> None:
    first = read_report(REPORT).pieces[0]
    assert isinstance(first, Prose) and "[the paper]: https://example.org/paper" in first.text


def test_a_huge_report_is_shown_without_blocks() -> None:
    report = read_report("```runs\nexperiment: a\n```\n" + "x" * 300_000)
    assert report.embeds == []


@given(st.text(alphabet="`~#-:[]()<>\n ab\tcruns:chart", max_size=400))
@settings(max_examples=150, deadline=None)
def test_parting_never_fails_and_loses_no_block(text: str) -> None:
    report = read_report(text)
    assert [embed.number for embed in report.embeds] == list(range(1, len(report.embeds) + 1))
    title_of(text)


def test_a_runs_block_is_read() -> None:
    block = read_block(
        "runs",
        "experiment: vision\nfilter: metrics.loss < 0.5 and params.lr = '0.01'\n"
        "columns: params.lr, metrics.`a,b`\norder: -metrics.loss\nlimit: 7\nat: 2026-11-20\ntitle: Best",
    )
    chosen = Chosen("vision", (), "metrics.loss < 0.5 and params.lr = '0.01'", "-metrics.loss", 7, "2026-11-20")
    assert block == RunsBlock(chosen, ("params.lr", "metrics.a,b"), "Best")


def test_other_blocks_are_read() -> None:
    assert read_block("chart", "experiment: 3\nmetric: [loss, acc]\nx: time\nsmoothing: 0.6\nscale: log") == ChartBlock(
        Chosen("3", limit=10), ("loss", "acc"), "time", 0.6, log=True
    )
    assert read_block("compare", "runs: 012345678, abcdef0123") == CompareBlock(
        Chosen(runs=("012345678", "abcdef0123"), limit=5), ()
    )
    assert read_block("file", "path: /data/table.csv\nat: v1") == FileBlock("data/table.csv", "v1")


@pytest.mark.parametrize(
    ("kind", "source", "line", "words"),
    [
        ("runs", "", 0, "Say which runs"),
        ("runs", "experiment: a\nfilter: tags.x = 'a: b'", 2, "into quotes"),
        ("runs", "experiment: a\ncolour: red", 2, "has no “colour”"),
        ("runs", "experiment: a\nlimit: 100000", 2, "from 1 to 200"),
        ("runs", "experiment: a\nlimit: ten", 2, "from 1 to 200"),
        ("runs", "experiment: a\ncolumns: loss", 2, "is no column"),
        ("runs", "experiment: a\nat: not a day", 2, "“at” is"),
        ("runs", "runs: [abc]", 1, "no run id"),
        ("runs", "runs: abcdef0123\nfilter: metrics.a > 1", 2, "not both"),
        ("runs", "experiment: [a, b]", 1, "not a list"),
        ("runs", 'experiment: "a\\0b"', 1, "cannot be printed"),
        ("runs", "- a\n- b", 0, "expected"),
        ("runs", "a: &x [1]\nb: *x", 0, "aliases"),
        ("chart", "experiment: a", 0, "which metric"),
        ("chart", "experiment: a\nmetric: m\nx: sideways", 3, "one of: step, relative, time"),
        ("chart", "experiment: a\nmetric: m\nsmoothing: nan", 3, "from 0 to 0.99"),
        ("file", "", 0, "which file"),
        ("table", "a: b", 0, "no block called"),
        ("file", f"path: {'x' * 4000}", 0, "at most 3000"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_line(kind: str, source: str, line: int, words: str) -> None:
    message, at = fault(kind, source)
    assert words in message
    assert at == line


@given(st.sampled_from(sorted(FIELDS)), st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_block_or_a_fault(kind: str, source: str) -> None:
    try:
        read_block(kind, source)
    except BlockFault as caught:
        assert caught.message and caught.line_in(source) >= 0


_WORD = st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=60)


@given(_WORD.map(str.strip).filter(bool), _WORD.map(str.strip).filter(bool))
@settings(max_examples=200, deadline=None)
def test_a_block_that_is_written_reads_the_same(experiment: str, filter_text: str) -> None:
    text = as_text("runs", {"experiment": experiment, "filter": filter_text, "order": "-metrics.loss", "title": ""})
    report = read_report(f"text\n\n{text}\nmore")
    block = read_block("runs", report.embeds[0].source)
    assert isinstance(block, RunsBlock)
    assert block.chosen.experiment == " ".join(experiment.split())
    assert block.chosen.filter == " ".join(filter_text.split())
    assert block.chosen.order == "-metrics.loss"


def test_orders_are_written_as_searches_take_them() -> None:
    assert order_terms("metrics.loss") == ["metrics.`loss` ASC"]
    assert order_terms("-metrics.val/loss, start_time desc") == ["metrics.`val/loss` DESC", "start_time DESC"]
    assert order_terms("params.`a,b` asc") == ["params.`a,b` ASC"]
