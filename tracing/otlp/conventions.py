"""Says in MLflow's words what other instrumentations wrote: OpenInference, OpenTelemetry's gen_ai, Traceloop, Vercel.

Only what is missing is added; what a program wrote stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracing.otlp.spans import INPUTS, MODEL, OUTPUTS, SPAN_TYPE, TOKENS, SpanGiven, unwrap

_INPUTS = ("input.value", "gen_ai.input.messages", "gen_ai.tool.call.arguments", "traceloop.entity.input", "ai.prompt")
_OUTPUTS = (
    "output.value",
    "gen_ai.output.messages",
    "gen_ai.tool.call.result",
    "traceloop.entity.output",
    "ai.response.text",
)
_MODELS = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "ai.model.id")
_TOKENS_IN = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "ai.usage.promptTokens",
)
_TOKENS_OUT = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "ai.usage.completionTokens",
)
_TOKENS_ALL = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total")
_TYPES = ("openinference.span.kind", "traceloop.span.kind", "gen_ai.operation.name")
_MEANT = {
    "llm": "LLM",
    "chain": "CHAIN",
    "tool": "TOOL",
    "agent": "AGENT",
    "retriever": "RETRIEVER",
    "embedding": "EMBEDDING",
    "reranker": "RERANKER",
    "guardrail": "GUARDRAIL",
    "evaluator": "EVALUATOR",
    "workflow": "WORKFLOW",
    "task": "TASK",
    "chat": "CHAT_MODEL",
    "generate_content": "LLM",
    "text_completion": "LLM",
    "embeddings": "EMBEDDING",
    "execute_tool": "TOOL",
    "create_agent": "AGENT",
    "invoke_agent": "AGENT",
}


def translate(span: SpanGiven) -> None:
    """The span also says in MLflow's words what it says in others."""
    held = span.attributes
    for wanted, names in ((INPUTS, _INPUTS), (OUTPUTS, _OUTPUTS), (MODEL, _MODELS)):
        if wanted not in held and (found := _first(held, names)) is not None:
            held[wanted] = unwrap(found)
    if TOKENS not in held and (tokens := _tokens(held)):
        held[TOKENS] = tokens
    if SPAN_TYPE not in held and (kind := _first(held, _TYPES)) is not None:
        held[SPAN_TYPE] = _MEANT.get(str(kind).lower(), "UNKNOWN")


def _first(held: dict[str, Any], names: Sequence[str]) -> Any:
    return next((held[name] for name in names if held.get(name) is not None), None)


def _tokens(held: dict[str, Any]) -> dict[str, int]:
    given = (_first(held, _TOKENS_IN), _first(held, _TOKENS_OUT), _first(held, _TOKENS_ALL))
    numbers = [unwrap(number) for number in given]
    put_in, put_out, total = (
        int(number) if isinstance(number, (int, float)) and not isinstance(number, bool) else None for number in numbers
    )
    if put_in is None and put_out is None:
        return {}
    known = {"input_tokens": put_in or 0, "output_tokens": put_out or 0}
    return {**known, "total_tokens": sum(known.values()) if total is None else total}
