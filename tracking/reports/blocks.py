"""What the blocks of a report ask for: YAML in, frozen values out, a fault with its line where that makes no sense."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.lib import safe_yaml

LONGEST_BLOCK = 3000
"""Characters of a block: it travels in an address."""
MOST_ROWS = 200
MOST_CURVES = 20
MOST_COMPARED = 20
MOST_METRICS = 8
MOST_COLUMNS = 60
MOST_RUN_IDS = 200
_run_id = re.compile(r"[0-9a-f]{8,32}")
_date = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?")
_BARE = re.compile(r"-?[A-Za-z0-9_][A-Za-z0-9_ ./+,<>='()%`~!-]*")
_ref = re.compile(r"[^\s\0-\x1f]{1,200}")


class BlockFault(Exception):
    """A block that is not understood: at one of its lines, counted from 1, or in the field called `key`."""

    def __init__(self, message: str, line: int = 0, *, key: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.key = key

    def line_in(self, source: str) -> int:
        """The line of the block's source that is meant, from 1; 0 where it is the whole block."""
        if self.line or not self.key:
            return self.line
        field = re.compile(rf"\s*['\"]?{re.escape(self.key)}['\"]?\s*:")
        return next((number for number, line in enumerate(source.split("\n"), start=1) if field.match(line)), 0)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which runs: those with the ids, or those of an experiment (name or number) that match, in an order.

    `at` is a day, a moment or a ref: only runs that had ended by then count, so that the block stays as it was.
    """

    experiment: str = ""
    runs: tuple[str, ...] = ()
    filter: str = ""
    order: str = ""
    limit: int = 0
    at: str = ""


@dataclass(frozen=True, slots=True)
class RunsBlock:
    """A table of runs."""

    chosen: Chosen
    columns: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class ChartBlock:
    """Curves of runs, one chart for each metric. `x`: step, relative or time; `smoothing` from 0 to 0.99."""

    chosen: Chosen
    metrics: tuple[str, ...]
    x: str
    smoothing: float
    log: bool
    title: str = ""


@dataclass(frozen=True, slots=True)
class CompareBlock:
    """Runs side by side: what differs, or the keys named in `columns`."""

    chosen: Chosen
    columns: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class FileBlock:
    """A file of the repository; `at` is the ref to read it at, "" the report's own commit."""

    path: str
    at: str = ""
    title: str = ""


Block = RunsBlock | ChartBlock | CompareBlock | FileBlock
_CHOICE = ("experiment", "runs", "filter", "order", "limit", "at", "title")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "runs": (*_CHOICE, "columns"),
    "chart": (*_CHOICE, "metric", "x", "smoothing", "scale"),
    "compare": (*_CHOICE, "columns"),
    "file": ("path", "at", "title"),
}


def read_block(kind: str, source: str) -> Block:
    """What a block asks for; raises BlockFault."""
    if kind not in FIELDS:
        raise BlockFault(f"There is no block called “{kind[:40]}”. There are: {', '.join(FIELDS)}.")
    if len(source) > LONGEST_BLOCK:
        raise BlockFault(f"The block has {len(source)} characters; at most {LONGEST_BLOCK} are read.")
    values = _Values(kind, source)
    return _READERS[kind](values)


class _Values:
    """The fields of a block as text, and where they stand."""

    def __init__(self, kind: str, source: str) -> None:
        data = source.encode()
        found = safe_yaml.read_mapping(data, longest=4 * LONGEST_BLOCK, as_text=True)
        if found is None and source.strip():
            line, cause = safe_yaml.fault_in(data)
            hint = " Put a value that holds a colon, a backtick or a # into quotes." if line else ""
            raise BlockFault(f"This is not understood: {cause}.{hint}", line)
        self.found: dict[str, Any] = found or {}
        for key in self.found:
            if key not in FIELDS[kind]:
                raise self.fault(key, f"A {kind} block has no “{key[:40]}”. It takes: {', '.join(FIELDS[kind])}.")

    def fault(self, key: str, message: str) -> BlockFault:
        """A fault at the line of a field."""
        return BlockFault(message, key=key)

    def text(self, key: str, *, longest: int = 1000) -> str:
        value = self.found.get(key, "")
        if not isinstance(value, str):
            raise self.fault(key, f"“{key}” is one value, not a list.")
        return self.checked(key, value.strip(), longest)

    def checked(self, key: str, value: str, longest: int) -> str:
        """The value, if it is printable text that is not too long: databases refuse the rest."""
        if len(value) > longest:
            raise self.fault(key, f"“{key}” has more than {longest} characters.")
        if not value.replace("\n", " ").replace("\t", " ").isprintable():
            raise self.fault(key, f"“{key}” holds characters that cannot be printed.")
        return value

    def texts(self, key: str, *, most: int) -> tuple[str, ...]:
        """A list, or one text with commas between its parts."""
        value = self.found.get(key, "")
        parts = value if isinstance(value, list) else _parted(value) if isinstance(value, str) else None
        if parts is None or not all(isinstance(part, str) for part in parts):
            raise self.fault(key, f"“{key}” is a list of words, or words with commas between them.")
        found = tuple(dict.fromkeys(self.checked(key, part.strip(), 300) for part in parts if part.strip()))
        if len(found) > most:
            raise self.fault(key, f"“{key}” names {len(found)} things; at most {most} are shown.")
        return found

    def whole(self, key: str, otherwise: int, most: int) -> int:
        word = self.text(key)
        if not word:
            return otherwise
        if not (word.isascii() and word.isdecimal() and len(word) < 10 and 1 <= int(word) <= most):
            raise self.fault(key, f"“{key}” is a whole number from 1 to {most}.")
        return int(word)

    def part(self, key: str, most: float) -> float:
        word = self.text(key) or "0"
        try:
            value = float(word)
        except ValueError:
            value = -1.0
        if not 0 <= value <= most:
            raise self.fault(key, f"“{key}” is a number from 0 to {most:g}.")
        return value

    def choice(self, key: str, *words: str) -> str:
        word = self.text(key).lower() or words[0]
        if word not in words:
            raise self.fault(key, f"“{key}” is one of: {', '.join(words)}.")
        return word


def _parted(text: str) -> list[str]:
    """Split at commas that stand in no backticks."""
    return [part.replace("\0", ",") for part in re.sub(r"`[^`]*`", _kept, text).split(",")]


def _kept(match: re.Match[str]) -> str:
    return match[0].replace(",", "\0")


def _chosen(values: _Values, *, usual: int, most: int) -> Chosen:
    runs = values.texts("runs", most=MOST_RUN_IDS)
    for run in runs:
        if not _run_id.fullmatch(run):
            raise values.fault(
                "runs", f"“{run[:40]}” is no run id: these have 32 letters of 0-9 and a-f, or their first 8."
            )
    experiment = values.text("experiment", longest=500)
    if not runs and not experiment:
        raise BlockFault("Say which runs: “experiment: name”, or “runs:” with their ids.")
    if runs and (values.text("filter") or values.text("order")):
        raise values.fault("filter" if values.text("filter") else "order", "Give ids in “runs”, or a filter; not both.")
    at = values.text("at", longest=200)
    if at and not _date.fullmatch(at) and not _ref.fullmatch(at):
        raise values.fault("at", "“at” is a day such as 2026-11-20, or a commit, tag or branch.")
    limit = values.whole("limit", max(usual, min(len(runs), most)), most)
    return Chosen(experiment, runs, values.text("filter", longest=2000), values.text("order"), limit, at)


def _columns(values: _Values) -> tuple[str, ...]:
    columns = values.texts("columns", most=MOST_COLUMNS)
    for column in columns:
        kind, dot, key = column.partition(".")
        if kind not in ("metrics", "params", "tags") or not dot or not key.strip("`"):
            raise values.fault("columns", f"“{column[:60]}” is no column: write metrics.loss, params.lr or tags.team.")
    return tuple(kind + "." + key.strip("`") for kind, _, key in (column.partition(".") for column in columns))


def _runs(values: _Values) -> Block:
    return RunsBlock(_chosen(values, usual=20, most=MOST_ROWS), _columns(values), values.text("title", longest=200))


def _compare(values: _Values) -> Block:
    chosen = _chosen(values, usual=5, most=MOST_COMPARED)
    return CompareBlock(chosen, _columns(values), values.text("title", longest=200))


def _chart(values: _Values) -> Block:
    metrics = values.texts("metric", most=MOST_METRICS)
    if not metrics:
        raise BlockFault("Say which metric: “metric: loss”.")
    return ChartBlock(
        chosen=_chosen(values, usual=10, most=MOST_CURVES),
        metrics=tuple(metric.removeprefix("metrics.").strip("`") for metric in metrics),
        x=values.choice("x", "step", "relative", "time"),
        smoothing=values.part("smoothing", 0.99),
        log=values.choice("scale", "linear", "log") == "log",
        title=values.text("title", longest=200),
    )


def _file(values: _Values) -> Block:
    path = values.text("path", longest=1000).strip("/")
    if not path:
        raise BlockFault("Say which file: “path: data/table.csv”.")
    at = values.text("at", longest=200)
    if at and not _ref.fullmatch(at):
        raise values.fault("at", "“at” is a commit, a tag or a branch.")
    return FileBlock(path, at, values.text("title", longest=200))


_READERS: dict[str, Callable[[_Values], Block]] = {"runs": _runs, "chart": _chart, "compare": _compare, "file": _file}


def order_terms(order: str) -> list[str]:
    """`-metrics.loss`, `metrics.loss desc` or a list of such, as searches take them."""
    terms = []
    for word in (part.strip() for part in _parted(order)):
        if not word:
            continue
        direction = "DESC" if word.startswith("-") else "ASC"
        name = word.lstrip("-").strip()
        match = re.fullmatch(r"(.+?)\s+(asc|desc)", name, re.IGNORECASE)
        if match:
            name, direction = match[1], match[2].upper()
        kind, dot, key = name.partition(".")
        plain = dot and kind in ("metrics", "params", "tags") and not key.startswith(("`", '"'))
        terms.append(f"{kind}.`{key}` {direction}" if plain else f"{name} {direction}")
    return terms


def as_text(kind: str, fields: Mapping[str, str | Sequence[str]]) -> str:
    """A block with these fields as people write it; empty ones are left out."""
    words = {key: value if isinstance(value, str) else ", ".join(value) for key, value in fields.items()}
    lines = "".join(f"{key}: {_quoted(value)}\n" for key, value in words.items() if value.strip())
    return f"```{kind}\n{lines}```\n"


def in_list(key: str) -> str:
    """A key as it stands in a list: one that holds a comma in backticks."""
    return f"`{key}`" if "," in key else key


def _quoted(text: str) -> str:
    """A value as one line of YAML: bare where that surely reads the same, in single quotes otherwise."""
    text = " ".join(text.split())
    return text if _BARE.fullmatch(text) else "'" + text.replace("'", "''") + "'"
