"""Parts the text of a report into prose and blocks, and finds its title and what its head says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from hub.lib.render import frontmatter
from hub.lib.render.text import printable

LONGEST = 256 * 1024
"""Bytes of a report; longer ones are shown without their blocks."""
MOST_BLOCKS = 40
KINDS = ("runs", "chart", "compare", "file")
_MOST_DEFINITIONS = 200
_signs = re.compile(r"[*_`~]|<[^<>]{0,200}>|!?\[([^\[\]]{0,300})\]\([^()]{0,1000}\)")


@dataclass(frozen=True, slots=True)
class Prose:
    """A stretch of Markdown without blocks."""

    text: str


@dataclass(frozen=True, slots=True)
class Embed:
    """A fenced block: `source` is what stands between the fences, `line` the line of the file, from 1, it begins at."""

    number: int
    kind: str
    source: str
    line: int

    def line_of(self, inside: int) -> int:
        """The line of the file that is meant by a line of the block, from 1; its fence for 0, the whole block."""
        return self.line + inside - 1 if self.line else inside


@dataclass(frozen=True, slots=True)
class Report:
    """A report in pieces. `title` is "" when neither its head nor a first heading names it."""

    title: str
    summary: str
    author: str
    pieces: list[Prose | Embed] = field(default_factory=list)

    @property
    def embeds(self) -> list[Embed]:
        """Its blocks, in order."""
        return [piece for piece in self.pieces if isinstance(piece, Embed)]


def read_report(text: str) -> Report:
    """The pieces of a report; never raises. Fences inside of lists and quotations stay code."""
    text = printable(text).replace("\r\n", "\n")
    pairs, body = frontmatter.split(text)
    about = {key.lower(): value for key, value in pairs}
    skipped = text[: len(text) - len(body)].count("\n")
    lines = body.split("\n")
    if len(text.encode()) > LONGEST:
        return Report(about.get("title", ""), about.get("summary", ""), about.get("author", ""), [Prose(body)])
    environment: dict[str, dict[str, dict[str, list[int]]]] = {}
    tokens = _parser().parse(body, environment)
    title, heading = _title(tokens)
    if heading:
        for number in range(*heading):
            lines[number] = ""
    pieces = _pieces(lines, _blocks(tokens), _definitions(lines, environment), skipped)
    summary = about.get("summary", "") or about.get("description", "")
    return Report(about.get("title", "") or title, summary, about.get("author", ""), list(pieces))


def title_of(text: str) -> str:
    """The title alone, as lists of reports need it."""
    pairs, body = frontmatter.split(printable(text))
    named = next((value for key, value in pairs if key.lower() == "title"), "")
    return named or _title(_parser().parse(body[:4096], {}))[0]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _title(tokens: Sequence[Token]) -> tuple[str, list[int] | None]:
    """The words of a first heading of the first level, and its lines: the page shows it as its own."""
    if len(tokens) > 1 and tokens[0].type == "heading_open" and tokens[0].tag == "h1" and tokens[0].map:
        words = " ".join(_signs.sub(lambda match: match[1] or "", tokens[1].content).split())
        if words:
            return words, tokens[0].map
    return "", None


def _blocks(tokens: Sequence[Token]) -> list[tuple[str, str, int, int]]:
    """Kind, source, first line and the line behind, of every fence at the top level that asks for something live."""
    found = []
    for token in tokens:
        kind = token.info.split()[0].lower() if token.info.split() else ""
        if token.type == "fence" and token.level == 0 and token.map and kind in KINDS:
            found.append((kind, token.content, *token.map))
    return found  # type: ignore[return-value]


def _definitions(lines: Sequence[str], environment: dict[str, dict[str, dict[str, list[int]]]]) -> str:
    """The lines that define link references: each stretch of prose needs them, wherever they stand."""
    found = list(environment.get("references", {}).values())[:_MOST_DEFINITIONS]
    wanted = [range(*each["map"]) for each in found if each.get("map")]
    return "\n".join(lines[number] for each in wanted for number in each if number < len(lines))


def _pieces(
    lines: Sequence[str], blocks: Sequence[tuple[str, str, int, int]], definitions: str, skipped: int
) -> Iterator[Prose | Embed]:
    at = 0
    for number, (kind, source, first, end) in enumerate(blocks, start=1):
        yield from _prose(lines[at:first], definitions)
        yield Embed(number, kind, source, skipped + first + 2)
        at = end
    yield from _prose(lines[at:], definitions)


def _prose(lines: Sequence[str], definitions: str) -> Iterator[Prose]:
    text = "\n".join(lines)
    if text.strip():
        yield Prose(f"{text}\n\n{definitions}" if definitions else text)
