"""Highlighted code and terminal colours can be read: 4.5:1 on every ground they stand on, in both themes."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[3] / "hub/static/hub/css"
_pair = re.compile(r"(--[\w-]+):\s*light-dark\(oklch\(([^)]*)\), oklch\(([^)]*)\)\);")
_alias = re.compile(r"(--[\w-]+):\s*var\((--[\w-]+)\);")
INKS = re.findall(r"\.hl-[cknsft] \{\s*color: var\((--[\w-]+)\)", (CSS / "components/highlight.css").read_text())
TERMINAL = [f"--nb-{name}" for name in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")]


def luminances() -> dict[str, tuple[float, float]]:
    text = (CSS / "tokens.css").read_text() + (CSS / "components/notebook.css").read_text()
    found = {name: (luminance(light), luminance(dark)) for name, light, dark in _pair.findall(text)}
    for name, target in _alias.findall(text):
        found[name] = found[target]
    return found


def luminance(oklch: str) -> float:
    """The relative luminance of `L C H`, as WCAG weighs it."""
    lightness, chroma, hue = (float(part) for part in oklch.split())
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return sum(weight * min(max(part, 0), 1) for weight, part in ((0.2126, red), (0.7152, green), (0.0722, blue)))


def contrast(ink: str, ground: str, theme: int) -> float:
    colours = luminances()
    lighter, darker = sorted((colours[ink][theme], colours[ground][theme]), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_every_class_of_code_has_a_colour() -> None:
    assert len(set(INKS)) == 6


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["--page", "--band", "--added", "--removed"])
def test_code_can_be_read(ground: str, theme: int) -> None:
    assert {ink: round(contrast(ink, ground, theme), 1) for ink in INKS if contrast(ink, ground, theme) < 4.5} == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["--added-word", "--removed-word"])
def test_marked_words_can_be_read(ground: str, theme: int) -> None:
    assert contrast("--text", ground, theme) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["--page", "--warn-tint", "--bad-tint"])
def test_terminal_colours_can_be_read(ground: str, theme: int) -> None:
    assert {ink: round(contrast(ink, ground, theme), 1) for ink in TERMINAL if contrast(ink, ground, theme) < 4.5} == {}
