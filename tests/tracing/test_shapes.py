"""How values of spans are drawn: chats of every library as chats, documents, tables, fields, words and trees."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tracing.messages import LONGEST, MOST_MESSAGES, messages_of
from tracing.shapes import shape_of
from tracing.times import took_text, took_text_ms

CALL = {"id": "1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


def spoken(value: Any) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Who said what in a value."""
    return [(each.role, [(part.kind, part.name, part.text) for part in each.parts]) for each in messages_of(value)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # OpenAI: chat, then responses.
        ({"messages": [{"role": "user", "content": "hi"}], "model": "m"}, [("user", [("text", "", "hi")])]),
        ({"choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [CALL]}}]},
         [("assistant", [("call", "add", '{\n  "a": 1\n}')])]),
        ([{"role": "tool", "tool_call_id": "1", "content": "2"}], [("tool", [("result", "", "2")])]),
        ({"role": "user", "content": [{"type": "text", "text": "what?"}, {"type": "image_url", "image_url": {"url": "u"}}]},
         [("user", [("text", "", "what?"), ("media", "", "image")])]),
        ({"instructions": "Be brief.", "input": [{"role": "user", "content": "hi"}]},
         [("system", [("text", "", "Be brief.")]), ("user", [("text", "", "hi")])]),
        ({"output": [{"type": "reasoning", "summary": [{"text": "hm"}]},
                     {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "yes"}]},
                     {"type": "function_call", "name": "f", "arguments": "{}"}]},
         [("assistant", [("thought", "", "hm")]), ("assistant", [("text", "", "yes")]), ("assistant", [("call", "f", "{}")])]),
        # Anthropic.
        ({"system": "Be kind.", "messages": [{"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "sunny"}]}]}]},
         [("system", [("text", "", "Be kind.")]), ("user", [("result", "", "sunny")])]),
        ({"role": "assistant", "type": "message", "content": [
            {"type": "thinking", "thinking": "hm"}, {"type": "tool_use", "name": "t", "input": {"a": 1}}]},
         [("assistant", [("thought", "", "hm"), ("call", "t", '{\n  "a": 1\n}')])]),
        # Gemini.
        ({"candidates": [{"content": {"role": "model", "parts": [{"text": "yes"}]}}]}, [("assistant", [("text", "", "yes")])]),
        ({"contents": [{"role": "user", "parts": [{"function_call": {"name": "f", "args": {}}}]}]},
         [("user", [("call", "f", "{}")])]),
        # LangChain.
        ([[{"type": "human", "content": "q"}, {"type": "ai", "content": "a"}]],
         [("user", [("text", "", "q")]), ("assistant", [("text", "", "a")])]),
        ({"generations": [[{"text": "a", "message": {"type": "ai", "content": "a"}}]]}, [("assistant", [("text", "", "a")])]),
        # OpenTelemetry.
        ([{"role": "assistant", "parts": [{"type": "text", "content": "a"}, {"type": "tool_call", "name": "f", "arguments": {}}]}],
         [("assistant", [("text", "", "a"), ("call", "f", "{}")])]),
    ],
)  # fmt: skip
def test_messages_of_every_library_are_found(value: Any, expected: Any) -> None:
    assert spoken(value) == expected
    assert shape_of(json.dumps(value)).kind == "chat"


@pytest.mark.parametrize(
    "value",
    [None, 1, "text", [], {}, [1], [{"a": 1}], {"role": "user"}, {"messages": "text"}, {"messages": [1]}, {"messages": []},
     {"type": "human"}, {"input": "text"}, {"role": ["x"], "content": "y"}, [{"role": "user", "content": "a"}, 1],
     {"content": {"content": {"content": {}}}}],
)  # fmt: skip
def test_what_is_no_chat_is_none(value: Any) -> None:
    assert messages_of(value) == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "nothing"), ({}, "nothing"), ("", "text"), ("words", "text"), (5, "text"), ("[broken", "text"),
        ({"question": "why", "k": 3}, "fields"), ({"a": {"b": 1}}, "tree"), ([1, 2], "tree"), ([{"a": 1}], "tree"),
        ([{"a": 1, "b": 2}, {"a": 3}], "table"), ([{"a": [1]}, {"a": [2]}], "tree"),
        ([{"page_content": "p", "metadata": {"s": 1}}], "documents"), ([{"page_content": "p"}, {"page_content": "q"}], "table"),
        ({"messages": [{"role": "user", "content": "hi"}]}, "chat"), ("[" * 5000, "text"),
    ],
)  # fmt: skip
def test_kinds(value: Any, kind: str) -> None:
    assert shape_of(value).kind == kind


def test_what_a_chat_says_beside_its_messages_is_kept() -> None:
    shape = shape_of({"messages": [{"role": "user", "content": "hi"}], "model": "m", "temperature": 0})
    assert [step.key for step in shape.steps if step.kind == "value"] == ["model", "temperature"]


def test_everything_is_bounded() -> None:
    long = shape_of({"messages": [{"role": "user", "content": "x" * (LONGEST + 7)}] * (MOST_MESSAGES + 5)})
    assert len(long.messages) == MOST_MESSAGES
    assert {(len(part.text), part.left) for each in long.messages for part in each.parts} == {(LONGEST, 7)}
    assert shape_of("x" * 3_000_000).left == 2_980_000
    assert shape_of({"a": ["x" * 1000] * 5000}).kind == "large"
    assert len(shape_of([{"a": 1}] * 500).rows) == 100
    deep: Any = "end"
    for _ in range(900):
        deep = {"content": deep}
    assert shape_of(deep).kind in ("tree", "large", "text", "fields")


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.00042, "420 µs"), (0.0123, "12.3 ms"), (0.25, "250 ms"), (1.5, "1.50 s"),
                          (0.9999, "1.00 s"), (0.00099996, "1.0 ms"), (0, "0 µs")]
)  # fmt: skip
def test_how_long_it_took(seconds: float | None, text: str) -> None:
    assert took_text(seconds).replace("\u202f", " ").replace("\u2009", " ") == text


def test_whole_milliseconds() -> None:
    assert (took_text_ms(None), took_text_ms(0)[0]) == ("", "<")
