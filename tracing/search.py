"""What searches of traces may ask about, on top of the filter language of tracking.

Tags, metadata and columns are words of a vocabulary. Spans, judgements, prompts, runs and text are questions about
other tables, compiled here. All tests on spans that stand side by side in one AND must hold for one span.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tracing.rules import SOURCE_RUN, TRACE_NAME
from tracing.search_parts import judgement_test, prompt_test, run_test, span_test, text_anywhere
from tracking.search.compile import Condition, Setting, compile_tree
from tracking.search.errors import FilterError
from tracking.search.grammar import Comparison, Joined, Name, Not, Tree, parse
from tracking.search.ordering import Term
from tracking.search.vocabulary import LISTED, MISSING, NUMERIC, REGEX, TEXT, Attribute, Keyed, Sort, Vocabulary

WORDS = TEXT + REGEX
_ATTRIBUTES = {
    "request_id": Attribute("t.trace_id", comparators=WORDS + LISTED),
    "client_request_id": Attribute("t.client_request_id", comparators=WORDS + LISTED, nullable=True),
    "status": Attribute("t.state", comparators=WORDS + LISTED),
    "timestamp_ms": Attribute("t.request_time", Sort.INTEGER, NUMERIC),
    "execution_time_ms": Attribute("t.duration", Sort.INTEGER, NUMERIC, nullable=True),
    "end_time_ms": Attribute("(t.request_time + t.duration)", Sort.INTEGER, NUMERIC, nullable=True),
}
# Answered by other tables: see _special.
_ELSEWHERE = {"name": Attribute(""), "run_id": Attribute(""), "prompt": Attribute(""), "text": Attribute("")}

TRACES = Vocabulary(
    subject="traces",
    outer="t.id",
    attributes={**_ATTRIBUTES, **_ELSEWHERE},
    keyed={
        "tag": Keyed("tracing_tracetag", "trace_id", Sort.TEXT, WORDS + LISTED + MISSING),
        "metadata": Keyed("tracing_tracemetadata", "trace_id", Sort.TEXT, WORDS + LISTED + MISSING),
        **{
            name: Keyed("", "", Sort.TEXT, TEXT, orderable=False)
            for name in ("span", "feedback", "expectation", "issue")
        },
    },
    aliases={
        **dict.fromkeys(("tag", "tags"), "tag"),
        **dict.fromkeys(("request_metadata", "metadata"), "metadata"),
        **dict.fromkeys(("attribute", "attributes", "trace"), "attribute"),
        **{name: name for name in ("span", "feedback", "expectation", "issue")},
    },
    key_aliases={"timestamp": "timestamp_ms", "execution_time": "execution_time_ms", "end_time": "end_time_ms"},
    orderable=frozenset({"experiment_id", "timestamp_ms", "execution_time_ms", "end_time_ms", "status", "request_id"}),
    default_order=(("timestamp_ms", False), ("request_id", True)),
    ties=(("timestamp_ms", False), ("request_id", True)),
)
# Orders know a column that filters do not.
ORDERS = replace(
    TRACES,
    attributes={
        **_ATTRIBUTES,
        "experiment_id": Attribute("e.number", Sort.INTEGER, NUMERIC),
    },
)
_ORDER_NAMES = {"name": Name("tag", TRACE_NAME, 0), "run_id": Name("metadata", SOURCE_RUN, 0)}


def order_terms(terms: Sequence[Term]) -> list[Term]:
    """The terms with the names that stand for a tag or metadata replaced."""
    return [
        replace(term, name=_ORDER_NAMES[term.name.key])
        if TRACES.aliases.get(term.name.entity or "attribute") == "attribute" and term.name.key in _ORDER_NAMES
        else term
        for term in terms
    ]


def compile_traces(text: str, setting: Setting) -> Condition:
    """The condition that a filter of traces stands for; raises FilterError for whatever is not understood."""
    return _tree(parse(text), text, setting)


def compile_together(texts: Sequence[str], setting: Setting) -> Condition:
    """The condition that several filters stand for together; raises FilterError for the first not understood."""
    found = [(parse(text), text) for text in texts if text.strip()]
    for tree, text in found:
        _tree(tree, text, setting)  # So that what is wrong is shown in the filter that it stands in.
    return _tree(Joined("AND", tuple(tree for tree, _ in found)), " ", setting)


def _tree(tree: Tree, text: str, setting: Setting) -> Condition:
    if isinstance(tree, Comparison):
        return _side_by_side([tree], text, setting)
    if isinstance(tree, Not):
        inside = _tree(tree.inside, text, setting)
        return Condition(f"NOT ({inside.text})", inside.values)
    if tree.word == "AND":
        return _side_by_side(_flat(tree), text, setting)
    return _joined("OR", [_tree(part, text, setting) for part in tree.parts])


def _flat(tree: Tree) -> list[Tree]:
    if isinstance(tree, Joined) and tree.word == "AND":
        return [each for part in tree.parts for each in _flat(part)]
    return [tree]


def _side_by_side(parts: Sequence[Tree], text: str, setting: Setting) -> Condition:
    found: list[Condition] = []
    of_span: list[Condition] = []
    for part in parts:
        if not isinstance(part, Comparison):
            found.append(_tree(part, text, setting))
            continue
        entity, key = TRACES.find(part.name, text=text)
        if entity == "span":
            of_span.append(span_test(part, key, text, setting))
        else:
            found.append(_comparison(part, entity, key, text, setting))
    if of_span:
        inner = _joined("AND", of_span)
        found.append(
            Condition(f"EXISTS (SELECT 1 FROM tracing_span s WHERE s.trace_id = t.id AND ({inner.text}))", inner.values)
        )
    return _joined("AND", found)


def _joined(word: str, parts: Sequence[Condition]) -> Condition:
    if not parts:
        return Condition("1 = 1", ())
    text = f" {word} ".join(f"({part.text})" for part in parts)
    return Condition(text, tuple(value for part in parts for value in part.values))


def _comparison(test: Comparison, entity: str, key: str, text: str, setting: Setting) -> Condition:
    if entity in ("feedback", "expectation", "issue"):
        return judgement_test(test, entity, key, text, setting)
    if entity == "attribute" and key in _ELSEWHERE:
        return _special(test, key, text, setting)
    if entity != "attribute" and test.operator in LISTED:
        message = f"Invalid comparator '{test.operator}' not one of '{', '.join(WORDS + MISSING)}'"
        raise FilterError(message, text=text, position=test.position)
    found = compile_tree(test, text, TRACES, setting)
    if key == "client_request_id":
        return Condition(f"(t.client_request_id IS NOT NULL AND {found.text})", found.values)
    return found


def _special(test: Comparison, key: str, text: str, setting: Setting) -> Condition:
    """Attributes that lie in other tables."""
    if test.operator in MISSING and key != "name":
        known = "names, tags, metadata and assessments"
        message = f"{test.operator} is only supported for {known}, not for attribute '{key}'"
        raise FilterError(message, text=text, position=test.position)
    if key == "prompt":
        return prompt_test(test, text)
    if key == "text":
        return text_anywhere(test, text, setting)
    name = Name("tag", TRACE_NAME, test.position) if key == "name" else Name("metadata", SOURCE_RUN, test.position)
    found = compile_tree(replace(test, name=name), text, TRACES, setting)
    return run_test(test, found) if key == "run_id" and test.operator == "=" else found
