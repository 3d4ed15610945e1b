"""Speaks to APIs of the kind of OpenAI's: fills in a prompt, asks for a completion, reads whatever comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hub import VERSION
from hub.lib import outbound
from hub.lib.errors import HubError, Invalid
from registry.prompts import VARIABLE

MAX_ANSWER = 2 * 1024 * 1024
MAX_OUTPUT = 200_000
MAX_QUOTED = 300
MOST_MODELS = 500
MAX_TOKENS = 10**9
SHORTEST_SECRET = 8
"""Shorter keys are words such as `ollama`, which servers without keys are given."""
LIST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Wire:
    """Where an API is, its key in the clear, and the seconds that a call may take."""

    base_url: str
    key: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call brought: text, or in `problem` why there is none; `note` is what else is to be known."""

    output: str = ""
    problem: str = ""
    note: str = ""
    seconds: float = 0.0
    input_tokens: int | None = None
    output_tokens: int | None = None


def filled(text: str, kind: str, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """The messages of a prompt with its variables filled in, each once. Raises Invalid for a chat that is none."""
    if kind != "chat":
        return [{"role": "user", "content": _fill(text, values)}]
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        listed = None
    if not (isinstance(listed, list) and listed and all(isinstance(each, dict) for each in listed)):
        raise Invalid("This prompt says that it is a chat, but it is no list of messages.", field="version_0")
    # Filled in after parsing: a value with quotes stays a value.
    return [{**each, "content": _fill_content(each.get("content"), values)} for each in listed]


def _fill(text: str, values: Mapping[str, str]) -> str:
    # One pass: braces within a value are text, not another variable.
    return VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def _fill_content(content: object, values: Mapping[str, str]) -> object:
    if isinstance(content, str):
        return _fill(content, values)
    if isinstance(content, list):
        return [{**part, "text": _fill(part["text"], values)} if _is_text(part) else part for part in content]
    return content


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)


def complete(
    wire: Wire, *, model: str, messages: list[dict[str, Any]], max_tokens: int, temperature: float | None
) -> Answer:
    """Ask once and say what came of it; never raises for what the other side does."""
    body: dict[str, Any] = {"model": model, "messages": messages, "max_tokens": max_tokens, "stream": False}
    if temperature is not None:
        body["temperature"] = temperature
    try:
        reply = outbound.post(
            f"{wire.base_url}/chat/completions", body=json.dumps(body).encode(),
            headers=_headers(wire), timeout=wire.seconds, limit=MAX_ANSWER + 1,
        )  # fmt: skip
    except HubError as error:
        return Answer(problem=_clean(f"{error.message} {error.next_step}".strip(), wire.key))
    return _read(reply, wire)


def list_models(wire: Wire) -> list[str]:
    """The names that the API offers, sorted. Raises Invalid with the reason when it does not say."""
    try:
        reply = outbound.get(
            f"{wire.base_url}/models", headers=_headers(wire), timeout=LIST_SECONDS, limit=MAX_ANSWER + 1
        )
    except outbound.Unreachable as error:
        raise Invalid(error.message) from None
    if reply.status != 200:
        raise Invalid(_refusal(reply, wire))
    listed = _parsed(reply.body)
    rows = listed.get("data") if isinstance(listed, dict) else None
    if len(reply.body) > MAX_ANSWER or not isinstance(rows, list):
        raise Invalid("The endpoint's answer is no list of models.")
    names = {_clean(row["id"], wire.key) for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)}
    return sorted(name for name in names if 0 < len(name) <= 200)[:MOST_MODELS]


def _headers(wire: Wire) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": f"Cairn/{VERSION}"}
    return {**headers, "Authorization": f"Bearer {wire.key}"} if wire.key else headers


def _read(reply: outbound.Reply, wire: Wire) -> Answer:
    if reply.status != 200:
        return Answer(problem=_refusal(reply, wire), seconds=reply.seconds)
    if len(reply.body) > MAX_ANSWER:
        return Answer(problem="The answer is larger than 2 MiB. It was not kept.", seconds=reply.seconds)
    said = _parsed(reply.body)
    choice, usage = _choice(said), said.get("usage") if isinstance(said, dict) else None
    if choice is None:
        late = reply.seconds >= wire.seconds
        problem = (
            f"The answer was not whole within {wire.seconds:g} seconds." if late
            else f"This is no answer of a chat completion: {_quoted(reply.body, wire.key)}"
        )  # fmt: skip
        return Answer(problem=problem, seconds=reply.seconds)
    text, ending = choice
    output = _clean(text, wire.key)
    notes = []
    if len(output) > MAX_OUTPUT:
        notes.append(f"The first {MAX_OUTPUT:,} of {len(output):,} characters are kept.")
    if ending == "length":
        notes.append("Cut at the most tokens allowed.")
    elif ending == "content_filter":
        notes.append("Cut by the endpoint's filter of contents.")
    if not output and not notes:
        notes.append("The answer is empty.")
    counts = usage if isinstance(usage, dict) else {}
    return Answer(
        output=output[:MAX_OUTPUT],
        note=" ".join(notes),
        seconds=reply.seconds,
        input_tokens=_count(counts.get("prompt_tokens")),
        output_tokens=_count(counts.get("completion_tokens")),
    )


def _parsed(body: bytes) -> Any:
    """The JSON of an answer; one that was streamed although it should not be is put together. None for neither."""
    try:
        if body.lstrip().startswith(b"data:"):
            return _joined(body)
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _joined(body: bytes) -> dict[str, Any] | None:
    text, ending, usage, ended = "", None, None, False
    for line in body.decode(errors="replace").splitlines():
        data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
        ended = ended or data == "[DONE]"
        piece = json.loads(data) if data and data != "[DONE]" else None
        if not isinstance(piece, dict):
            continue
        usage = piece.get("usage") or usage
        for choice in _listed(piece.get("choices"))[:1]:
            delta = choice.get("delta")
            more = delta.get("content") if isinstance(delta, dict) else None
            text += more if isinstance(more, str) else ""
            ending = choice.get("finish_reason") or ending
    if not ended and ending is None:
        return None
    return {"choices": [{"message": {"content": text}, "finish_reason": ending}], "usage": usage}


def _listed(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _choice(said: Any) -> tuple[str, object] | None:
    """The text of the first choice and why it ended; tool calls are shown as JSON."""
    choices = _listed(said.get("choices")) if isinstance(said, dict) else []
    message = choices[0].get("message") if choices else None
    if not isinstance(message, dict):
        return None
    content = message.get("content")
    if content is None and message.get("tool_calls"):
        content = message["tool_calls"]
    if content is None:
        content = ""
    text = content if isinstance(content, str) else json.dumps(content, indent=2, ensure_ascii=False)
    return text, choices[0].get("finish_reason")


def _refusal(reply: outbound.Reply, wire: Wire) -> str:
    status, said = reply.status, _quoted(reply.body, wire.key)
    host = urlsplit(wire.base_url).hostname
    if status in (401, 403):
        words = f"{host} does not accept the key ({status}). An administrator of the repository can set another."
    elif status == 404:
        words = f"{host} knows no such model or address (404)."
    elif status == 429:
        words = f"{host} takes no more calls now (429): its limit is reached. Try again later."
    elif 300 <= status < 400:
        words = f"{host} sends elsewhere ({status}), which is not followed. Set the address that it names."
    elif status >= 500:
        words = f"{host} failed ({status}). Try again later."
    else:
        words = f"{host} refused the call ({status})."
    return f"{words} It said: {said}" if said else words


def _quoted(body: bytes, key: str) -> str:
    """The beginning of an answer, the message of an error where there is one."""
    said = _parsed(body[:MAX_ANSWER])
    error = said.get("error") if isinstance(said, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    if not isinstance(message, str) and isinstance(said, dict):
        message = said.get("message") or said.get("detail")
    text = _clean(message if isinstance(message, str) else body[:MAX_ANSWER].decode(errors="replace"), key)
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}…"


def _clean(text: str, key: str) -> str:
    """Text that a database takes, without the key: some endpoints quote it when they refuse it."""
    # SECURITY: before anything is cut, so that no part of the key is left at the cut.
    hidden = text.replace(key, "[key]") if len(key) >= SHORTEST_SECRET else text
    return hidden.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_TOKENS else None
