"""Changed words are marked; the words themselves never change."""

from __future__ import annotations

from hub.lib.render.highlight import highlight_lines
from hub.lib.render.worddiff import changed_ranges, mark_highlighted, mark_pair, overlay
from tests.hub.render.reading import assert_safe, text_of


def test_changed_words_are_marked() -> None:
    assert mark_pair("x = a < 1", "x = b < 1") == (
        'x = <del class="hl-del">a</del> &lt; 1',
        'x = <ins class="hl-ins">b</ins> &lt; 1',
    )


def test_added_words_are_marked_on_one_side_only() -> None:
    assert mark_pair("f(a)", "f(a, b)") == ("f(a)", 'f(a<ins class="hl-ins">, b</ins>)')


def test_lines_that_have_nothing_in_common_are_not_marked() -> None:
    assert mark_pair("import os", "return value + 1") == ("import os", "return value + 1")
    assert changed_ranges("same", "same") == ([], [])


def test_marks_lie_over_highlighted_lines() -> None:
    old, new = 'x = "a & b"', 'x = "a & c"'
    old_html, new_html = (highlight_lines(line, filename="x.py")[0] for line in (old, new))
    marked_old, marked_new = mark_highlighted(old, new, old_html, new_html)
    assert marked_old == 'x = <span class="hl-s">&quot;a &amp; <del class="hl-del">b</del>&quot;</span>'
    assert text_of(marked_new) == new


def test_marks_across_tags_stay_balanced() -> None:
    html = 'a<span class="hl-k">bc</span><span class="hl-s">d</span>e'
    assert overlay(html, [(1, 4)], "ins") == (
        'a<span class="hl-k"><ins class="hl-ins">bc</ins></span><span class="hl-s"><ins class="hl-ins">d</ins></span>e'
    )
    assert_safe(overlay(html, [(0, 2), (3, 5)], "ins"))
