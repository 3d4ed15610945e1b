"""Metric gates: what the numbers of a version must be before it is promoted, written as people say it.

    gate      = "metrics." key operator ( number | "base" [ ("+" | "-") number [ "%" ] ] )
    operator  = ">=" | ">" | "<=" | "<" | "=="
    key       = letters, digits and _ . / - | anything between backticks or double quotes

`base` is the version that holds the alias or stage now; what follows it is a tolerance. Knows no models: values come
in, results go out. Sums are decimal, so that 0.7 is as good as 0.8 - 0.1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hub.lib.errors import Invalid

MAX_GATES = 10
MAX_GATE = 300
# Infinities are stored as the largest number there is, as the protocol wants.
_ENDLESS = 1.7976931348623157e308
_SIGNS = {">=": "≥", ">": ">", "<=": "≤", "<": "<", "==": "="}
_gate = re.compile(
    r"""\s*metrics\.(?:`(?P<ticked>[^`]+)`|"(?P<quoted>[^"]+)"|(?P<plain>[\w./\-]+))
    \s*(?P<operator>>=|<=|==|>|<|=)
    \s*(?:(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]{1,3})?)
         |base\s*(?:(?P<sign>[+-])\s*(?P<tolerance>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]{1,3})?)\s*(?P<percent>%)?)?)\s*""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Gate:
    """One comparison. With `base`, `number` is what is added to the base's value: percent of it where `percent`."""

    metric: str
    operator: str
    number: Decimal
    base: bool = False
    percent: bool = False

    def __str__(self) -> str:
        key = self.metric if re.fullmatch(r"[\w./\-]+", self.metric) else f"`{self.metric}`"
        if "`" in self.metric:
            key = f'"{self.metric}"'
        wanted = _plain(self.number)
        if self.base:
            sign = "-" if self.number < 0 else "+"
            tolerance = f" {sign} {_plain(abs(self.number))}{'%' if self.percent else ''}"
            wanted = f"base{tolerance if self.number else ''}"
        return f"metrics.{key} {self.operator} {wanted}"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a gate: its text, whether it was passed, and the numbers in words."""

    gate: str
    passed: bool
    words: str


def read_gates(lines: Sequence[str]) -> list[Gate]:
    """The gates of a rule, one a line, blank lines aside; raises Invalid naming the line that is not understood."""
    found = [read_gate(line) for line in lines if line.strip()]
    if len(found) > MAX_GATES:
        raise Invalid(f"A rule has at most {MAX_GATES} metric gates; these are {len(found)}.", field="gates")
    return list(dict.fromkeys(found))


def read_gate(text: str) -> Gate:
    """One gate; raises Invalid."""
    found = _gate.fullmatch(text) if len(text) <= MAX_GATE else None
    if found is None:
        raise Invalid(
            f"{text[:100]!r} is no metric gate.",
            field="gates",
            next_step="Write it like metrics.val_acc >= 0.9, or metrics.loss <= base + 1%.",
        )
    operator = "==" if found["operator"] == "=" else found["operator"]
    metric = found["ticked"] or found["quoted"] or found["plain"]
    if found["number"] is not None:
        return Gate(metric, operator, Decimal(found["number"]))
    tolerance = Decimal(found["tolerance"] or 0)
    return Gate(metric, operator, -tolerance if found["sign"] == "-" else tolerance, True, bool(found["percent"]))


def judge(
    gates: Sequence[Gate], values: Mapping[str, float], base: int | None, base_values: Mapping[str, float]
) -> list[Result]:
    """What comes of each gate, given the metrics of the version and of the version that holds the place now.

    `base` is the number of that version, None where there is none: then there is nothing to be worse than. A metric
    that is missing, NaN or infinite passes no gate.
    """
    return [_judge(gate, values, base, base_values) for gate in gates]


def _judge(gate: Gate, values: Mapping[str, float], base: int | None, base_values: Mapping[str, float]) -> Result:
    text = str(gate)
    fault = _fault(values, gate.metric)
    if fault:
        return Result(text, False, f"{gate.metric} {fault}: not passed")
    value = Decimal(repr(float(values[gate.metric])))
    if not gate.base:
        return _compared(gate, value, gate.number, _plain(gate.number))
    if base is None:
        return Result(text, True, f"{gate.metric} is {_plain(value)}, and no version holds the place yet")
    fault = _fault(base_values, gate.metric)
    if fault:
        return Result(text, False, f"{gate.metric} is {_plain(value)}, but that of version {base} {fault}: not passed")
    standing = Decimal(repr(float(base_values[gate.metric])))
    change = abs(standing) * gate.number / 100 if gate.percent else gate.number
    shown = f"{_plain(standing)} of version {base}"
    if gate.number:
        shown += f" {'-' if gate.number < 0 else '+'} {_plain(abs(gate.number))}{'%' if gate.percent else ''}"
    return _compared(gate, value, standing + change, shown)


def _fault(values: Mapping[str, float], metric: str) -> str:
    """Why a metric cannot be compared, "" when it can."""
    if metric not in values:
        return "was not logged"
    if math.isnan(values[metric]):
        return "is NaN"
    return "is infinite" if abs(values[metric]) >= _ENDLESS else ""


def _compared(gate: Gate, value: Decimal, wanted: Decimal, shown: str) -> Result:
    passed = {
        ">=": value >= wanted,
        ">": value > wanted,
        "<=": value <= wanted,
        "<": value < wanted,
        "==": value == wanted,
    }[gate.operator]
    word = f"{gate.metric} is {_plain(value)}, {'as wanted' if passed else 'not'} {_SIGNS[gate.operator]} {shown}"
    return Result(str(gate), passed, word)


def _plain(number: Decimal) -> str:
    """A number as it is read: 0.9, 12, 1e-9."""
    if number and not -7 < number.adjusted() < 15:
        return f"{number.normalize():e}".replace("e+", "e")
    return f"{number.normalize():f}"
