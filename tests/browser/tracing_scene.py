"""Fills experiment 1 of alice/stones with traces of a shop's assistant, evaluations of it, a dataset and a scorer."""

from __future__ import annotations

import json

from repos.models import Repository
from tests.factories.tracing import NS, START, judge, make_dataset, make_span, make_trace, trace_id
from tests.factories.tracking import START as RUN_START
from tests.factories.tracking import make_experiment, make_run
from tracing.services.scorers import register_scorer
from tracking.models import Experiment

QUESTIONS = ("Where is my order?", "How do I send a lamp back?", "Do you sell bulbs?", "It arrived broken, what now?")
SYSTEM = {"role": "system", "content": "You answer customers of a lamp shop. Be brief and polite."}
CALL = {"id": "c1", "type": "function", "function": {"name": "lookup_order", "arguments": '{"order": "A-17"}'}}
FOUND = [{"page_content": "Refunds take 3 days. " * 4, "metadata": {"source": f"terms.md#{n}"}} for n in range(3)]
STACK = 'Traceback (most recent call last):\n  File "shop.py", line 7, in lookup\nTimeoutError: no answer within 2 s'


def fill_with_traces(repo: Repository) -> dict[str, str]:
    """Six traces, the second failed, the last going on; two evaluations of three questions. Gives ids for addresses."""
    experiment = make_experiment(repo, "support assistant")
    for number in range(1, 7):
        _assist(repo, experiment, number)
    judge(repo, 1, "polite", True, source_type="LLM_JUDGE", source_id="small-model", rationale="It greets and thanks.")
    judge(repo, 1, "length", 0.42)
    judge(repo, 2, "polite", None, body={"error": {"error_message": "The judge did not answer.", "stack_trace": STACK}})
    judge(repo, 1, "facts", None, kind="expectation", body={"serialized_value": {
        "serialization_format": "JSON_FORMAT", "value": '["two lamps", "four bulbs"]'}})  # fmt: skip
    runs = [_evaluate(repo, experiment, name, start) for name, start in (("first prompt", 20), ("second prompt", 30))]
    dataset, record = make_dataset(
        repo, {"question": QUESTIONS[0]}, {"question": QUESTIONS[1], "order": "A-17"}, name="hard questions",
        experiment_ids=[str(experiment.number)], tags={"team": "support"}, outputs="It is on its way.",
        source={"source_type": "TRACE", "source_data": {"trace_id": trace_id(1)}},
    )  # fmt: skip
    for words in ("Is {{ outputs }} polite?", "Is {{ outputs }} polite and brief?"):
        said = {"instructions_judge_pydantic_data": {"model": "openai:/small-model", "instructions": words}}
        register_scorer(repository=repo, experiment_id="1", name="politeness", serialized=json.dumps(said))
    return {"trace": trace_id(1), "failed": trace_id(2), "dataset": dataset, "record": record,
            "first": runs[0], "second": runs[1]}  # fmt: skip


def _assist(repo: Repository, experiment: Experiment, number: int) -> None:
    failed, question = number == 2, QUESTIONS[number % 4]
    answer = "Your order A-17 is on its way.\n\nIt has two lamps and four bulbs."
    asked = {"messages": [SYSTEM, {"role": "user", "content": question}], "model": "small-model", "temperature": 0.2}
    calling = {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [CALL]}}]}
    told = {"choices": [{"message": {"role": "assistant", "content": answer}}]}
    tokens = {"mlflow.chat.tokenUsage": {"input_tokens": 40, "output_tokens": 20, "total_tokens": 60},
              "mlflow.llm.cost": {"input_cost": 4e-5, "output_cost": 2e-5, "total_cost": 6e-5},
              "mlflow.llm.model": "small-model"}  # fmt: skip
    raised = {"name": "exception", "time": (START + number * 60_000 + 700) * NS, "attributes": {
        "exception.type": "TimeoutError", "exception.message": "no answer within 2 s", "exception.stacktrace": STACK}}  # fmt: skip
    spans = [
        make_span(number, 1, name="assistant", type="AGENT", took=1800, inputs={"question": question, "order": "A-17"},
                  outputs=None if failed else answer, status="ERROR" if failed else "OK"),
        make_span(number, 2, 1, name="retrieve", type="RETRIEVER", start=20, took=200, inputs={"question": question},
                  outputs=FOUND),
        make_span(number, 3, 1, name="chat", type="CHAT_MODEL", start=240, took=400, inputs=asked, outputs=calling,
                  attributes=tokens),
        make_span(number, 4, 1, name="lookup_order", type="TOOL", start=660, took=120, inputs={"order": "A-17"},
                  outputs=[{"sku": "lamp", "count": 2}, {"sku": "bulb", "count": 4}],
                  status="ERROR" if failed else "OK", events=[raised] if failed else [], message="slow" if failed else ""),
        make_span(number, 5, 1, name="chat", type="CHAT_MODEL", start=800, took=900, inputs=asked, outputs=told,
                  attributes=tokens),
    ]  # fmt: skip
    make_trace(
        repo, experiment, number, request=json.dumps({"question": question, "order": "A-17"}), response=answer,
        state="ERROR" if failed else "IN_PROGRESS" if number == 6 else "OK", duration=None if number == 6 else 1800,
        name="assistant", tags={"env": "prod" if number % 2 else "staging"},
        metadata={"mlflow.trace.session": f"chat-{number // 3}", "mlflow.trace.user": "ada"},
        spans=() if number == 6 else tuple(spans[:4] if failed else spans),
    )  # fmt: skip


def _evaluate(repo: Repository, experiment: Experiment, name: str, first: int) -> str:
    run = make_run(repo, experiment, name, tags={"mlflow.runType": "genai_evaluate"}, start=RUN_START + first)
    for at, question in enumerate(QUESTIONS[:3]):
        make_trace(repo, experiment, first + at, request=json.dumps({"question": question}), response=f"{name}: {at}",
                   metadata={"mlflow.sourceRun": run.uuid})  # fmt: skip
        judge(repo, first + at, "correct", (at + first // 10) % 2 == 0, rationale="As the terms say.")
        judge(repo, first + at, "length", at / 2 + first / 100)
        judge(repo, first + at, "answer", None, kind="expectation", body={"value": "3 days"})
    return run.uuid
