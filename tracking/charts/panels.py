"""Panels of a board: what each draws, how they are written into an address, and how a board is changed.

Nothing here asks the database. A board that somebody is changing stands in the address until it is saved.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import Literal

import msgspec

from hub.lib.errors import Invalid

MOST_PANELS = 60
MOST_TEXT = 250
MOST_COLUMNS = 20
MOST_DRAFT = 7000
ONE_SECTION = 12
_MOST_BYTES = 64 * 1024

Kind = Literal["line", "scatter", "bar", "box", "parallel", "importance"]
Band = Literal["", "minmax", "std", "ste"]
Edit = Literal["up", "down", "wider", "narrower", "taller", "lower", "remove"]

KINDS: dict[str, str] = {
    "line": "Lines",
    "scatter": "Scatter",
    "bar": "Bars",
    "box": "Boxes",
    "parallel": "Parallel coordinates",
    "importance": "Importance of parameters",
}
BANDS: dict[str, str] = {"minmax": "Lowest to highest", "std": "Standard deviation", "ste": "Standard error"}
WIDTHS: dict[int, str] = {1: "One column", 2: "Two columns", 3: "All columns"}
HEIGHTS: dict[int, str] = {1: "Low", 2: "High"}
AXES: dict[str, str] = {"step": "Step", "relative": "Time since start", "time": "Wall time"}
VALUES = ("metrics.", "params.")
GROUPS = ("params.", "tags.")


class Panel(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One chart of a board. `y`: a metric's key. `x`: of lines an axis or `metrics.<key>`, of scatter a column.

    Columns are `metrics.<key>` or `params.<key>`; `group` is a column `params.<key>` or `tags.<key>`. `width` counts
    columns of the board, `smooth` runs from 0 to 0.99.
    """

    kind: Kind = "line"
    y: str = ""
    x: str = ""
    columns: tuple[str, ...] = ()
    title: str = ""
    group: str = ""
    band: Band = ""
    smoothing: Literal["", "ema", "gauss"] = ""
    smooth: float = 0.0
    log_x: bool = False
    log_y: bool = False
    clip: bool = False
    width: int = 1
    height: int = 1

    @property
    def name(self) -> str:
        """What stands above it."""
        if self.title:
            return self.title
        if self.kind == "line":
            return self.y
        if self.kind == "scatter":
            return f"{self.y} by {self.x.partition('.')[2]}"
        if self.kind in ("bar", "box"):
            return f"{self.y} by {self.group.partition('.')[2]}" if self.group else self.y
        return f"{'Parameters and' if self.kind == 'parallel' else 'Importance for'} {self.y}"


class Section(msgspec.Struct, frozen=True):
    """Panels under one heading, each with its place on the whole board."""

    title: str
    panels: list[tuple[int, Panel]]


def checked(panel: Panel) -> Panel:
    """The panel, if it can be drawn. Raises Invalid saying what is missing or too much."""
    texts = (panel.y, panel.x, panel.title, panel.group, *panel.columns)
    if any(len(text) > MOST_TEXT + 10 or "\0" in text for text in texts):
        raise Invalid(f"A key or title is longer than {MOST_TEXT} characters.")
    if not panel.y:
        raise Invalid("A panel needs a metric.", field="y")
    if panel.kind == "line" and panel.x and panel.x not in AXES and not _names(panel.x, ("metrics.",)):
        raise Invalid("Lines run over step, relative, time or metrics.<key>.", field="x")
    if panel.kind == "scatter" and not _names(panel.x, VALUES):
        raise Invalid("A scatter panel needs a parameter or metric to run over.", field="x")
    if panel.group and not _names(panel.group, GROUPS):
        raise Invalid("Runs are grouped by params.<key> or tags.<key>.", field="group")
    if len(panel.columns) > MOST_COLUMNS or not all(_names(each, VALUES) for each in panel.columns):
        raise Invalid(f"Columns are at most {MOST_COLUMNS} of params.<key> and metrics.<key>.", field="columns")
    if not 0 <= panel.smooth <= 0.99:
        raise Invalid("Smoothing runs from 0 to 0.99.", field="smooth")
    if panel.width not in WIDTHS or panel.height not in HEIGHTS:
        raise Invalid("A panel is one to three columns wide and low or high.", field="width")
    return panel


def _names(column: str, kinds: Sequence[str]) -> bool:
    return any(column.startswith(kind) and len(column) > len(kind) for kind in kinds)


def read_panels(data: object) -> list[Panel]:
    """Panels out of plain lists and dictionaries. Raises Invalid."""
    try:
        panels = msgspec.convert(data, list[Panel])
    except msgspec.ValidationError as error:
        raise Invalid(f"This is no board: {error}.", field="panels") from error
    if len(panels) > MOST_PANELS:
        raise Invalid(f"A board holds at most {MOST_PANELS} panels.", field="panels")
    return [checked(panel) for panel in panels]


def plain(panels: Sequence[Panel]) -> list[dict[str, object]]:
    """The panels as JSON keeps them."""
    found: list[dict[str, object]] = msgspec.to_builtins(panels)
    return found


def draft_text(panels: Sequence[Panel]) -> str:
    """The panels as one word for an address."""
    packed = zlib.compress(msgspec.json.encode(panels), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_draft(text: str) -> list[Panel]:
    """The panels that a word in an address stands for. Raises Invalid."""
    try:
        if len(text) > MOST_DRAFT:
            raise ValueError
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        # SECURITY: a few hundred bytes could unpack into gigabytes.
        unpacker = zlib.decompressobj()
        unpacked = unpacker.decompress(packed, _MOST_BYTES)
        if not unpacker.eof:
            raise ValueError
        data = msgspec.json.decode(unpacked)
    except (ValueError, binascii.Error, zlib.error, msgspec.DecodeError, RecursionError) as error:
        raise Invalid(
            "The board in this address cannot be read: the link was cut short or changed.",
            field="draft",
            next_step="Open the board again; what is saved has not changed.",
        ) from error
    return read_panels(data)


def put(panels: Sequence[Panel], at: int | None, panel: Panel) -> list[Panel]:
    """The board with the panel in place of number `at`, or behind the last. Raises Invalid when it is full."""
    found = list(panels)
    if at is not None and 0 <= at < len(found):
        found[at] = checked(panel)
    else:
        found.append(checked(panel))
    if len(found) > MOST_PANELS:
        raise Invalid(f"A board holds at most {MOST_PANELS} panels.", next_step="Remove one, or make another board.")
    return found


def edited(panels: Sequence[Panel], at: int, edit: str) -> list[Panel]:
    """The board with one thing done to panel number `at`; what cannot be done, and what is not known, does nothing."""
    found = list(panels)
    if not 0 <= at < len(found):
        return found
    panel = found[at]
    if edit == "remove":
        del found[at]
    elif edit in ("up", "down"):
        other = at + (1 if edit == "down" else -1)
        if 0 <= other < len(found):
            found[at], found[other] = found[other], panel
    else:
        found[at] = _resized(panel, edit)
    return found


def moved(panels: Sequence[Panel], at: int, to: int) -> list[Panel]:
    """The board with panel number `at` taken out and put in at place `to`."""
    found = list(panels)
    if 0 <= at < len(found):
        found.insert(max(0, min(to, len(found) - 1)), found.pop(at))
    return found


def _resized(panel: Panel, edit: str) -> Panel:
    width = panel.width + {"wider": 1, "narrower": -1}.get(edit, 0)
    height = panel.height + {"taller": 1, "lower": -1}.get(edit, 0)
    return msgspec.structs.replace(panel, width=max(1, min(3, width)), height=max(1, min(2, height)))


def automatic(metrics: Sequence[str]) -> list[Panel]:
    """A board for those who saved none: lines for each metric, MOST_PANELS at most, the machine's own left out."""
    ours = [key for key in metrics if not key.startswith("system/")]
    return [Panel(y=key) for key in sorted(ours, key=lambda key: (key.rpartition("/")[0], key))[:MOST_PANELS]]


def in_sections(panels: Sequence[Panel]) -> list[Section]:
    """Panels in their order, a new section where what stands before the metric's last slash changes.

    All in one while they are few: sections of one chart say little.
    """
    if len(panels) <= ONE_SECTION:
        return [Section("", list(enumerate(panels)))] if panels else []
    sections: list[Section] = []
    for at, panel in enumerate(panels):
        title = panel.y.rpartition("/")[0] if panel.kind == "line" and not panel.title else ""
        if not sections or sections[-1].title != title:
            sections.append(Section(title, []))
        sections[-1].panels.append((at, panel))
    return sections
