"""Markdown to safe HTML, and to a line of plain text."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import lru_cache

from markdown_it import MarkdownIt

from hub.lib.render import dialect, frontmatter, sanitize
from hub.lib.render.links import Place
from hub.lib.render.text import bytes_words, escape, printable

MAX_BYTES = 512 * 1024
# Markup can grow on its way to HTML (tables with few words and many cells); beyond this the text is shown instead.
MAX_HTML = 8 * 1024 * 1024
_SUMMARY_READS = 16 * 1024


def render(text: str, *, link_base: str = "", image_base: str = "", directory: str = "") -> str:
    """`text` as HTML that can run, restyle and submit nothing; never raises.

    Relative links are joined to `link_base`, relative pictures to `image_base`: the addresses of the top folder's pages
    and raw files. `directory` is the document's own folder below them; links that climb out of the top end there.
    Over MAX_BYTES the text is shown as it is.
    """
    return render_at(text, Place(link_base, image_base, directory))


def render_at(text: str, place: Place, *, images: Mapping[str, str] | None = None) -> str:
    """Like render; `images` resolves `attachment:` pictures, as notebooks have them, to data: images."""
    text = printable(text)
    if len(text.encode()) > MAX_BYTES:
        return _as_text(text, f"it has more than {bytes_words(MAX_BYTES)}")
    pairs, body = frontmatter.split(text)
    html = _parser(raw_html=not sanitize.too_many_tags(body)).render(body, {})
    if len(html) > MAX_HTML:
        return _as_text(text, "its formatted form would be very large")
    return sanitize.clean(frontmatter.table(pairs) + sanitize.bare_formatting(html), place=place, images=images or {})


def render_plain_summary(text: str, *, length: int = 160) -> str:
    """The first paragraph's words as plain text (to be escaped by the template), at most `length` characters."""
    _, body = frontmatter.split(printable(text[:_SUMMARY_READS]))
    tokens = _parser(raw_html=True).parse(body, {})
    for opening, token in itertools.pairwise(tokens):
        if opening.type == "paragraph_open" and opening.level == 0:
            words = " ".join("".join(_words(child.type, child.content) for child in token.children or []).split())
            if words:
                return _cut(words, length)
    return ""


def _words(kind: str, content: str) -> str:
    if kind in ("text", "code_inline"):
        return content
    return " " if kind in ("softbreak", "hardbreak") else ""


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    head = text[: length - 1]
    return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(" ,;:.") + "…"


def _as_text(text: str, why: str) -> str:
    note = f'<p class="md-note">This document is shown as plain text because {why}.</p>'
    return f'{note}\n<pre class="md-plain" tabindex="0">{escape(text)}</pre>'


@lru_cache(maxsize=2)
def _parser(*, raw_html: bool) -> MarkdownIt:
    return dialect.parser(raw_html=raw_html)
