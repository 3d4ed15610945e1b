"""Sizes, numbers, times and spans in words, and the tags that draw them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.template import engines

from hub.lib import wording

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def plain(text: str) -> str:
    return text.replace(wording.THIN, " ")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (5 * 1024**4, "5.0 TiB"),
    ],
)
def test_bytes_text(size: int, text: str) -> None:
    assert plain(wording.bytes_text(size)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1234567, "1 234 567"), (-1234, "-1 234"), (0.5, "0.5"), (1234.5678, "1 234.57"),
        (0.0000123, "1.23e-05"), (2.5e12, "2.5e+12"), (float("nan"), "NaN"), (float("inf"), "∞"), (float("-inf"), "−∞"),
    ],
)  # fmt: skip
def test_number_text(value: float, text: str) -> None:
    assert plain(wording.number_text(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (999, "999"), (1000, "1k"), (12345, "12.3k"), (999_999, "1M"), (4_200_000, "4.2M")]
)
def test_compact_text(value: int, text: str) -> None:
    assert wording.compact_text(value) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=5), "just now"), (timedelta(seconds=60), "1 minute ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=1), "1 day ago"), (timedelta(days=13), "1 week ago"), (timedelta(days=45), "1 month ago"),
        (timedelta(days=800), "2 years ago"), (timedelta(minutes=-5), "in 5 minutes"),
    ],
)  # fmt: skip
def test_ago_text(span: timedelta, text: str) -> None:
    assert wording.ago_text(NOW - span, NOW) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0.4234, "0.42 s"),
        (12.34, "12.3 s"),
        (125, "2 m 05 s"),
        (timedelta(hours=3, minutes=12), "3 h 12 m"),
        (360_000, "4 d 4 h"),
    ],
)
def test_duration_text(span: float | timedelta, text: str) -> None:
    assert plain(wording.duration_text(span)) == text


@pytest.mark.parametrize(
    ("name", "letters"), [("bob", "B"), ("ada-lovelace", "AL"), ("a.b.c", "AC"), ("", "?"), ("_", "?")]
)
def test_initials_text(name: str, letters: str) -> None:
    assert wording.initials_text(name) == letters


def draw(text: str, **context: object) -> str:
    return engines["django"].from_string("{% load look %}" + text).render(context)


def test_icon_is_silent_unless_labelled() -> None:
    assert 'aria-hidden="true"' in draw('{% icon "git-branch" %}')
    labelled = draw('{% icon "x" label=label %}', label='"><script>')
    assert 'role="img" aria-label="&quot;&gt;&lt;script&gt;"' in labelled


def test_avatar_escapes_and_keeps_its_colour() -> None:
    assert draw('{% avatar "bob" %}') == draw('{% avatar "bob" %}')
    assert "<script" not in draw("{% avatar name %}", name="<script>")


def test_ago_holds_the_exact_time() -> None:
    assert draw("{% ago when %}", when=NOW).startswith(
        '<hub-time><time datetime="2026-01-31T12:00:00+00:00" title="2026-01-31 12:00:00 UTC">'
    )
    assert draw("{% ago when %}", when=None) == "never"
