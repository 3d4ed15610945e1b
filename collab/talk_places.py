"""Places on a thing that can be talked about, as people write them and as threads keep them. Knows no models.

lines 3-7 | line 3        {"side": "new", "start": 3, "line": 7}
cell 4                    {"cell": 4}
row 12                    {"row": 12}
area 10% 20% 30% 40%      {"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4}: left, top, width, height of an image
val/loss at step 100      {"metric": "val/loss", "step": 100}
val/loss                  {"metric": "val/loss"}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub.lib.errors import Invalid

Place = dict[str, Any]
HINTS = {
    "lines": "lines 3-7",
    "cell": "cell 4",
    "row": "row 12",
    "area": "area 10% 20% 30% 40%",
    "point": "loss at step 100",
}
_lines = re.compile(r"(?:lines?\s+)?L?(\d{1,9})(?:\s*-\s*L?(\d{1,9}))?", re.IGNORECASE)
_counted = re.compile(r"(cell|row)\s+(\d{1,12})", re.IGNORECASE)
_area = re.compile(r"area" + r"\s+(\d{1,3}(?:\.\d{1,3})?)%" * 4, re.IGNORECASE)
_point = re.compile(r"([^\0\n]{1,250}?)(?:\s+at\s+step\s+(-?\d{1,15}))?", re.IGNORECASE)


def parse_place(text: str, wheres: Sequence[str]) -> Place:
    """What somebody wrote, as a place; "" is the whole thing. Raises Invalid for what is none of `wheres`."""
    words = " ".join(text.split())
    if not words:
        return {}
    for where in wheres:
        found = _READERS[where](words)
        if found is not None:
            return found
    hints = ", ".join(f"“{HINTS[where]}”" for where in wheres)
    raise Invalid(
        "This place is not understood.",
        field="where",
        next_step=f"Write it like {hints}, or leave it empty." if hints else "Leave it empty.",
    )


def place_words(place: Mapping[str, Any]) -> str:
    """A place as parse_place reads it; "" is the whole thing."""
    if "line" in place:
        start, line = place.get("start") or place["line"], place["line"]
        return f"line {line}" if start == line else f"lines {start}-{line}"
    if "w" in place:
        return "area " + " ".join(f"{round(float(place[side]) * 100, 1):g}%" for side in "xywh")
    if "metric" in place:
        return f"{place['metric']} at step {place['step']}" if "step" in place else str(place["metric"])
    for word in ("cell", "row"):
        if word in place:
            return f"{word} {place[word]}"
    return ""


def _read_lines(words: str) -> Place | None:
    found = _lines.fullmatch(words)
    if found is None:
        return None
    start, line = int(found[1]), int(found[2] or found[1])
    if not 1 <= start <= line:
        raise Invalid("Lines are counted from 1, the first before the last.", field="where")
    return {"side": "new", "start": start, "line": line}


def _read_counted(word: str) -> Callable[[str], Place | None]:
    def read(words: str) -> Place | None:
        found = _counted.fullmatch(words)
        return {word: int(found[2])} if found is not None and found[1].lower() == word else None

    return read


def _read_area(words: str) -> Place | None:
    found = _area.fullmatch(words)
    if found is None:
        return None
    x, y, w, h = (round(float(each) / 100, 5) for each in found.groups())
    if x + w > 1.0001 or y + h > 1.0001 or not w or not h:
        raise Invalid("The area is not within the picture.", field="where", next_step="Left, top, width, height.")
    return {"x": x, "y": y, "w": w, "h": h}


def _read_point(words: str) -> Place | None:
    found = _point.fullmatch(words)
    if found is None:
        return None
    return {"metric": found[1], **({"step": int(found[2])} if found[2] else {})}


_READERS: dict[str, Callable[[str], Place | None]] = {
    "lines": _read_lines,
    "cell": _read_counted("cell"),
    "row": _read_counted("row"),
    "area": _read_area,
    "point": _read_point,
}


def current_lines(place: Mapping[str, Any], excerpt: Sequence[Sequence[Any]], lines: Sequence[str]) -> int | None:
    """On which line what a thread is about ends in a text now, None when it is not in it any more.

    They are looked for where they were, then anywhere, if they are there once.
    """
    texts = [str(row[2]) for row in excerpt]
    if not texts or "line" not in place:
        return None
    shown = [line[:MOST_TEXT] for line in lines]
    start, count = int(place["start"]), len(texts)
    if shown[start - 1 : start - 1 + count] == texts:
        return int(place["line"])
    if not any(text.strip() for text in texts):
        return None
    at = [n for n, line in enumerate(shown) if line == texts[0] and shown[n : n + count] == texts]
    return at[0] + 1 + (int(place["line"]) - start) if len(at) == 1 else None


MOST_LINES = 20
MOST_TEXT = 400


def excerpt_of(place: Mapping[str, Any], lines: Sequence[str]) -> list[list[Any]]:
    """The lines that a place names, as a thread keeps them; raises Invalid when the text ends before."""
    if "line" not in place:
        return []
    if place["line"] > len(lines):
        raise Invalid(f"There are {len(lines)} lines.", field="where", next_step="Name lines that are there.")
    last = min(place["line"], place["start"] + MOST_LINES - 1)
    return [["", number, lines[number - 1][:MOST_TEXT]] for number in range(place["start"], last + 1)]
