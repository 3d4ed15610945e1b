"""Turns a tree into an SQL condition: text with `?` and the values for them. Values never enter the text.

Every condition is true or false, never NULL, so that NOT means what it says. A test on a tag, parameter or metric
that the row does not have is false, `!=` too; only IS NULL holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracking.clock import now_ms
from tracking.search.errors import FilterError
from tracking.search.free_words import free_words
from tracking.search.grammar import Comparison, Joined, Not, Tree, Value, parse
from tracking.search.moments import Moment, Span, read_date
from tracking.search.patterns import FUNCTION, check_pattern, for_postgres
from tracking.search.vocabulary import LISTED, MISSING, NUMERIC, Attribute, Keyed, Sort, Vocabulary

KEY_NUMBER = "(SELECT id FROM tracking_metrickey WHERE repository_id = ? AND name = ?)"
_SIGNS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_BIGGEST = 2**63


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL and the values of its placeholders."""

    text: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One dataset that metric tests are limited to; digest None: any."""

    name: str
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What a compilation needs to know besides the words: where metric names are looked up, and the SQL spoken."""

    repository: int
    postgres: bool
    datasets: tuple[Asked, ...] = ()


def compile_filter(text: str, vocabulary: Vocabulary, setting: Setting) -> Condition:
    """The condition that a filter stands for; raises FilterError for whatever is not understood."""
    if vocabulary.free_words and (words := free_words(text)):
        return _all_words(vocabulary.free_words, words, setting)
    return compile_tree(parse(text), text, vocabulary, setting)


def compile_tree(tree: Tree, text: str, vocabulary: Vocabulary, setting: Setting) -> Condition:
    """The condition of a tree that was read from `text`, for searches that change the tree first."""
    return _Compiler(text, vocabulary, setting).tree(tree)


def _all_words(column: str, words: Sequence[str], setting: Setting) -> Condition:
    """The column holds each of the words somewhere, in capitals or not."""
    find = "strpos" if setting.postgres else "instr"
    return Condition(" AND ".join([f"{find}(lower({column}), lower(?)) > 0"] * len(words)), tuple(words))


def text_test(column: str, operator: str, value: Any, *, postgres: bool) -> Condition:
    """A comparison of a text column. LIKE minds case on both databases, ILIKE does not; neither has an escape."""
    if operator in LISTED:
        marks = ",".join("?" * len(value))
        return Condition(f"{column} {operator} ({marks})", tuple(value))
    if operator == "!~":
        found = text_test(column, "~", value, postgres=postgres)
        return Condition(f"NOT ({found.text})", found.values)
    if operator in ("RLIKE", "~"):
        if postgres:
            return Condition(f"{column} ~ ?", (for_postgres(value),))
        return Condition(f"{FUNCTION}({column}, ?)", (check_pattern(value),))
    if operator in ("LIKE", "ILIKE"):
        if postgres:
            return Condition(f"{column} {operator} ? ESCAPE ''", (value,))
        # SQLite's LIKE ignores the case of ASCII letters; GLOB minds it.
        return (
            Condition(f"{column} GLOB ?", (_glob(value),))
            if operator == "LIKE"
            else Condition(f"{column} LIKE ?", (value,))
        )
    return Condition(f"{column} {_SIGNS[operator]} ?", (value,))


def _glob(pattern: str) -> str:
    special = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
    return "".join(special.get(character, character) for character in pattern)


class _Compiler:
    def __init__(self, text: str, vocabulary: Vocabulary, setting: Setting) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.setting = setting

    def wrong(self, test: Comparison, message: str) -> FilterError:
        return FilterError(message, text=self.text, position=test.position)

    def tree(self, tree: Tree) -> Condition:
        if isinstance(tree, Comparison):
            return self.comparison(tree)
        if isinstance(tree, Not):
            inside = self.tree(tree.inside)
            return Condition(f"NOT ({inside.text})", inside.values)
        return self.joined(tree)

    def joined(self, tree: Joined) -> Condition:
        parts = [self.tree(part) for part in tree.parts]
        if not parts:
            return Condition("1 = 1", ())
        text = f" {tree.word} ".join(f"({part.text})" for part in parts)
        return Condition(text, tuple(value for part in parts for value in part.values))

    def comparison(self, test: Comparison) -> Condition:
        entity, key = self.vocabulary.find(test.name, text=self.text)
        if "\0" in key:
            message = "The name contains the character NUL, which no stored text has"
            raise FilterError(message, text=self.text, position=test.name.position)
        if entity == "attribute":
            return self.attribute(test, key, self.vocabulary.attributes[key])
        keyed = self.vocabulary.keyed[entity]
        self.check_comparator(test, keyed.comparators, f"{entity} '{key}'")
        if keyed.sort is Sort.METRIC:
            return self.metric(test, key, keyed)
        value = self.quoted(test, entity)
        if keyed.sort is Sort.EXISTS:
            return self.some(keyed, self.words(test, keyed.columns[key], value))
        return self.word(test, key, keyed, value)

    def check_comparator(self, test: Comparison, valid: Sequence[str], about: str) -> None:
        if test.operator in valid:
            return
        if test.operator in MISSING:
            kinds = "tags and params" if self.vocabulary.subject == "runs" else "tags"
            raise self.wrong(test, f"IS NULL / IS NOT NULL is only supported for {kinds}, not for {about}")
        if test.operator in LISTED:
            keys = sorted(key for key, found in self.vocabulary.attributes.items() if "IN" in found.comparators)
            raise self.wrong(test, f"Only {keys} attributes support comparison with a list of quoted string values.")
        raise self.wrong(test, f"Invalid comparator '{test.operator}' not one of '{', '.join(valid)}'")

    def quoted(self, test: Comparison, noun: str) -> Any:
        """The value of a text comparison, which must have been in quotes."""
        if test.operator not in MISSING and not isinstance(test.value, (str, tuple)):
            raise self.wrong(
                test, f"Expected a quoted string value for {noun} (e.g. 'my-value'). Got value {test.shown}"
            )
        for text in test.value if isinstance(test.value, tuple) else (test.value,):
            if isinstance(text, str) and "\0" in text:
                raise self.wrong(test, "The value contains the character NUL, which no stored text has")
        return test.value

    def word(self, test: Comparison, key: str, keyed: Keyed, value: Any) -> Condition:
        """A tag or parameter of the row."""
        source = f"SELECT 1 FROM {keyed.table} w WHERE w.{keyed.owner} = {self.vocabulary.outer} AND w.key = ?"
        if test.operator in MISSING:
            found = "EXISTS" if test.operator == "IS NOT NULL" else "NOT EXISTS"
            return Condition(f"{found} ({source})", (key,))
        inner = self.words(test, "w.value", value)
        return Condition(f"EXISTS ({source} AND {inner.text})", (key, *inner.values))

    def some(self, keyed: Keyed, inner: Condition) -> Condition:
        """Some row of another table that belongs to this one."""
        source = f"SELECT 1 FROM {keyed.table} WHERE {keyed.owner} = {self.vocabulary.outer}"
        return Condition(f"EXISTS ({source} AND {inner.text})", inner.values)

    def metric(self, test: Comparison, key: str, keyed: Keyed) -> Condition:
        """The latest value of a metric. NaN satisfies only `!=`."""
        if isinstance(test.value, bool) or not isinstance(test.value, (int, float)):
            raise self.wrong(test, f"Expected numeric value type for metric. Found {test.shown or test.value}")
        number = "w.is_nan OR w.value <> ?" if test.operator == "!=" else f"NOT w.is_nan AND w.value {test.operator} ?"
        source = self.latest(keyed)
        limits = (
            [value for asked in self.setting.datasets for value in _dataset_values(asked)] if source.limited else []
        )
        values = (self.setting.repository, key, *limits, _as_float(test.value))
        return Condition(f"EXISTS (SELECT 1 FROM {source.text} AND ({number}))", values)

    def latest(self, keyed: Keyed) -> _Source:
        """The one row that holds the latest value."""
        if keyed.table == "tracking_latestmetric":
            key = f"w.key_id = {KEY_NUMBER}"
            return _Source(f"{keyed.table} w WHERE w.{keyed.owner} = {self.vocabulary.outer} AND {key}", False)
        limit = dataset_limit(self.setting.datasets)
        inner = (
            f"SELECT value, is_nan FROM {keyed.table} h WHERE h.{keyed.owner} = {self.vocabulary.outer} "
            f"AND h.key_id = {KEY_NUMBER}{limit} ORDER BY h.step DESC, h.timestamp DESC, h.value DESC LIMIT 1"
        )
        return _Source(f"({inner}) w WHERE 1 = 1", True)

    def attribute(self, test: Comparison, key: str, found: Attribute) -> Condition:
        """A column of the row itself."""
        self.check_comparator(test, found.comparators, f"attribute '{key}'")
        if found.sort is Sort.INTEGER:
            return self.number(test, key, found)
        if found.sort is Sort.NUMBER_IN_QUOTES:
            return self.number_in_quotes(test, found)
        value = self.quoted(test, "attributes")
        for word in value if isinstance(value, tuple) else (value,):
            if found.values is not None and word not in found.values:
                raise self.wrong(test, f"Invalid value '{word}' for '{key}'. Valid values are {sorted(found.values)}")
        return self.words(test, found.column, value)

    def words(self, test: Comparison, column: str, value: Any) -> Condition:
        """A test of a text column; what is wrong with its pattern is told with the place of the test."""
        try:
            return text_test(column, test.operator, value, postgres=self.setting.postgres)
        except FilterError as error:
            raise self.wrong(test, error.plain) from None

    def number(self, test: Comparison, key: str, found: Attribute) -> Condition:
        value = self.time(test, key, found) if found.moment or found.span else test.value
        if not isinstance(value, (int, float)) or (isinstance(value, float) and not found.fractions):
            kind = "numeric" if found.fractions else "integer"
            raise self.wrong(test, f"Expected {kind} value type for numeric attribute: {key}. Found {test.shown}")
        assert test.operator in NUMERIC
        if isinstance(value, int) and not -_BIGGEST <= value < _BIGGEST:
            value = _as_float(value)
        text = f"{found.column} {_SIGNS[test.operator]} ?"
        return Condition(f"({found.column} IS NOT NULL AND {text})" if found.nullable else text, (value,))

    def time(self, test: Comparison, key: str, found: Attribute) -> Value:
        """The value in milliseconds, however the time was given."""
        value = test.value
        if found.span:
            if isinstance(value, Span) and not value.signed:
                return value.milliseconds
            if isinstance(value, Moment) or (isinstance(value, Span) and value.signed):
                raise self.wrong(test, f"Expected a length of time for {key}, such as 90s, 5m or 2h. Got {test.shown}")
            return value
        if isinstance(value, Span) and not value.signed:
            raise self.wrong(test, f"Expected a moment for {key}, such as now - {test.shown.strip()} or '2026-11-20'")
        moment = self.moment(test, key)
        if moment is not None and test.operator in ("=", "!="):
            raise self.wrong(test, f"A moment is exact to the millisecond: compare {key} by <, <=, > or >=")
        return value if moment is None else moment

    def moment(self, test: Comparison, key: str) -> int | None:
        """Milliseconds since 1970, or None where the value is no date and not relative to now."""
        value = test.value
        if isinstance(value, (Moment, Span)):
            return now_ms() + (value.offset if isinstance(value, Moment) else value.milliseconds)
        if not isinstance(value, str):
            return None
        found = read_date(value)
        if found is None:
            message = f"Expected numeric value type for numeric attribute: {key}. Found {test.shown}"
            raise self.wrong(test, f"{message}, which is no date such as '2026-11-20T14:30' either")
        return found

    def number_in_quotes(self, test: Comparison, found: Attribute) -> Condition:
        value = self.quoted(test, "attributes")
        numbers = []
        for word in value if isinstance(value, tuple) else (value,):
            try:
                number = int(word)
            except ValueError:
                message = f"Invalid experiment ID '{word}'. Experiment ID must be a valid integer."
                raise self.wrong(test, message) from None
            numbers.append(number if -_BIGGEST <= number < _BIGGEST else -1)
        shaped = tuple(numbers) if test.operator in LISTED else numbers[0]
        return text_test(found.column, test.operator, shaped, postgres=self.setting.postgres)


@dataclass(frozen=True, slots=True)
class _Source:
    text: str
    limited: bool


def dataset_limit(datasets: Sequence[Asked]) -> str:
    """SQL that limits metric rows `h` to the datasets named."""
    if not datasets:
        return ""
    tests = [
        "(h.dataset_name = ?" + (" AND h.dataset_digest = ?)" if asked.digest is not None else ")")
        for asked in datasets
    ]
    return f" AND ({' OR '.join(tests)})"


def _dataset_values(asked: Asked) -> tuple[str, ...]:
    return (asked.name,) if asked.digest is None else (asked.name, asked.digest)


def dataset_values(datasets: Sequence[Asked]) -> list[str]:
    """The values for the placeholders of dataset_limit."""
    return [value for asked in datasets for value in _dataset_values(asked)]


def _as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
