"""Makes the two assets that have sources: a style sheet from the files in css/, an icon sprite from lucide's SVGs."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder

HERE = Path(__file__).resolve().parent / "static" / "hub"
CSS = HERE / "css"
SHEET = CSS / "hub.css"
ICON_NAMES = HERE / "img" / "icons.txt"
SPRITE = HERE / "img" / "icons.svg"
LUCIDE = Path(__file__).resolve().parent.parent / "node_modules" / "lucide-static" / "icons"

_css_comment = re.compile(r"/\*.*?\*/", re.DOTALL)
_xml_comment = re.compile(r"<!--.*?-->", re.DOTALL)
_svg_body = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_class = re.compile(r'\s+class="[^"]*"')
_STROKES = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'


class MissingIcon(Exception):
    """icons.txt names an icon that the installed lucide-static does not have."""


def build_assets(*, force: bool = False) -> list[Path]:
    """Both assets are present and newer than their sources; returns those that were written.

    Without sources (an installed wheel carries only the results) nothing is touched.
    """
    written = []
    if force or _stale(SHEET, _css_sources()):
        _replace(SHEET, style_sheet())
        written.append(SHEET)
    if LUCIDE.is_dir() and (force or _stale(SPRITE, [ICON_NAMES, LUCIDE])):
        _replace(SPRITE, icon_sprite())
        written.append(SPRITE)
    return written


def style_sheet() -> str:
    """The whole style sheet: tokens, then base, then components by name, each in the cascade layer of its folder."""
    parts = ["@layer tokens, base, components, pages;"]
    for source in _css_sources():
        layer = {"tokens.css": "tokens", "base.css": "base"}.get(source.name) or source.parent.name
        text = _css_comment.sub("", source.read_text())
        lines = [line.strip() for line in text.splitlines()]
        parts.append(f"@layer {layer} {{\n" + "\n".join(line for line in lines if line) + "\n}")
    return "\n".join(parts) + "\n"


def icon_sprite() -> str:
    """One SVG with a symbol for each name in icons.txt; raises MissingIcon."""
    symbols = [_symbol(name) for name in icon_names()]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def icon_names() -> list[str]:
    """The icons that pages may use, in the order of icons.txt."""
    lines = (line.split("#")[0].split() for line in ICON_NAMES.read_text().splitlines())
    return sorted({name for names in lines for name in names})


def _symbol(name: str) -> str:
    file = LUCIDE / f"{name}.svg"
    if not file.is_file():
        raise MissingIcon(
            f"icons.txt names {name!r}, which lucide-static does not have. Look for its name on lucide.dev."
        )
    body = _svg_body.search(_xml_comment.sub("", file.read_text()))
    assert body, file
    shapes = _class.sub("", " ".join(body[1].split()))
    return f'<symbol id="{name}" viewBox="0 0 24 24" {_STROKES}>{shapes}</symbol>'


def _css_sources() -> list[Path]:
    parts = sorted((CSS / "components").glob("*.css")) + sorted((CSS / "pages").glob("*.css"))
    return [file for file in (CSS / "tokens.css", CSS / "base.css", *parts) if file.is_file()]


def _stale(target: Path, sources: Iterable[Path]) -> bool:
    dates = [source.stat().st_mtime for source in sources] + [folder.stat().st_mtime for folder in _folders(target)]
    if not target.exists():
        return True
    return bool(dates) and max(dates) > target.stat().st_mtime


def _folders(target: Path) -> Iterator[Path]:
    # A deleted component shows only in the date of its folder.
    if target == SHEET:
        yield from (folder for folder in (CSS / "components", CSS / "pages") if folder.is_dir())


def _replace(target: Path, text: str) -> None:
    # Several processes may start at once: each writes its own draft, the last rename wins, readers see whole files.
    draft = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.write_text(text)
    draft.rename(target)


class AssetsFinder(BaseFinder):
    """A static-files finder that finds nothing: it makes the two assets before the other finders look for them.

    Must come first in STATICFILES_FINDERS. So an edited component shows at the next reload, and collectstatic
    never collects an old sheet.
    """

    targets = {f"hub/{file.relative_to(HERE).as_posix()}": file for file in (SHEET, SPRITE)}

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:
        """Freshen the asset at `path`, if it is one; always leaves the finding to the next finder."""
        if path in self.targets:
            build_assets()
        return []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """Freshen both assets; lists nothing."""
        build_assets()
        return []

    def check(self, **_: Any) -> Any:
        """Nothing can be configured wrongly."""
        return []
