"""A small assistant that answers questions about the birds: its traces, what was said of them, and two evaluations."""

from __future__ import annotations

import json
import random
import uuid

from django.db import transaction

from registry.rules import IS_PROMPT, PROMPT_TEXT, PROMPT_TYPE
from registry.services.aliases import set_alias
from registry.services.models import create_registered_model
from registry.services.versions import create_model_version
from repos.models import Repository
from tracing.services.assessments import AssessmentGiven, create_assessment
from tracing.services.datasets import create_dataset, upsert_records
from tracing.services.links import link_prompts_to_trace
from tracing.services.scorers import register_scorer
from tracing.services.spans import log_spans
from tracing.services.traces import TraceGiven, start_trace
from tracking.models import Experiment
from tracking.rules import Point
from tracking.services.batch import log_batch
from tracking.services.experiments import create_experiment
from tracking.services.inputs import DatasetGiven, log_inputs
from tracking.services.runs import create_run, update_run
from web.demo.people import People
from web.demo.questions import PROMPTS, Question, answer, questions
from web.demo.spans import FAULT, spans_of

EXPERIMENT = "field guide"
PROMPT = "field-guide-answer"
DATASET = "what visitors ask"
JUDGE = "fjord-judge"
MINUTE, HOUR = 60_000, 3_600_000
# Who asked which questions in one go, hours ago, with which version of the prompt.
_TALKS = (
    ("ada", 52, 2, (0, 2, 4)), ("ben", 47, 2, (5,)), ("cleo", 30, 2, (1, 3)), ("ada", 27, 3, (6, 5)),
    ("dan", 9, 3, (7, 4, 0)), ("ben", 5, 3, (3,)), ("cleo", 2, 3, (2, 1)),
)  # fmt: skip
_FAILED = (4, 1)  # the talk and the place in it


def create_traces(*, people: People, repository: Repository, now: int) -> None:
    """The repository has the assistant's experiment, prompt, traces, dataset and evaluations; `now` in s."""
    note = ("mlflow.note.content", "An assistant that answers visitors' questions about the birds.")
    experiment = create_experiment(repository=repository, name=EXPERIMENT, tags=[note], actor=people.ida)
    # One transaction: a commit to disk for every span would take most of the time.
    with transaction.atomic():
        _create_prompt(people, repository)
        asked = _talks(repository, experiment, now * 1000)
        _judge_talks(people, repository, asked)
        _create_dataset(people, repository, experiment, asked)
        for version, hours in ((2, 26), (3, 24)):
            _evaluate(people, repository, experiment, version, now * 1000 - hours * HOUR)
        said = {"model": f"openai:/{JUDGE}", "instructions": "Does {{ outputs }} say what {{ expectations }} says?"}
        register_scorer(
            repository=repository, experiment_id=str(experiment.number), name="correct",
            serialized=json.dumps({"instructions_judge_pydantic_data": said}),
        )  # fmt: skip


def _create_prompt(people: People, repository: Repository) -> None:
    mark = (IS_PROMPT, "true")
    create_registered_model(
        repository=repository, name=PROMPT, tags=[mark], actor=people.ida,
        description="How the field guide is told to answer.",
    )  # fmt: skip
    for text, about in PROMPTS:
        create_model_version(
            repository=repository, name=PROMPT, source="prompt-template", description=about, actor=people.ida,
            tags=[mark, (PROMPT_TEXT, text), (PROMPT_TYPE, "text")],
        )  # fmt: skip
    for alias, version in (("live", "2"), ("live", "3"), ("former", "2")):
        set_alias(repository=repository, name=PROMPT, alias=alias, version=version, actor=people.ida)


def _talks(repository: Repository, experiment: Experiment, now: int) -> list[tuple[str, int, int]]:
    """The traces of all talks; returns the id, the question's number and the prompt's version of each."""
    made = []
    for talk, (user, hours, version, numbers) in enumerate(_TALKS):
        for place, number in enumerate(numbers):
            start = now - hours * HOUR + place * 3 * MINUTE
            words = {"mlflow.trace.user": user, "mlflow.trace.session": f"talk-{talk + 1}"}
            failed = (talk, place) == _FAILED
            trace = _trace(repository, experiment, number, version, start, words, failed=failed)
            made.append((trace, number, version))
    return made


def _trace(
    repository: Repository, experiment: Experiment, number: int, version: int, start: int, words: dict[str, str], *,
    failed: bool = False, run: str = "",
) -> str:  # fmt: skip
    """One answer of the assistant; returns the id of its trace."""
    question, key = questions()[number], _id(version, number, start)
    said = answer(number, question, version).text
    spans, took = spans_of(question, said, trace=key, start=start, version=version, failed=failed)
    given = TraceGiven(
        trace_id=f"tr-{key}", experiment_id=str(experiment.number), request_time=start, duration=took,
        state="ERROR" if failed else "OK", request_preview=json.dumps({"question": question.text}),
        response_preview=None if failed else said, metadata={**words, **({"mlflow.sourceRun": run} if run else {})},
        tags={"mlflow.traceName": "field guide", "env": "evaluation" if run else "visitors"},
    )  # fmt: skip
    start_trace(repository=repository, given=given)
    log_spans(repository=repository, experiment_id=str(experiment.number), spans=spans)
    link_prompts_to_trace(repository=repository, trace_id=given.trace_id, prompts=[(PROMPT, str(version))])
    return given.trace_id


def _id(*parts: int) -> str:
    return uuid.UUID(int=random.Random(repr(parts)).getrandbits(128)).hex  # noqa: S311 (no secret is made of it)


def _say(repository: Repository, trace: str, name: str, value: object, source: tuple[str, str], why: str = "") -> None:
    given = AssessmentGiven(
        kind="feedback", name=name, body={"value": value}, source_type=source[0], source_id=source[1],
        rationale=why or None,
    )  # fmt: skip
    create_assessment(repository=repository, trace_id=trace, given=given)


def _judge_talks(people: People, repository: Repository, asked: list[tuple[str, int, int]]) -> None:
    """A judge has looked at every second answer, Ida and Tor at some."""
    for trace, number, version in asked[::2]:
        found = answer(number, questions()[number], version)
        _say(repository, trace, "correct", "yes" if found.correct else "no", ("LLM_JUDGE", JUDGE), found.why)
    ida, tor = ("HUMAN", people.ida.name), ("HUMAN", people.tor.name)
    _say(repository, asked[0][0], "helpful", True, ida, "Short, and the unit is there.")
    _say(repository, asked[3][0], "helpful", False, ida, "Nobody has ever seen a Ridge bird on Holm.")
    _say(repository, asked[-2][0], "helpful", True, tor, "Good that it says how many birds.")
    expected = AssessmentGiven(
        kind="expectation", name="expected_response", body={"value": questions()[5].expected}, source_type="HUMAN",
        source_id=people.ida.name,
    )  # fmt: skip
    create_assessment(repository=repository, trace_id=asked[3][0], given=expected)
    failing = next(trace for trace in asked if trace[1:] == (4, 3))[0]
    _say(repository, failing, "helpful", False, tor, f"The tool gave up: {FAULT}. Visitors saw an error.")


def _create_dataset(
    people: People, repository: Repository, experiment: Experiment, asked: list[tuple[str, int, int]]
) -> None:
    dataset = create_dataset(
        repository=repository, name=DATASET, experiment_ids=[str(experiment.number)], tags={"kept by": "Ida"}
    )
    first = {number: trace for trace, number, _ in reversed(asked)}
    records = [
        {
            "inputs": {"question": question.text},
            "expectations": {"expected_response": question.expected},
            "source": {"source_type": "TRACE", "source_data": {"trace_id": first[number]}},
        }
        for number, question in enumerate(questions())
    ]
    upsert_records(repository=repository, dataset_id=dataset, records=records, user=people.ida.name)


def _evaluate(people: People, repository: Repository, experiment: Experiment, version: int, start: int) -> None:
    """All questions were put to the assistant with a version of its prompt, and every answer was judged."""
    run = create_run(
        repository=repository, number=experiment.number, name=f"prompt {version}", user_name="ida", start_time=start,
        tags=[("mlflow.runType", "genai_evaluate"), ("mlflow.user", "ida")], actor=people.ida,
    )  # fmt: skip
    given = DatasetGiven(DATASET, "8questions", "local", "{}", tags=(("mlflow.data.context", "evaluation"),))
    log_inputs(repository=repository, run_id=run.uuid, datasets=[given])
    log_batch(repository=repository, run_id=run.uuid, params=[("prompt", f"{PROMPT}/{version}")])
    asked = questions()
    for number, question in enumerate(asked):
        _row(repository, experiment, number, question, version, start + number * 4000, run.uuid)
    found = [answer(number, question, version) for number, question in enumerate(asked)]
    end = start + len(asked) * 4000
    means = {
        "correct/mean": sum(one.correct for one in found) / len(found),
        "grounded/mean": sum(one.grounded for one in found) / len(found),
        "words/mean": sum(len(one.text.split()) for one in found) / len(found),
    }
    points = [Point(key, value, end, 0) for key, value in means.items()]
    log_batch(repository=repository, run_id=run.uuid, points=points)
    update_run(repository=repository, run_id=run.uuid, status="FINISHED", end_time=end)


def _row(
    repository: Repository, experiment: Experiment, number: int, question: Question, version: int, start: int, run: str
) -> None:
    trace = _trace(repository, experiment, number, version, start, {}, run=run)
    found = answer(number, question, version)
    judge = ("LLM_JUDGE", JUDGE)
    _say(repository, trace, "correct", "yes" if found.correct else "no", judge, found.why)
    _say(repository, trace, "grounded", found.grounded, judge, found.why)
    _say(repository, trace, "words", len(found.text.split()), ("CODE", "words.py"))
    expected = AssessmentGiven(
        kind="expectation", name="expected_response", body={"value": question.expected}, source_type="HUMAN",
        source_id="demo-ida",
    )  # fmt: skip
    create_assessment(repository=repository, trace_id=trace, given=expected)
