"""Source code becomes one balanced line of HTML per line of the file."""

from __future__ import annotations

import pytest

from hub.lib.render.highlight import highlight_code, highlight_lines
from hub.lib.render.lexers import lexer_for_file
from tests.hub.render.reading import assert_safe, text_of


def test_spans_are_opened_anew_on_each_line() -> None:
    assert highlight_lines('x = """a\nb"""\n', filename="x.py") == [
        'x = <span class="hl-s">&quot;&quot;&quot;a</span>',
        '<span class="hl-s">b&quot;&quot;&quot;</span>',
    ]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", []),
        ("\n", [""]),
        ("a", ["a"]),
        ("a\n\n\nb\n\n", ["a", "", "", "b", ""]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\rb\n", ["a␍b"]),
        ("a\fb\x0bc\u2028d\n", ["a�b�c\u2028d"]),
        ("\ufeffa\nb", ["a", "b"]),
    ],
)
@pytest.mark.parametrize("filename", ["x.py", "x.md", "x.yaml", "x.txt", "x.nosuch"])
def test_lines_are_those_of_git(source: str, lines: list[str], filename: str) -> None:
    drawn = highlight_lines(source, filename=filename)
    assert [text_of(line).removeprefix("\ufeff") for line in drawn] == lines


@pytest.mark.parametrize(
    ("filename", "first_line", "language"),
    [
        ("train.py", "", "Python"),
        ("a/b/Dockerfile", "", "Docker"),
        ("Makefile", "", "Makefile"),
        ("data.csv.dvc", "", "YAML"),
        ("dvc.lock", "", "YAML"),
        ("MLmodel", "", "YAML"),
        ("n.ipynb", "", "JSON"),
        ("run", "#!/usr/bin/env python3", "Python"),
        ("run", "#!/bin/sh -e", "Bash"),
        ("run", "#!/usr/bin/env -S node --x", "JavaScript"),
        ("run.py", "#!/bin/sh", "Python"),
        ("run", "plain words", None),
        ("x.nosuch", "", None),
    ],
)
def test_language_is_told_by_name_then_by_first_line(filename: str, first_line: str, language: str | None) -> None:
    lexer = lexer_for_file(filename, first_line)
    assert (lexer.name if lexer else None) == language


def test_code_of_a_named_language() -> None:
    assert highlight_code("def f():\n    return None\n", language="py") == (
        '<span class="hl-k">def</span> <span class="hl-f">f</span>():\n'
        '    <span class="hl-k">return</span> <span class="hl-k">None</span>'
    )
    assert highlight_code("<b>", language="") == "&lt;b&gt;"


def test_every_line_is_balanced_and_carries_classes_only() -> None:
    source = (
        "# c\nclass A(B):\n    '''doc\n    <b>'''\n    @d\n    def f(self, x: int = 0x1F):\n        return f'{x}<'\n"
    )
    for line in highlight_lines(source, filename="a.py"):
        assert_safe(line)
