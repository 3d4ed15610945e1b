"""Finds the messages of a chat in what programs give to models and get from them, however their library spells it.

Known: OpenAI's chat and responses, Anthropic, Gemini, LangChain, and OpenTelemetry's gen_ai messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracing.otlp.spans import as_text, unwrap

MOST_MESSAGES = 200
LONGEST = 20_000
ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "function": "tool", "developer": "system"}
_CALLED = {"function_call": "call", "function_call_output": "result", "computer_call": "call", "reasoning": "thought"}
_LISTS = ("messages", "contents", "input", "output", "choices", "candidates", "generations")
_SYSTEM = ("system", "instructions", "system_instruction")
_PICTURES = ("image", "image_url", "input_image", "inline_data", "blob", "audio", "input_audio", "file", "document")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message. `kind`: text, thought, call (of a tool), result (of one) or media; `left` is not shown."""

    kind: str
    text: str
    name: str = ""
    left: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """Who spoke (system, user, assistant, tool or another word) and what."""

    role: str
    name: str
    parts: tuple[Part, ...]


def messages_of(value: Any) -> list[Message]:
    """The messages in a value, at most MOST_MESSAGES; none where it is no chat."""
    if isinstance(value, Mapping):
        return _in_object(value)
    if isinstance(value, list) and value:
        inner = value[0] if len(value) == 1 and isinstance(value[0], list) else value
        found = [_message(each) for each in inner[:MOST_MESSAGES]]
        return [each for each in found if each] if found and None not in found else []
    return []


def _in_object(value: Mapping[str, Any]) -> list[Message]:
    if one := _message(value):
        return [one]
    for name in _LISTS:
        if found := messages_of(value.get(name) if isinstance(value.get(name), list) else None):
            said = next((value[key] for key in _SYSTEM if value.get(key)), None)
            return [*([Message("system", "", _parts(said))] if said else []), *found]
    return []


def rest_of(value: Any) -> dict[str, Any]:
    """What an object says beside its messages: model, temperature, tools."""
    if not isinstance(value, Mapping) or _message(value):
        return {}
    spoken = next((name for name in _LISTS if isinstance(value.get(name), list) and messages_of(value[name])), "")
    return {key: each for key, each in value.items() if key != spoken and key not in _SYSTEM}


def _message(value: Any) -> Message | None:
    """One message, or None for what is none."""
    if not isinstance(value, Mapping):
        return None
    for inside in ("message", "content"):  # A choice of OpenAI's, a generation of LangChain's, a candidate of Gemini's.
        found = value.get(inside)
        if "role" not in value and isinstance(found, Mapping) and (one := _message(found)):
            return one
    kind = str(value.get("type", ""))
    if kind in _CALLED:
        return Message("tool" if kind.endswith("output") else "assistant", "", (_part(value),))
    role = value.get("role") or (kind if kind in (*ROLES, "system", "user", "assistant", "tool") else "")
    if not isinstance(role, str) or not role:
        return None
    content = next((value[key] for key in ("content", "parts") if value.get(key) is not None), None)
    calls = value.get("tool_calls") or ([value["function_call"]] if value.get("function_call") else [])
    if content is None and not calls and "content" not in value:
        return None
    parts = _parts(content)
    if ROLES.get(role, role) == "tool":
        parts = tuple(
            Part("result", part.text, part.name, part.left) if part.kind == "text" else part for part in parts
        )
    called = tuple(_part({"type": "tool_call", **call}) for call in calls if isinstance(call, Mapping))
    return Message(ROLES.get(role, role)[:40], str(value.get("name") or "")[:80], parts + called)


def _parts(content: Any) -> tuple[Part, ...]:
    if content is None or content == "":
        return ()
    if isinstance(content, Mapping) and isinstance(content.get("parts"), list):
        content = content["parts"]
    pieces: Sequence[Any] = content if isinstance(content, list) else [content]
    return tuple(_part(piece) for piece in pieces[:MOST_MESSAGES])


def _part(piece: Any) -> Part:
    if not isinstance(piece, Mapping):
        return _cut("text", as_text(piece))
    kind = str(piece.get("type", ""))
    if kind in _PICTURES or any(key in piece for key in ("inline_data", "image_url")):
        return Part("media", kind.removeprefix("input_").removesuffix("_url") or "media")
    if ("tool_call" in kind and "response" not in kind) or kind in ("tool_use", "function", "function_call"):
        return _call(piece)
    if isinstance(piece.get("function_call"), Mapping):
        return _call(piece["function_call"])
    if kind in ("tool_result", "tool_call_response", "function_call_output") or "function_response" in piece:
        result = next(
            (piece[key] for key in ("content", "response", "result", "output", "function_response") if key in piece), ""
        )
        return _cut("result", _spoken(result), str(piece.get("name") or "")[:80])
    if kind in ("thinking", "reasoning"):
        return _cut("thought", _spoken(piece.get("thinking") or piece.get("summary") or piece.get("content") or ""))
    text = next((piece[key] for key in ("text", "content", "refusal") if isinstance(piece.get(key), str)), None)
    return _cut("text", as_text(dict(piece)) if text is None else text)


def _call(piece: Mapping[str, Any]) -> Part:
    said = piece.get("function")
    inner: Mapping[str, Any] = said if isinstance(said, Mapping) else piece
    given = unwrap(next((inner[key] for key in ("arguments", "input", "args") if inner.get(key) is not None), {}))
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, indent=2)
    return _cut("call", text, str(inner.get("name") or "tool")[:80])


def _spoken(value: Any) -> str:
    """The words of a result, which may stand in parts."""
    if isinstance(value, list) and all(
        isinstance(each, Mapping) and isinstance(each.get("text"), str) for each in value
    ):
        return "\n".join(each["text"] for each in value)
    return as_text(value)


def _cut(kind: str, text: str, name: str = "") -> Part:
    return Part(kind, text[:LONGEST], name, max(0, len(text) - LONGEST))
