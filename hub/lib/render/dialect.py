"""The Markdown that is read here: CommonMark with GitHub's tables, task lists, alerts, footnotes and bare links."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_def, footnote_ref

from hub.lib.render.highlight import highlight_code
from hub.lib.render.text import escape

# All the code blocks of one document share this much time for their colours.
SECONDS = 2.0
MAX_FOOTNOTES = 1000
_footnote = re.compile(r"\[\^[^\s\[\]]{1,80}\]")
_bare_link = re.compile(r"(?<![\w/.@-])https?://[^\s<>\"'`\\^{}|]{1,2000}", re.IGNORECASE)
_slug_drops = re.compile(r"[^\w\- ]")
_align = {"text-align:left": "left", "text-align:right": "right", "text-align:center": "center"}
_MARKS = {"NOTE": "info", "TIP": "good", "IMPORTANT": "info", "WARNING": "warn", "CAUTION": "bad"}


def parser(*, raw_html: bool) -> MarkdownIt:
    """A parser of the dialect. Its output is not safe yet: it belongs through sanitize.clean."""
    options = {"html": raw_html, "tasklists": True, "alerts": True}
    md = MarkdownIt("commonmark", options).enable(["table", "strikethrough"]).use(footnote_plugin, inline=False)
    md.block.ruler.at("footnote_def", _footnote_def, {"alt": ["paragraph", "reference"]})
    md.inline.ruler.at("footnote_ref", _footnote_ref)
    md.core.ruler.push("headings", _name_headings)
    md.core.ruler.push("cells", _align_cells)
    md.core.ruler.push("bare_links", _link_addresses)
    for name, rule in _RULES.items():
        md.add_render_rule(name, rule)
    return md


def _footnote_def(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    # SECURITY: the plugin's own search for the bracket takes quadratic time on a long run of "[^".
    at = state.bMarks[start_line] + state.tShift[start_line]
    return bool(_footnote.match(state.src, at)) and footnote_def(state, start_line, end_line, silent)


def _footnote_ref(state: StateInline, silent: bool) -> bool:
    # SECURITY: see above; and each reference adds a way back, so their number is bounded.
    if not _footnote.match(state.src, state.pos) or state.env.get("footnote_count", 0) >= MAX_FOOTNOTES:
        return False
    found = footnote_ref(state, silent)
    if found and not silent:
        state.env["footnote_count"] = state.env.get("footnote_count", 0) + 1
    return found


def _name_headings(state: StateCore) -> None:
    """Every heading gets an id from its words, as on GitHub, and a link to itself."""
    seen: dict[str, int] = {}
    for number, token in enumerate(state.tokens):
        if token.type != "heading_open":
            continue
        children = state.tokens[number + 1].children or []
        words = "".join(child.content for child in children if child.type in ("text", "code_inline"))
        slug = _slug_drops.sub("", words.strip().lower()).replace(" ", "-")[:120] or "section"
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        name = f"{slug}-{count}" if count else slug
        token.attrSet("id", name)
        state.tokens[number + 1].children = [*children, *_self_link(name)]


def _self_link(name: str) -> list[Token]:
    opening = Token("link_open", "a", 1, attrs={"class": "md-anchor", "href": f"#{name}", "aria-label": "Link here"})
    return [opening, Token("text", "", 0, content="#"), Token("link_close", "a", -1)]


def _align_cells(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("th_open", "td_open"):
            side = _align.get(str(token.attrs.pop("style", "")))
            if side:
                token.attrSet("align", side)


def _link_addresses(state: StateCore) -> None:
    """Bare http(s) addresses in running text become links."""
    for token in state.tokens:
        if token.type == "inline" and token.children and "://" in token.content:
            token.children = _with_links(token.children)


def _with_links(children: list[Token]) -> list[Token]:
    out: list[Token] = []
    inside = 0
    for child in children:
        if child.type == "link_open" or (child.type == "html_inline" and child.content[:2].lower() == "<a"):
            inside += 1
        elif child.type == "link_close" or (child.type == "html_inline" and child.content[:3].lower() == "</a"):
            inside -= 1
        if child.type == "text" and inside <= 0:
            out += _split_text(child)
        else:
            out.append(child)
    return out


def _split_text(token: Token) -> list[Token]:
    out: list[Token] = []
    at = 0
    for match in _bare_link.finditer(token.content):
        address = _without_tail(match[0])
        out.append(Token("text", "", 0, content=token.content[at : match.start()]))
        out.append(Token("link_open", "a", 1, attrs={"href": address}))
        out += [Token("text", "", 0, content=address), Token("link_close", "a", -1)]
        at = match.start() + len(address)
    return [*out, Token("text", "", 0, content=token.content[at:])] if out else [token]


def _without_tail(address: str) -> str:
    """The address without the punctuation of the sentence around it, and without a bracket that it did not open."""
    while address[-1] in "?!.,:;*_~)]":
        if address[-1] == ")" and address.count("(") >= address.count(")"):
            break
        address = address[:-1]
    return address


Rule = Callable[..., str]


def _fence(_: Any, tokens: Sequence[Token], idx: int, options: Any, env: dict[str, Any]) -> str:
    words = tokens[idx].info.split()
    left = env.setdefault("seconds", [SECONDS])
    return code_block(tokens[idx].content, words[0] if words else "", left)


def code_block(source: str, language: str, left: list[float]) -> str:
    """A block of code; `left` holds the seconds that remain for colours and is charged for those used."""
    start = time.monotonic()
    body = highlight_code(source, language=language.strip("{}."), seconds=left[0])
    left[0] -= time.monotonic() - start
    return f'<pre class="hl" tabindex="0"><code>{body}</code></pre>\n'


def _list_item(md: Any, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    token = tokens[idx]
    if "checked" not in token.meta:
        return str(md.renderToken(tokens, idx, options, env))
    done = token.meta["checked"]
    word, sign = ("Done", "☑") if done else ("To do", "☐")
    return f'<li class="md-task"><span class="md-check" title="{word}">{sign}</span> '


def _alert_open(_: Any, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    return f'<div class="md-alert md-alert-{_MARKS.get(tokens[idx].meta["kind"].upper(), "info")}">\n'


def _footnote_mark(_: Any, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    number, again = tokens[idx].meta["id"] + 1, tokens[idx].meta.get("subId", 0)
    name = f"{number}-{again}" if again else str(number)
    return f'<sup><a href="#fn-{number}" id="fnref-{name}" aria-label="Footnote {number}">{number}</a></sup>'


def _footnote_back(_: Any, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    number, again = tokens[idx].meta["id"] + 1, tokens[idx].meta.get("subId", 0)
    name = f"{number}-{again}" if again else str(number)
    return f' <a href="#fnref-{name}" aria-label="Back to the text of footnote {number}">↩</a>'


def _footnote_open(_: Any, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    return f'<li id="fn-{tokens[idx].meta["id"] + 1}">'


def _fixed(html: str) -> Rule:
    return lambda *_: html


def _plain_code(_: Any, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    return f'<pre class="hl" tabindex="0"><code>{escape(tokens[idx].content)}</code></pre>\n'


_RULES: dict[str, Rule] = {
    "fence": _fence,
    "code_block": _plain_code,
    "list_item_open": _list_item,
    "alert_open": _alert_open,
    "alert_title_open": _fixed('<p class="md-alert-title">'),
    "table_open": _fixed('<div class="md-table" tabindex="0"><table>\n'),
    "table_close": _fixed("</table></div>\n"),
    "footnote_ref": _footnote_mark,
    "footnote_anchor": _footnote_back,
    "footnote_open": _footnote_open,
    "footnote_close": _fixed("</li>\n"),
    "footnote_block_open": _fixed('<section class="md-notes"><ol>\n'),
    "footnote_block_close": _fixed("</ol></section>\n"),
}
