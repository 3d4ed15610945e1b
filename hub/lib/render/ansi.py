"""Terminal output to HTML: colours become classes, overwritten lines show their last state, the rest is dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from hub.lib.render.text import escape

_colour = re.compile(r"\x1b\[([0-9;]{0,200})m")
# Every other escape sequence: CSI ones, titles and links (OSC), and the short two-character kind.
_other = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|[@-Z\\^_])")
_backspaced = re.compile(r"[^\n\x08]\x08")


@dataclass(frozen=True, slots=True)
class _Style:
    ink: int | None = None
    ground: int | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False

    def classes(self) -> str:
        names = [f"nb-fg-{self.ink}"] if self.ink is not None else []
        names += [f"nb-bg-{self.ground}"] if self.ground is not None else []
        names += ["nb-bold"] * self.bold + ["nb-dim"] * self.dim
        names += ["nb-italic"] * self.italic + ["nb-underline"] * self.underline
        return " ".join(names)


_PLAIN = _Style()


def render(text: str) -> str:
    """`text` as HTML for a `<pre>`; its colours are the sixteen of a terminal, as classes nb-fg-0 … nb-bg-15."""
    text = _backspaced.sub("", "\n".join(_last_state(line) for line in text.split("\n")))
    out: list[str] = []
    style, at = _PLAIN, 0
    for match in _colour.finditer(text):
        out.append(_piece(style, text[at : match.start()]))
        style, at = _changed(style, match[1]), match.end()
    out.append(_piece(style, text[at:]))
    return "".join(out)


def _last_state(line: str) -> str:
    """What a line shows in the end: a progress bar goes back to its start and writes over itself."""
    return line.rstrip("\r").rpartition("\r")[2]


def _piece(style: _Style, text: str) -> str:
    text = _other.sub("", text).replace("\x1b", "")
    if not text or style == _PLAIN:
        return escape(text)
    return f'<span class="{style.classes()}">{escape(text)}</span>'


def _changed(style: _Style, parameters: str) -> _Style:
    codes = [int(code[:4] or 0) for code in parameters.split(";")]
    at = 0
    while at < len(codes):
        code = codes[at]
        if code in (38, 48):
            colour, used = _extended(codes[at + 1 :])
            style = replace(style, ink=colour) if code == 38 else replace(style, ground=colour)
            at += used
        else:
            style = _simple(style, code)
        at += 1
    return style


def _simple(style: _Style, code: int) -> _Style:
    if code == 0:
        return _PLAIN
    if code == 22:
        return replace(style, bold=False, dim=False)
    if code in (1, 2):
        return replace(style, bold=style.bold or code == 1, dim=style.dim or code == 2)
    if code in (3, 23):
        return replace(style, italic=code == 3)
    if code in (4, 24):
        return replace(style, underline=code == 4)
    if 30 <= code <= 37 or code == 39:
        return replace(style, ink=None if code == 39 else code - 30)
    if 40 <= code <= 47 or code == 49:
        return replace(style, ground=None if code == 49 else code - 40)
    if 90 <= code <= 97:
        return replace(style, ink=code - 82)
    if 100 <= code <= 107:
        return replace(style, ground=code - 92)
    return style


def _extended(codes: list[int]) -> tuple[int | None, int]:
    """The nearest of the sixteen colours to a 256-colour or RGB one, and how many numbers it took."""
    if codes[:1] == [5] and len(codes) >= 2:
        return _of_256(codes[1]), 2
    if codes[:1] == [2] and len(codes) >= 4:
        return _nearest(codes[1], codes[2], codes[3]), 4
    return None, len(codes)


def _of_256(code: int) -> int | None:
    if code < 16:
        return code
    if code > 255:
        return None
    if code >= 232:
        level = 8 + (code - 232) * 10
        return _nearest(level, level, level)
    code -= 16
    return _nearest(*(0 if step == 0 else 55 + 40 * step for step in (code // 36, code // 6 % 6, code % 6)))


def _nearest(red: int, green: int, blue: int) -> int:
    top = max(red, green, blue)
    if top < 60:
        return 0
    if top - min(red, green, blue) < 40:
        return 8 if top < 130 else 7 if top < 210 else 15
    base = sum(bit for bit, part in ((1, red), (2, green), (4, blue)) if part > top / 2)
    return base + 8 if top > 200 else base
