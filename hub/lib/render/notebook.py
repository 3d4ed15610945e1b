"""Jupyter notebooks to safe HTML: cells in order, with their outputs as they were saved; nothing is run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from hub.lib.errors import Invalid
from hub.lib.render import dialect, markdown, notebook_outputs, notebook_v3
from hub.lib.render.links import HERE, Place
from hub.lib.render.notebook_outputs import Budget, Limits, joined
from hub.lib.render.text import bytes_words, decode, escape

__all__ = ["Limits", "NotebookHtml", "cells_of", "draw", "language_of", "render"]

_language = re.compile(r"[A-Za-z0-9+#_-]{1,30}")
_cell_id = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class NotebookHtml:
    """A drawn notebook: its HTML, the language of its code, how many cells it has, and what was left out of it."""

    html: str
    language: str
    cells: int
    left_out: tuple[str, ...]


@dataclass(slots=True)
class _Drawing:
    """One notebook being drawn: where its links lead, what may still be spent, what was left out."""

    place: Place
    language: str
    limits: Limits
    budget: Budget
    colours: list[float] = field(default_factory=lambda: [dialect.SECONDS * 2])


def render(data: bytes, *, limits: Limits | None = None, place: Place = HERE) -> str:
    """The notebook `data` as HTML in `<div class="nb">`; raises like draw."""
    return draw(data, limits=limits, place=place).html


def draw(data: bytes, *, limits: Limits | None = None, place: Place = HERE) -> NotebookHtml:
    """The notebook `data` as HTML and what else there is to say of it; relative links are resolved by `place`.

    Raises Invalid when the bytes are larger than `limits.notebook_bytes` or are no notebook; for broken JSON it says
    the line and the column. Outputs over the limits are left out, each with a note at its place.
    """
    limits = limits or Limits()
    if len(data) > limits.notebook_bytes:
        size = f"{bytes_words(len(data))}; up to {bytes_words(limits.notebook_bytes)} are shown"
        raise Invalid(f"The notebook has {size}.", next_step="Download it and open it locally.")
    document = _read(data)
    cells = [cell for cell in _list(document.get("cells")) if isinstance(cell, dict)]
    drawing = _Drawing(place, _language_of(document), limits, Budget(limits))
    shown = [_cell(cell, number, drawing) for number, cell in enumerate(cells[: limits.cells], 1)]
    if len(cells) > limits.cells:
        shown.append(drawing.budget.leave_out(f"{len(cells) - limits.cells} more cells are not shown"))
    html = '<div class="nb">\n' + "\n".join(shown) + "\n</div>"
    return NotebookHtml(html, drawing.language, len(cells), tuple(drawing.budget.left_out))


def cells_of(data: bytes) -> list[tuple[str, str, list[dict[str, Any]], str]]:
    """Kind, source, outputs and id ("" in old notebooks) of each cell; [] for no bytes.

    Raises Invalid for what is no notebook, or too large.
    """
    if not data:
        return []
    if len(data) > Limits().notebook_bytes:
        raise Invalid(f"The notebook has {bytes_words(len(data))}.", next_step="Download it and open it locally.")
    cells = [cell for cell in _list(_read(data).get("cells")) if isinstance(cell, dict)]
    return [
        (
            str(cell.get("cell_type", "raw")),
            joined(cell.get("source")),
            [output for output in _list(cell.get("outputs")) if isinstance(output, dict)],
            _id_of(cell),
        )
        for cell in cells
    ]


def _id_of(cell: dict[str, Any]) -> str:
    found = cell.get("id")
    return found if isinstance(found, str) and _cell_id.fullmatch(found) else ""


def language_of(data: bytes) -> str:
    """The language of a notebook's code, "python" where it does not say. Raises Invalid for what is no notebook."""
    return _language_of(_read(data)) if data else "python"


def _read(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(decode(data)[0])
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Invalid(
            f"This notebook is not valid JSON: {error.msg} at {where}.", next_step="Look at its source there."
        ) from None
    except (RecursionError, ValueError):
        raise Invalid("This notebook is not valid JSON: it nests too deeply or holds an endless number.") from None
    if not isinstance(document, dict) or not ("cells" in document or "worksheets" in document):
        raise Invalid("This file is JSON, but no notebook: it has no list of cells.")
    return document if "cells" in document else notebook_v3.upgraded(document)


def _language_of(document: dict[str, Any]) -> str:
    metadata = _dict(document.get("metadata"))
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        name = _dict(metadata.get(section)).get(key)
        if isinstance(name, str) and _language.fullmatch(name):
            return name.lower()
    return "python"


def _cell(cell: dict[str, Any], number: int, drawing: _Drawing) -> str:
    source = joined(cell.get("source"))
    if len(source) > drawing.limits.source_chars:
        body = drawing.budget.leave_out(f"the source of cell {number} is too long to be shown")
        return f'<div class="nb-cell">{body}</div>'
    kind = cell.get("cell_type")
    if kind == "markdown":
        images = notebook_outputs.attachments(cell.get("attachments"), drawing.limits)
        body = markdown.render_at(source, drawing.place, images=images)
        body = drawing.budget.spend(body, f"cell {number}")
        return f'<div class="nb-cell nb-words"><div class="md">{body}</div></div>'
    if kind == "code":
        return _code_cell(cell, source, number, drawing)
    return f'<div class="nb-cell nb-raw"><pre class="nb-text" tabindex="0">{escape(source)}</pre></div>'


def _code_cell(cell: dict[str, Any], source: str, number: int, drawing: _Drawing) -> str:
    count = cell.get("execution_count")
    label = str(count) if isinstance(count, int) and 0 <= count < 10**9 else " "
    language = "bash" if source.startswith(("%%bash", "%%sh")) else drawing.language
    code = dialect.code_block(source, language, drawing.colours) if source.strip() else ""
    code = drawing.budget.spend(code, f"the source of cell {number}")
    parts = [f'<div class="nb-in"><div class="nb-prompt">In [{label}]</div>{code}</div>']
    outputs = [output for output in _list(cell.get("outputs")) if isinstance(output, dict)]
    drawn = [notebook_outputs.draw(output, number, drawing.budget, drawing.place) for output in outputs]
    shown = "\n".join(html for html in drawn if html)
    if shown:
        prompt = f"Out [{label}]" if any(o.get("output_type") == "execute_result" for o in outputs) else ""
        shown = f'<div class="nb-shown">{shown}</div>'
        parts.append(f'<div class="nb-out"><div class="nb-prompt">{prompt}</div>{shown}</div>')
    return f'<div class="nb-cell nb-code">{"".join(parts)}</div>'


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
