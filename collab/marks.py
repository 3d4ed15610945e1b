"""Marks on what changed in data: a cell of a notebook, a row of a table, a region of a picture, a file of a directory.

As threads of a change keep them in `place`, beside the path of the file in Git that the change is about:
    {"cell": "a1b2", "number": 3}            a notebook's cell: its id (its number in old notebooks), and its number
    {"row": "17"}                            a row of a table by its key
    {"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4, "side": "new"}      parts of a picture's width and height
    each with {"file": "data/images/cat.png"} where the content is not that of the file in Git itself, or that alone
Knows no models.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from collab.talk_places import place_words
from hub.lib.errors import Invalid

Place = dict[str, Any]
LONGEST_FILE = 1000
LONGEST_ROW = 200
_cell = re.compile(r"[A-Za-z0-9_-]{1,64}")
_number = re.compile(r"[1-9][0-9]{0,6}")
SIDES = ("x", "y", "w", "h")


def read_mark(words: Mapping[str, str]) -> Place:
    """The place that a form or an address names by `file`, `cell` and `number`, `row`, or `x`, `y`, `w`, `h` (percent).

    Raises Invalid for what is no place, or two at once.
    """
    given = {name: words.get(name, "").strip() for name in ("file", "cell", "number", "row", *SIDES, "side")}
    kinds = [bool(given["cell"]), bool(given["row"]), any(given[side] for side in SIDES)]
    if sum(kinds) > 1:
        raise Invalid("A comment is on a cell, a row or a region, not on several of them.", field="cell")
    place: Place = {}
    if given["file"]:
        place["file"] = _file(given["file"])
    if given["cell"]:
        place |= _cell_of(given["cell"], given["number"])
    if given["row"]:
        place["row"] = _row(given["row"])
    if kinds[2]:
        place |= _region(given)
    if not place:
        raise Invalid("Say what the comment is on.", field="cell", next_step="Name a cell, a row, a region or a file.")
    return place


def mark_words(place: Mapping[str, Any]) -> str:
    """`cell 3`, `row 17 of table.csv`, `area 10% 20% 30% 40%`, `cat/1.txt`; "" for the whole file and for lines."""
    if "number" in place:
        what = f"cell {place['number']}"
    else:
        what = place_words({key: value for key, value in place.items() if key not in ("file", "side")})
    if "line" in place:
        return ""
    file = str(place.get("file", ""))
    return f"{what} of {file}" if what and file else what or file


def mark_query(place: Mapping[str, Any]) -> dict[str, str]:
    """The same as words of an address, which read_mark reads."""
    percent = {side: f"{round(float(place[side]) * 100, 3):g}" for side in SIDES if side in place}
    rest = {key: str(place[key]) for key in ("file", "cell", "number", "row", "side") if key in place}
    return {**rest, **percent}


def _file(text: str) -> str:
    if len(text) > LONGEST_FILE or text.startswith("/") or {"", ".", ".."} & set(text.split("/")) or "\0" in text:
        raise Invalid("This is no path of a file.", field="file", next_step="Write it as the change lists it.")
    return text


def _cell_of(cell: str, number: str) -> Place:
    if not _cell.fullmatch(cell) or (number and not _number.fullmatch(number)):
        raise Invalid("Cells are named by their number, or by the id that the notebook gives them.", field="cell")
    if number:
        return {"cell": cell, "number": int(number)}
    return {"cell": cell, "number": int(cell)} if _number.fullmatch(cell) else {"cell": cell}


def _row(text: str) -> str:
    if len(text) > LONGEST_ROW or "\0" in text:
        raise Invalid(f"The key of a row has at most {LONGEST_ROW} letters.", field="row")
    return text


def _region(given: Mapping[str, str]) -> Place:
    try:
        x, y, w, h = (float(given[side]) / 100 for side in SIDES)
    except ValueError:
        raise Invalid(
            "A region is four numbers in percent: left, top, width and height.",
            field="x",
            next_step="Fill in all four.",
        ) from None
    # A little over is what rounding leaves of a region that ends at the edge.
    inside = all(map(math.isfinite, (x, y, w, h))) and x >= 0 and y >= 0 and x + w <= 1.001 and y + h <= 1.001
    if not inside or w <= 0 or h <= 0:
        raise Invalid("The region is not within the picture.", field="x", next_step="Left + width is 100 at most.")
    side = {"side": "old"} if given["side"] == "old" else {}
    return {"x": round(x, 5), "y": round(y, 5), "w": round(min(w, 1 - x), 5), "h": round(min(h, 1 - y), 5), **side}
