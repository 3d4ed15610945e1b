"""Tests of a trace filter that ask other tables than the vocabulary does: spans, judgements, prompts, linked runs."""

from __future__ import annotations

from typing import Any

from tracking.search.compile import Condition, Setting, text_test
from tracking.search.errors import FilterError
from tracking.search.grammar import Comparison
from tracking.search.vocabulary import LISTED, MISSING, REGEX, TEXT

_WORDS = TEXT + REGEX
_COLUMNS = {"name": "s.name", "type": "s.type", "status": "s.status"}
_CONTENT = ("LIKE", "ILIKE")
_SIGNS = ("<", "<=", ">", ">=")
ATTRIBUTES = "attributes."


def _quoted(test: Comparison, text: str) -> Any:
    """The value, which must be text, or a list of texts."""
    if not isinstance(test.value, (str, tuple)):
        shown = test.shown or test.value
        message = (
            f"Expected a quoted string value for {test.name.entity or 'attributes'} (e.g. 'my-value'). Got {shown}"
        )
        raise FilterError(message, text=text, position=test.position)
    if any("\0" in word for word in ((test.value,) if isinstance(test.value, str) else test.value)):
        raise FilterError("The value contains the character NUL", text=text, position=test.position)
    return test.value


def _check(test: Comparison, about: str, valid: tuple[str, ...], text: str) -> None:
    if test.operator not in valid:
        message = f"{about} comparator '{test.operator}' not one of '{', '.join(valid)}'"
        raise FilterError(message, text=text, position=test.position)


def span_test(test: Comparison, key: str, text: str, setting: Setting) -> Condition:
    """A test on the span `s`: a column, its content, or one of its attributes."""
    if key == "content":
        _check(test, "span.content", _CONTENT, text)
        return text_test("s.content", test.operator, _quoted(test, text), postgres=setting.postgres)
    if key in _COLUMNS:
        _check(test, f"span.{key}", _WORDS + LISTED, text)
        return text_test(_COLUMNS[key], test.operator, _quoted(test, text), postgres=setting.postgres)
    if not key.startswith(ATTRIBUTES) or key == ATTRIBUTES:
        message = (
            f"Invalid span attribute '{key}'. Supported attributes: name, status, type, attributes.<attribute_name>."
        )
        raise FilterError(message, text=text, position=test.name.position)
    _check(test, f"span.{key}", _WORDS + LISTED, text)
    name = key.removeprefix(ATTRIBUTES).strip('`"')
    value = _quoted(test, text)
    if setting.postgres:
        column = "(s.content::jsonb -> 'attributes' ->> ?)"
        inner = text_test(column, test.operator, value, postgres=True)
        return Condition(f"COALESCE({inner.text}, FALSE)", (name, *inner.values))
    inner = text_test("CAST(a.value AS TEXT)", test.operator, value, postgres=False)
    source = "SELECT 1 FROM json_each(s.content, '$.attributes') a WHERE a.key = ?"
    return Condition(f"EXISTS ({source} AND a.value IS NOT NULL AND {inner.text})", (name, *inner.values))


def judgement_test(test: Comparison, entity: str, key: str, text: str, setting: Setting) -> Condition:
    """A test on the trace's valid judgements of a kind and name; those of its session count for each of its traces."""
    about = f"{entity}.{key}"
    if entity == "issue":
        if key != "id":
            raise FilterError(f"Invalid issue attribute '{key}'. Supported attributes: id", text=text, position=0)
        _check(test, about, ("=",), text)
        name, inner = str(_quoted(test, text)), Condition("1 = 1", ())
    else:
        _check(test, about, _WORDS + _SIGNS + MISSING, text)
        name, inner = key, _value_test(test, text, setting)
    found = f"EXISTS (SELECT 1 FROM tracing_assessment a WHERE a.trace_id = t.id AND {_NAMED} AND ({inner.text}))"
    shared = (
        "EXISTS (SELECT 1 FROM tracing_tracemetadata mine JOIN tracing_tracemetadata other "
        "ON other.key = mine.key AND other.value = mine.value JOIN tracing_trace u ON u.id = other.trace_id "
        "JOIN tracing_assessment a ON a.trace_id = u.id WHERE mine.trace_id = t.id "
        "AND mine.key = 'mlflow.trace.session' AND u.experiment_id = t.experiment_id "
        f"AND {_OF_SESSION} AND {_NAMED} AND ({inner.text}))"
    )
    values = (entity, name, *inner.values)
    either = Condition(f"({found} OR {shared})", (*values, *values))
    return Condition(f"NOT {either.text}", either.values) if test.operator == "IS NULL" else either


_NAMED = "a.valid AND a.kind = ? AND a.name = ?"
# Clients mark a judgement about a whole session so.
_OF_SESSION = "a.metadata LIKE '%\"mlflow.trace.session\"%'"


def _value_test(test: Comparison, text: str, setting: Setting) -> Condition:
    if test.operator in MISSING:
        return Condition("1 = 1", ())
    if test.operator in _SIGNS:
        if isinstance(test.value, bool) or not isinstance(test.value, (int, float)):
            message = f"Expected a number for comparator '{test.operator}'. Got {test.shown or test.value}"
            raise FilterError(message, text=text, position=test.position)
        try:
            number = float(test.value)
        except OverflowError:
            number = float("inf") if test.value > 0 else float("-inf")
        return Condition(f"a.number IS NOT NULL AND a.number {test.operator} ?", (number,))
    inner = text_test("a.word", test.operator, _quoted(test, text), postgres=setting.postgres)
    return Condition(f"a.word IS NOT NULL AND {inner.text}", inner.values)


def prompt_test(test: Comparison, text: str) -> Condition:
    """`prompt = 'name/version'`: the trace used that version."""
    _check(test, "prompt", ("=",), text)
    name, slash, version = str(_quoted(test, text)).rpartition("/")
    if not slash or not name or not version:
        message = f"Invalid prompt filter value '{test.value}'. Expected the format 'name/version'"
        raise FilterError(message, text=text, position=test.position)
    return Condition(
        "EXISTS (SELECT 1 FROM tracing_traceprompt p WHERE p.trace_id = t.id AND p.name = ? AND p.version = ?)",
        (name, version),
    )


def run_test(test: Comparison, said: Condition) -> Condition:
    """`run_id = '…'`: the trace says so itself, or it was linked to the run."""
    linked = "EXISTS (SELECT 1 FROM tracing_tracerunlink l WHERE l.trace_id = t.id AND l.run_uuid = ?)"
    return Condition(f"({said.text} OR {linked})", (*said.values, test.value))


def text_anywhere(test: Comparison, text: str, setting: Setting) -> Condition:
    """`text LIKE '…'`: some span has it somewhere."""
    _check(test, "text", _CONTENT, text)
    inner = text_test("s.content", test.operator, _quoted(test, text), postgres=setting.postgres)
    return Condition(f"EXISTS (SELECT 1 FROM tracing_span s WHERE s.trace_id = t.id AND {inner.text})", inner.values)
