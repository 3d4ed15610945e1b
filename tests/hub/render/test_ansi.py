"""Terminal colours become classes; everything else that a terminal understands is dropped."""

from __future__ import annotations

import pytest

from hub.lib.render.ansi import render


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("\x1b[31mred\x1b[39m plain", '<span class="nb-fg-1">red</span> plain'),
        ("\x1b[1;94;41mx\x1b[0my", '<span class="nb-fg-12 nb-bg-1 nb-bold">x</span>y'),
        ("\x1b[3;4mx\x1b[23;24my", '<span class="nb-italic nb-underline">x</span>y'),
        ("\x1b[2mx\x1b[22my", '<span class="nb-dim">x</span>y'),
        ("\x1b[2;33mx\x1b[1my", '<span class="nb-fg-3 nb-dim">x</span><span class="nb-fg-3 nb-bold nb-dim">y</span>'),
        ("\x1b[mx", "x"),
        ("\x1b[38;5;9mx", '<span class="nb-fg-9">x</span>'),
        ("\x1b[38;5;196mx", '<span class="nb-fg-9">x</span>'),
        ("\x1b[48;5;240mx", '<span class="nb-bg-8">x</span>'),
        ("\x1b[38;2;0;160;0mx", '<span class="nb-fg-2">x</span>'),
        ("\x1b[38;5mx\x1b[38;9;1my", "xy"),
        ("\x1b[2K\x1b[1Ax\x1b]0;title\x07y\x1b[?25l", "xy"),
        ("\x1b]8;;https://e.example\x1b\\x", "x"),
        (" 1%\r50%\r99%\nend\r\n", "99%\nend\n"),
        ("ab\x08c", "ac"),
        ("<&>\"'", "&lt;&amp;&gt;&quot;&#x27;"),
    ],
)
def test_terminal_text(text: str, html: str) -> None:
    assert render(text) == html
