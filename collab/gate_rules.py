"""Rules of metric gates: what the runs of a change must reach, written as people say it; knows no models.

    rule       = comparison { "and" comparison }
    comparison = measure operator bound
    measure    = key | ( "last" | "min" | "max" ) "(" key ")"
    operator   = ">=" | ">" | "<=" | "<" | "=="
    bound      = number [ "*" "base" ] | "base" [ "*" number | ( "+" | "-" ) number [ "%" ] ]
    key        = a letter or _, then letters, digits and _ . / - | anything between backticks or double quotes

A key alone means its last value. Of several runs the best counts, by what the operator asks for: the greatest for `>=`,
the least for `<=`, the newest run's for `==`; for `base` in the same way. Sums are decimal: 0.3 is 0.1 + 0.2.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Literal

from hub.lib.errors import Invalid

MAX_RULE = 300
MOST_COMPARISONS = 5
MAX_KEY = 250

How = Literal["last", "min", "max"]
State = Literal["success", "failure", "pending"]

_SIX = Context(prec=6)
_SIGNS = {">=": "≥", ">": ">", "<=": "≤", "<": "<", "==": "="}
_SAME = {"≥": ">=", "≤": "<=", "=": "=="}
_number = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_plain_key = re.compile(r"[^\W\d][\w./\-]*")
_quoted_key = re.compile(r"`([^`]+)`|\"([^\"]+)\"")
_operator = re.compile(r">=|<=|==|>|<|=|≥|≤")
_base = re.compile(r"base(?![\w./])", re.IGNORECASE)
_and = re.compile(r"and(?![\w./\-])", re.IGNORECASE)
_function = re.compile(r"(last|min|max)\s*\(", re.IGNORECASE)


class RuleError(Invalid):
    """A rule that is not understood; `position` counts its letters from 0."""

    code = "bad_rule"

    def __init__(self, message: str, position: int) -> None:
        super().__init__(
            f"{message} (at letter {position + 1})",
            field="rule",
            next_step="Write it like val_acc >= base, val_loss <= base * 1.02 or max(val_acc) >= 0.9.",
        )
        self.position = position


@dataclass(frozen=True, slots=True)
class Bound:
    """What a value is held against: `base` times `factor` plus `offset` (percent of base if `percent`), or a number."""

    of_base: bool
    factor: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    percent: bool = False

    def value(self, base: Decimal) -> Decimal:
        """The number to reach, given that of the base."""
        if not self.of_base:
            return self.offset
        return base * self.factor + (abs(base) * self.offset / 100 if self.percent else self.offset)

    def words(self, base: Decimal | None) -> str:
        """How it reads, with the base's number where there is one: `base 0.91 × 1.02`."""
        if not self.of_base:
            return plain(self.offset)
        text = "base" if base is None else f"base {plain(base)}"
        if self.factor != 1:
            return f"{text} × {plain(self.factor)}"
        if self.offset:
            sign = "−" if self.offset < 0 else "+"
            return f"{text} {sign} {plain(abs(self.offset))}{'%' if self.percent else ''}"
        return text

    def __str__(self) -> str:
        if not self.of_base:
            return plain(self.offset)
        if self.factor != 1:
            return f"base * {plain(self.factor)}"
        if self.offset:
            sign = "-" if self.offset < 0 else "+"
            return f"base {sign} {plain(abs(self.offset))}{'%' if self.percent else ''}"
        return "base"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition of a rule."""

    metric: str
    how: How
    operator: str
    bound: Bound

    @property
    def better(self) -> Literal["", "min", "max"]:
        """Which values are better, as far as the operator says."""
        return "max" if self.operator in (">=", ">") else "min" if self.operator in ("<=", "<") else ""

    @property
    def measure(self) -> str:
        """The left side as it is written."""
        key = self.metric
        if not _plain_key.fullmatch(key) or _base.fullmatch(key) or _and.fullmatch(key):
            key = f'"{key}"' if "`" in key else f"`{key}`"
        return key if self.how == "last" else f"{self.how}({key})"

    def __str__(self) -> str:
        return f"{self.measure} {self.operator} {self.bound}"

    def best(self, values: Sequence[float]) -> float | None:
        """The value that counts of several, newest first; NaN counts where there is nothing else. None for none."""
        real = [value for value in values if not math.isnan(value)]
        if not real or not self.better:
            return values[0] if values else None
        return max(real) if self.better == "max" else min(real)

    def judge(self, value: float, base: float | None) -> Judgement:
        """Whether a value passes, and the numbers in words. `base` may be None where the bound does not need it."""
        name = self.metric if self.how == "last" else f"{self.how}({self.metric})"
        if math.isnan(value):
            return Judgement("failure", f"{name} is NaN")
        if math.isinf(value):
            return Judgement("failure", f"{name} is infinite")
        if self.bound.of_base and (base is None or not math.isfinite(base)):
            return Judgement("pending", f"{name} {_shown(value)}, but the base has no number for it")
        ours, theirs = _decimal(value), _decimal(base) if base is not None and math.isfinite(base) else Decimal(0)
        wanted = self.bound.value(theirs)
        passed = {
            ">=": ours >= wanted,
            ">": ours > wanted,
            "<=": ours <= wanted,
            "<": ours < wanted,
            "==": ours == wanted,
        }[self.operator]
        sign = _SIGNS[self.operator] if passed else f"is not {_SIGNS[self.operator]}"
        # Rounded, as long as that does not hide what made the difference.
        tells_apart = ours == wanted or _rounded(ours) != _rounded(wanted)
        value_shown, base_shown = (_rounded(ours), _rounded(theirs)) if tells_apart else (ours, theirs)
        words = self.bound.words(base_shown if self.bound.of_base else None)
        return Judgement("success" if passed else "failure", f"{name} {plain(value_shown)} {sign} {words}")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of a condition or of a whole rule, and why in words."""

    state: State
    words: str


def together(found: Sequence[Judgement]) -> Judgement:
    """All conditions of a rule as one: failed where one failed, else waiting where one waits."""
    states = {each.state for each in found}
    state: State = "failure" if "failure" in states else "pending" if "pending" in states else "success"
    return Judgement(state, "; ".join(each.words for each in found))


def read_rule(text: str) -> tuple[Comparison, ...]:
    """The conditions of a rule; raises RuleError with the position of what is not understood."""
    if len(text) > MAX_RULE:
        raise RuleError(f"A rule has at most {MAX_RULE} letters", MAX_RULE)
    reader = _Reader(text)
    found = [reader.comparison()]
    while reader.take(_and):
        found.append(reader.comparison())
        if len(found) > MOST_COMPARISONS:
            raise RuleError(f"A rule has at most {MOST_COMPARISONS} conditions", reader.at)
    if reader.left:
        raise RuleError(f"Expected “and” or the end, found “{reader.left[:20]}”", reader.at)
    return tuple(found)


def rule_text(comparisons: Sequence[Comparison]) -> str:
    """The rule as the hub writes it; reading it gives the same conditions."""
    return " and ".join(str(each) for each in comparisons)


class _Reader:
    """A text and how far it is read."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self._skip()

    @property
    def left(self) -> str:
        return self.text[self.at :]

    def _skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What the pattern finds here, read past."""
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
            self._skip()
        return match

    def sign(self, letter: str) -> bool:
        """Whether this letter stands here, read past."""
        if not self.text.startswith(letter, self.at):
            return False
        self.at += len(letter)
        self._skip()
        return True

    def fail(self, expected: str) -> RuleError:
        found = f"found “{self.left[:20]}”" if self.left else "but the rule ends"
        return RuleError(f"Expected {expected}, {found}", self.at)

    def comparison(self) -> Comparison:
        metric, how = self.measure()
        operator = self.take(_operator)
        if operator is None:
            raise self.fail("one of >=, >, <=, < and ==")
        return Comparison(metric, how, _SAME.get(operator[0], operator[0]), self.bound())

    def measure(self) -> tuple[str, How]:
        function = self.take(_function)
        if function is None:
            return self.key(), "last"
        key = self.key()
        if not self.sign(")"):
            raise self.fail("“)”")
        word = function[1].lower()
        return key, "min" if word == "min" else "max" if word == "max" else "last"

    def key(self) -> str:
        began = self.at
        quoted = self.take(_quoted_key)
        if quoted is not None:
            key = quoted[1] or quoted[2]
        elif _base.match(self.text, self.at):
            raise self.fail("the name of a metric before the comparison")
        else:
            plain_key = self.take(_plain_key)
            if plain_key is None:
                raise self.fail("the name of a metric")
            key = plain_key[0]
        if len(key) > MAX_KEY:
            raise RuleError(f"Names of metrics have at most {MAX_KEY} letters", began)
        return key

    def bound(self) -> Bound:
        if self.take(_base):
            return self._after_base()
        number = self.number("a number or “base”")
        if self.sign("*"):
            if not self.take(_base):
                raise self.fail("“base”")
            return Bound(True, factor=number)
        return Bound(False, offset=number)

    def _after_base(self) -> Bound:
        if self.sign("*"):
            return Bound(True, factor=self.number("a number"))
        for letter, way in (("+", 1), ("-", -1), ("−", -1)):
            if self.sign(letter):
                offset = self.number("a number") * way
                return Bound(True, offset=offset, percent=self.sign("%"))
        return Bound(True)

    def number(self, expected: str) -> Decimal:
        found = self.take(_number)
        if found is None:
            raise self.fail(expected)
        return Decimal(found[0])


def _decimal(value: float) -> Decimal:
    return Decimal(repr(float(value)))


def _shown(value: float) -> str:
    return plain(_rounded(_decimal(value)))


def _rounded(number: Decimal) -> Decimal:
    """Six digits that count, as tables show; whole numbers keep theirs."""
    return number if number == number.to_integral_value() else _SIX.create_decimal(number)


def plain(number: Decimal) -> str:
    """A number as it is read: 0.9, 12, 1e-9; all its digits."""
    if number and not -7 < number.adjusted() < 15:
        return f"{number.normalize():e}".replace("e+", "e")
    return f"{number.normalize():f}"
