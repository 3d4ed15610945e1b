"""The spans of the assistant of the demonstration: notes found, the model asked, a tool called, the model again."""

from __future__ import annotations

import json
from typing import Any

from tracing.otlp.spans import SpanGiven
from web.demo.birds import as_csv, birds
from web.demo.questions import PROMPTS, Question

NS = 1_000_000  # nanoseconds in a millisecond
MODEL = "fjord-small"
_STACK = (
    "Traceback (most recent call last):\n"
    '  File "guide/assistant.py", line 41, in answer\n    measured = call(tool, arguments)\n'
    '  File "guide/tools.py", line 18, in mean_of\n    rows = read("data/penguins.csv", timeout=2)\n'
    "TimeoutError: data/penguins.csv: no answer within 2 s\n"
)
FAULT = "data/penguins.csv: no answer within 2 s"


class Spans:
    """Spans of one trace, one after the other; times in ms."""

    def __init__(self, trace: str, start: int) -> None:
        self.trace, self.start = trace, start
        self.spans: list[SpanGiven] = []

    def add(
        self, name: str, kind: str, at: int, took: int, inputs: Any, outputs: Any, *, parent: int = 1,
        attributes: dict[str, Any] | None = None, fault: str = "",
    ) -> None:  # fmt: skip
        """One more span, `at` ms after the start of the trace; with a `fault` it has failed."""
        place = len(self.spans) + 1
        begin = (self.start + at) * NS
        said = {"mlflow.spanInputs": inputs, "mlflow.spanOutputs": outputs}
        held = {key: json.dumps(value) for key, value in said.items() if value is not None}
        self.spans.append(
            SpanGiven(
                trace_id=self.trace, span_id=f"{place:016x}", parent_id=f"{parent:016x}" if place > 1 else "",
                name=name, start_ns=begin, end_ns=begin + took * NS, status="ERROR" if fault else "OK",
                attributes={"mlflow.spanType": json.dumps(kind), **held, **(attributes or {})},
                resource={"service.name": "field-guide"}, rest=_rest(fault, begin + took * NS),
            )
        )  # fmt: skip


def _rest(fault: str, time: int) -> dict[str, Any]:
    if not fault:
        return {}
    raised = {"exception.type": "TimeoutError", "exception.message": fault, "exception.stacktrace": _STACK}
    return {"message": fault, "events": [{"name": "exception", "time": time, "attributes": raised}]}


def spans_of(
    question: Question, said: str, *, trace: str, start: int, version: int, failed: bool = False
) -> tuple[list[SpanGiven], int]:
    """The spans of one answer, and how long it took in ms; `trace` is 32 hex digits, `start` in ms since 1970."""
    pace = 900 + int(trace[:2], 16) * 6
    whole = 2300 + pace if failed else 700 + 2 * pace
    made = Spans(trace, start)
    fault = FAULT if failed else ""
    made.add("field guide", "AGENT", 0, whole, {"question": question.text}, None if failed else said, fault=fault)
    made.add("find notes", "RETRIEVER", 15, 140, {"query": question.text, "k": 2}, _notes(question))
    asked = _messages(question, version)
    call = {"id": "call_1", "type": "function",
            "function": {"name": question.tool, "arguments": json.dumps(question.arguments)}}  # fmt: skip
    wants = {"role": "assistant", "content": None, "tool_calls": [call]}
    made.add("chat", "CHAT_MODEL", 170, pace - 200, _chat(asked), _choice(wants), attributes=_tokens(asked, 24))
    took = 2000 if failed else 90
    result = None if failed else question.result
    made.add(question.tool, "TOOL", pace, took, question.arguments, result, fault=fault)
    if not failed:
        told = [*asked, wants, {"role": "tool", "tool_call_id": "call_1", "content": json.dumps(question.result)}]
        final = {"role": "assistant", "content": said}
        words = 12 + len(said) // 4
        made.add("chat", "CHAT_MODEL", pace + 110, whole - pace - 140, _chat(told), _choice(final),
                 attributes=_tokens(told, words))  # fmt: skip
    return made.spans, whole


def _messages(question: Question, version: int) -> list[dict[str, Any]]:
    rules = PROMPTS[version - 1][0].split("\n\n")[0].replace("{{ reader }}", "a visitor")
    return [{"role": "system", "content": rules}, {"role": "user", "content": question.text}]


def _chat(messages: list[dict[str, Any]]) -> dict[str, Any]:
    return {"model": MODEL, "temperature": 0.1, "messages": messages}


def _choice(message: dict[str, Any]) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": message}]}


def _tokens(messages: list[dict[str, Any]], out: int) -> dict[str, Any]:
    """Roughly four characters a token, at made-up prices."""
    given = len(json.dumps(messages)) // 4
    cost = {"input_cost": given * 2e-7, "output_cost": out * 6e-7, "total_cost": given * 2e-7 + out * 6e-7}
    used = {"input_tokens": given, "output_tokens": out, "total_tokens": given + out}
    return {"mlflow.chat.tokenUsage": used, "mlflow.llm.cost": cost, "mlflow.llm.model": MODEL}


def _notes(question: Question) -> list[dict[str, Any]]:
    """Lines of the field notes about the species, as documents."""
    species = question.arguments["species"]
    found = []
    for season in (2, 3):
        rows = [bird for bird in birds(season) if bird.species == species and bird.season == season][:3]
        source = {"source": f"field-notes/season-{season}.csv", "season": season}
        found.append({"page_content": as_csv(rows), "metadata": source, "id": f"{species}-{season}"})
    return found
