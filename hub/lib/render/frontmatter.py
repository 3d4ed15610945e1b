"""The `key: value` head of a Markdown file, taken off the text and shown as a small table."""

from __future__ import annotations

import re

from hub.lib.render.text import escape

_block = re.compile(r"\A---[ \t]*\r?\n(.{1,16384}?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_pair = re.compile(r"([A-Za-z_][\w .-]{0,60}):(?:[ \t]+(.*))?")
MAX_KEYS = 60


def split(text: str) -> tuple[list[tuple[str, str]], str]:
    """The pairs of the front matter and the text after it; no pairs and the whole text when there is none."""
    match = _block.match(text)
    if not match:
        return [], text
    pairs = _pairs(match[1].splitlines())
    return (pairs, text[match.end() :]) if pairs else ([], text)


def _pairs(lines: list[str]) -> list[tuple[str, str]]:
    """What a reader needs of YAML: top-level keys, with nested lines kept as they are written."""
    pairs: list[tuple[str, list[str]]] = []
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _pair.fullmatch(line)
        if match:
            pairs.append((match[1].strip(), [_plain(match[2] or "")]))
        elif pairs and line.startswith((" ", "\t", "-")):
            pairs[-1][1].append(line)
        else:
            return []
    return [(key, _joined(values)) for key, values in pairs[:MAX_KEYS]]


def _joined(values: list[str]) -> str:
    first, nested = values[0], values[1:]
    items = [_plain(line.strip()[2:]) for line in nested if line.strip().startswith("- ")]
    if nested and len(items) == len(nested) and not any(_pair.fullmatch(item) for item in items):
        return ", ".join(items)
    if first in ("|", ">", "|-", ">-"):
        return "\n".join(line.strip() for line in nested)
    return "\n".join([first] * bool(first) + nested)


def _plain(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    if value.startswith("[") and value.endswith("]"):
        return ", ".join(_plain(item) for item in value[1:-1].split(",") if item.strip())
    return value


def table(pairs: list[tuple[str, str]]) -> str:
    """The pairs as HTML, "" for none."""
    if not pairs:
        return ""
    rows = "".join(f'<tr><th scope="row">{escape(key)}</th><td>{_cell(value)}</td></tr>' for key, value in pairs)
    return f'<div class="md-table md-front" tabindex="0"><table><tbody>{rows}</tbody></table></div>\n'


def _cell(value: str) -> str:
    return f"<pre>{escape(value)}</pre>" if "\n" in value else escape(value)
