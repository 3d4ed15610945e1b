"""Notebooks as they were written until 2015 (formats 1 to 3), in today's form."""

from __future__ import annotations

from typing import Any

_MIMES = {
    "text": "text/plain",
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript",
}
_OUTPUTS = {"pyout": "execute_result", "pyerr": "error"}


def upgraded(document: dict[str, Any]) -> dict[str, Any]:
    """A document of format 4 with the cells of all worksheets; what is misshapen is left out, nothing is raised."""
    sheets = document.get("worksheets")
    cells = [
        _cell(cell)
        for sheet in (sheets if isinstance(sheets, list) else [])
        if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
        for cell in sheet["cells"]
        if isinstance(cell, dict)
    ]
    return {"metadata": document.get("metadata"), "cells": cells}


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    kind = cell.get("cell_type")
    if kind == "code":
        outputs = cell.get("outputs")
        drawn = [_output(output) for output in outputs if isinstance(output, dict)] if isinstance(outputs, list) else []
        count = cell.get("prompt_number")
        return {"cell_type": "code", "source": cell.get("input"), "execution_count": count, "outputs": drawn}
    if kind == "heading":
        level = cell.get("level")
        signs = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1)
        source = cell.get("source")
        words = "".join(map(str, source)) if isinstance(source, list) else str(source or "")
        return {"cell_type": "markdown", "source": f"{signs} {' '.join(words.split())}"}
    return {"cell_type": "raw" if kind == "raw" else "markdown", "source": cell.get("source")}


def _output(output: dict[str, Any]) -> dict[str, Any]:
    kind = output.get("output_type")
    data = {mime: output[name] for name, mime in _MIMES.items() if name in output}
    name = output.get("stream", "stdout")
    new_kind = _OUTPUTS.get(kind, kind) if isinstance(kind, str) else None
    return {**output, "output_type": new_kind, "name": name, "data": data}
