"""What may stand at the cursor of a filter over runs: names of what was logged, operators that fit them, values.

Bounded however much was logged: keys of metrics are rows of their own; keys and values of parameters and tags are
those of the newest runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tracking import sql
from tracking.models import Experiment, RunStatus
from tracking.search.errors import FilterError
from tracking.search.grammar import Name
from tracking.search.hints import Hint, Wanted, hint_at
from tracking.search.vocabulary import RUNS_BY_HAND, Attribute
from tracking.search.writing import written_name, written_value

MOST_ITEMS = 40
NEWEST_RUNS = 2000
_LONGEST_VALUE = 300
_PLURALS = {"metric": "metrics", "parameter": "params", "tag": "tags", "dataset": "datasets"}
_KINDS = (("metrics.", "latest values"), ("params.", "parameters"), ("tags.", "words about runs"),
          ("datasets.", "name, digest, context"))  # fmt: skip
_ATTRIBUTES = {
    "run_name": "the run's name", "status": "RUNNING, FINISHED, …", "start_time": "when it began",
    "end_time": "when it ended", "duration": "of runs that have ended", "user_id": "who ran it",
    "run_id": "32 hex digits", "artifact_uri": "where its files lie",
}  # fmt: skip
_OPERATORS = {
    "=": "is", "!=": "is not", "<": "is less than", "<=": "is at most", ">": "is more than", ">=": "is at least",
    "~": "matches the expression", "!~": "does not match", "LIKE": "% stands for anything",
    "ILIKE": "the same, in capitals or not", "IN": "is one of", "NOT IN": "is none of",
    "IS NULL": "is missing", "IS NOT NULL": "is there",
}  # fmt: skip
_MOMENTS = (("now - 1h", "the last hour"), ("now - 1d", "the last day"), ("now - 7d", "the last week"),
            ("now - 30d", "the last 30 days"))  # fmt: skip
_SPANS = (("30s", "30 seconds"), ("5m", "5 minutes"), ("1h", "an hour"), ("1d", "a day"))
_OFFSETS = tuple((text.removeprefix("now "), told) for text, told in _MOMENTS)
_NEWEST = (
    "SELECT id, name, user_name FROM tracking_run WHERE {} AND deleted_at IS NULL "
    f"ORDER BY start_time DESC, uuid LIMIT {NEWEST_RUNS}"
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to put at the cursor: `insert` is written in place of what is typed."""

    label: str
    insert: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """Items that may replace text[start:end], and in words what is expected there."""

    start: int
    end: int
    expected: str
    items: list[Item]


def complete(experiments: Sequence[Experiment], text: str, cursor: int) -> Completion:
    """What may stand at the cursor (in characters) of a filter over the runs of these experiments of one repository."""
    hint = hint_at(text, cursor)
    expected, items = _ANSWERS[hint.wanted](_Runs(experiments), hint)
    return Completion(hint.start, hint.end, expected, items[:MOST_ITEMS])


@dataclass(frozen=True, slots=True)
class _Runs:
    """The runs that are asked about."""

    experiments: Sequence[Experiment]

    @property
    def newest(self) -> tuple[str, list[object]]:
        homes = [each.pk for each in self.experiments]
        test = "experiment_id = ?" if len(homes) == 1 else f"experiment_id IN ({sql.marks(homes)})"
        return _NEWEST.format(test), list(homes)

    def keys(self, entity: str, typed: str) -> list[str]:
        """Keys of a kind that hold what is typed, those that begin with it first."""
        if entity == "dataset":
            return [key for key in ("name", "digest", "context") if typed.lower() in key]
        if entity == "metric":
            return _found("SELECT name AS text FROM tracking_metrickey WHERE repository_id = ?",
                          [self.experiments[0].repository_id], typed)  # fmt: skip
        table = "tracking_param" if entity == "parameter" else "tracking_runtag"
        newest, values = self.newest
        return _found(
            f"SELECT DISTINCT w.key AS text FROM ({newest}) n JOIN {table} w ON w.run_id = n.id", values, typed
        )

    def values(self, entity: str, key: str, typed: str) -> list[str]:
        """Values of a key that hold what is typed."""
        newest, values = self.newest
        if entity == "attribute":
            column = {"user_id": "user_name", "run_name": "name"}.get(key)
            return _found(f"SELECT DISTINCT n.{column} AS text FROM ({newest}) n", values, typed) if column else []
        if entity == "dataset":
            context = "(SELECT max(i.context) FROM tracking_datasetinput i WHERE i.dataset_id = d.id)"
            column = {"name": "d.name", "digest": "d.digest"}.get(key, context)
            inside = f"d.experiment_id IN ({sql.marks(values)})"
            return _found(f"SELECT DISTINCT {column} AS text FROM tracking_dataset d WHERE {inside}", values, typed)
        table = "tracking_param" if entity == "parameter" else "tracking_runtag"
        return _found(
            f"SELECT DISTINCT w.value AS text FROM ({newest}) n JOIN {table} w ON w.run_id = n.id AND w.key = ?",
            [*values, key], typed)  # fmt: skip


def _found(source: str, values: Sequence[object], typed: str) -> list[str]:
    """Texts that hold what is typed, in capitals or not: those that begin with it first, the shortest of them first."""
    find = "strpos" if sql.is_postgres() else "instr"
    place = f"{find}(lower(text), lower(?))"
    statement = (
        f"SELECT text FROM ({source}) q WHERE text <> '' AND {place} > 0 AND length(text) <= ? "
        f"ORDER BY CASE WHEN {place} = 1 THEN 0 ELSE 1 END, length(text), text LIMIT ?"
    )
    return [row[0] for row in sql.rows(statement, [*values, typed, _LONGEST_VALUE, typed, MOST_ITEMS])]


def _names(runs: _Runs, hint: Hint) -> tuple[str, list[Item]]:
    expected = "a metric, parameter, tag or attribute"
    entity, dot, rest = hint.typed.partition(".")
    typed = (rest if dot else entity).strip("`\"'").replace("\0", "")
    kind = RUNS_BY_HAND.aliases.get(entity.strip('`"')) if dot else None
    if dot and kind is None:
        return expected, []
    if kind == "attribute":
        return expected, _attributes(typed, f"{entity}.")
    if kind is not None:
        return expected, _keys(runs, kind, typed)
    items = [] if hint.typed[:1] in '`"' and typed else [*_attributes(typed, ""), *_starting(_KINDS, typed)]
    if not typed:
        return expected, [*items, Item("NOT", "NOT ", "what does not hold"), Item("(", "(", "brackets")]
    found = [item for kind in ("metric", "parameter", "tag") for item in _keys(runs, kind, typed)[: MOST_ITEMS // 3]]
    return expected, [*items, *found, *_starting((("NOT", ""),), typed, " ")]


def _attributes(typed: str, before: str) -> list[Item]:
    found = [(key, told) for key, told in _ATTRIBUTES.items() if typed.lower() in key]
    return [
        Item(before + key, f"{before}{key} ", told)
        for key, told in sorted(found, key=lambda each: each[0].find(typed.lower()) > 0)
    ]


def _keys(runs: _Runs, kind: str, typed: str) -> list[Item]:
    names = [(key, written_name(_PLURALS[kind], key)) for key in runs.keys(kind, typed)]
    return [Item(f"{_PLURALS[kind]}.{key}", f"{name} ", kind) for key, name in names if name]


def _starting(pairs: Iterable[tuple[str, str]], typed: str, after: str = "") -> list[Item]:
    return [Item(text, text + after, told) for text, told in pairs if text.lower().startswith(typed.lower())]


def _subject(hint: Hint) -> tuple[str, str, Attribute | None]:
    """(entity, key, column) of the comparison that is being written; entity is empty where there is no such name."""
    try:
        entity, key = RUNS_BY_HAND.find(hint.name or Name("", "", 0))
    except FilterError:
        return "", "", None
    return entity, key, RUNS_BY_HAND.attributes[key] if entity == "attribute" else None


def _operators(runs: _Runs, hint: Hint) -> tuple[str, list[Item]]:
    entity, key, column = _subject(hint)
    if not entity or "\0" in key:
        return "a name that the filter knows before this", []
    valid = column.comparators if column else RUNS_BY_HAND.keyed[entity].comparators
    if hint.wanted is Wanted.AFTER_NOT:
        return "LIKE, ILIKE or IN", _starting(
            ((word, "") for word in ("LIKE", "ILIKE", "IN") if word in valid), hint.typed, " "
        )
    fitting = [(word, told) for word, told in _OPERATORS.items() if word in valid]
    return "an operator", _starting(fitting, hint.typed, " ")


def _values(runs: _Runs, hint: Hint) -> tuple[str, list[Item]]:
    entity, key, column = _subject(hint)
    if not entity or "\0" in key:
        return "a value", []
    if entity == "metric":
        return "a number", []
    if column is not None and column.moment:
        today = datetime.now(UTC).date().isoformat()
        return "a moment: now - 7d, or a date in quotes", _starting(
            [*_MOMENTS, (f"'{today}'", "today, in UTC")], hint.typed, " "
        )
    if column is not None and column.span:
        return "a length of time: 90s, 5m, 2h", _starting(_SPANS, hint.typed, " ")
    if hint.operator in ("~", "!~"):
        return "an expression in quotes", []
    if hint.operator in ("LIKE", "ILIKE"):
        return "text in quotes, with % for anything", []
    typed = hint.typed.strip("'\"").replace("\0", "")
    words = (
        [each for each in RunStatus.values if typed.upper() in each]
        if key == "status"
        else runs.values(entity, key, typed)
    )
    after = "" if hint.wanted is Wanted.LIST_VALUE else " "
    shown = [(word, written_value(word)) for word in words]
    return "a value in quotes", [Item(text, text + after) for word, text in shown if text]


def _joints(runs: _Runs, hint: Hint) -> tuple[str, list[Item]]:
    words = [("AND", "both hold"), ("OR", "one holds")]
    return "AND or OR", [
        *_starting(words, hint.typed, " "),
        *_starting([(")", "")] if hint.depth else [], hint.typed, " "),
    ]


def _fixed(expected: str, *pairs: tuple[str, str]) -> Callable[[_Runs, Hint], tuple[str, list[Item]]]:
    return lambda runs, hint: (expected, _starting(pairs, hint.typed, " "))


_ANSWERS: dict[Wanted, Callable[[_Runs, Hint], tuple[str, list[Item]]]] = {
    Wanted.NAME: _names,
    Wanted.OPERATOR: _operators,
    Wanted.AFTER_NOT: _operators,
    Wanted.VALUE: _values,
    Wanted.LIST_VALUE: _values,
    Wanted.JOINT: _joints,
    Wanted.SPAN: _fixed("how long ago", *_OFFSETS),
    Wanted.LIST: _fixed("a list in brackets", ("(", "values in quotes")),
    Wanted.LIST_NEXT: _fixed("a comma or the end of the list", (",", "another"), (")", "the end")),
    Wanted.IS: _fixed("NULL", ("NULL", "is missing"), ("NOT NULL", "is there")),
    Wanted.NULL: _fixed("NULL", ("NULL", "is there")),
    Wanted.NOTHING: _fixed(""),
}
