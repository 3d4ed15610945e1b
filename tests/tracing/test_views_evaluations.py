"""Evaluations on their pages: sums of each run, rows side by side, scorers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from repos.models import Repository
from tests.factories.tracing import judge, make_dataset, make_trace, trace_id
from tests.factories.tracking import START, make_artifact, make_experiment, make_run
from tests.tracing.conftest import Asked
from tests.tracing.test_views_traces import XSS
from tests.tracking.test_views_experiments import text_of
from tracing.services.links import link_traces_to_run
from tracing.services.scorers import register_scorer
from tracking.models import Experiment, Run

LIST = "/alice/stones/experiments/1/evaluations"
GENAI = {"mlflow.runType": "genai_evaluate"}
BrowserOf = Callable[[User | None], Client]


def evaluate(repo: Repository, experiment: Experiment, name: str, first: int, *scores: Any) -> Run:
    """A run that asked q0, q1, … and judged each answer; its traces are numbered from `first`."""
    run = make_run(repo, experiment, name, tags=GENAI, start=START + first)
    for at, score in enumerate(scores):
        make_trace(
            repo, experiment, first + at, request=json.dumps({"question": f"q{at}"}), response=f"{name} says {at}",
            metadata={"mlflow.sourceRun": run.uuid},
        )  # fmt: skip
        judge(
            repo, first + at, "correct", score, metadata={"mlflow.assessment.sourceRunId": run.uuid}, rationale="since"
        )
    return run


@pytest.fixture
def two(repo: Repository) -> tuple[Run, Run]:
    """Two evaluations of the same three questions; the second is worse at q1 and better at q2."""
    experiment = make_experiment(repo, "asked")
    return evaluate(repo, experiment, "old", 10, True, True, False), evaluate(
        repo, experiment, "new", 20, True, False, True
    )


@pytest.fixture
def bobs(browser_of: BrowserOf, two: tuple[Run, Run], bob: User) -> Client:
    """The browser of somebody who may write."""
    return browser_of(bob)


def inputs(page: str) -> list[str]:
    """The inputs in the table of rows, from top to bottom."""
    return re.findall(r'<th scope="row"><div class="evaluated__text">([^<]*)', page)


def test_runs_are_listed_with_the_sums_of_their_scorers(repo: Repository, bobs: Client, two: tuple[Run, Run]) -> None:
    for number, length in ((10, 1.5), (11, 2.5)):
        judge(repo, number, "length", length)
    judge(repo, 20, "broken", None, body={"error": {"error_message": "no key"}})
    page = text_of(bobs, LIST)
    assert re.findall(r'<a class="clip" href="[^"]*">(\w+)</a>', page) == ["new", "old"]
    assert page.count("67 %") == 2 and ">2<" in page and "1 judged, 1 failed" in page
    assert f"/runs/{two[0].uuid}/traces" in page


def test_a_trace_judged_by_two_runs_counts_for_each_by_its_own(repo: Repository, bobs: Client) -> None:
    experiment = Experiment.objects.get(number=1)
    make_trace(repo, experiment, 50)
    for name, score in (("yes", True), ("no", False)):
        run = make_run(repo, experiment, name, tags=GENAI)
        link_traces_to_run(repository=repo, trace_ids=[trace_id(50)], run_id=run.uuid)
        judge(repo, 50, "shared", score, metadata={"mlflow.assessment.sourceRunId": run.uuid})
    page = text_of(bobs, LIST)
    assert "100 %" in page and ">0 %" in page


def test_rows_stand_side_by_side_with_the_worst_first(bobs: Client, two: tuple[Run, Run]) -> None:
    here = f"{LIST}/compare?run={two[0].uuid}&run={two[1].uuid}"
    page = text_of(bobs, here)
    assert inputs(page) == ["q1", "q2", "q0"]
    assert "old says 1" in page and "new says 1" in page and "base" in page and 'title="since"' in page
    assert f"/experiments/1/traces/{trace_id(21)}" in page
    assert inputs(text_of(bobs, f"{here}&show=worse")) == ["q1"]
    assert inputs(text_of(bobs, f"{here}&sort=improvement"))[0] == "q2"
    assert inputs(text_of(bobs, f"{here}&sort=rubbish&show=rubbish&page=rubbish")) == ["q1", "q2", "q0"]
    assert inputs(text_of(bobs, f"{LIST}/compare?run={two[0].uuid}")) == ["q2", "q0", "q1"]


def test_what_cannot_be_compared_is_refused(bobs: Client, two: tuple[Run, Run]) -> None:
    for query in ("", "run=unknown", "run=%00", "&".join(f"run={number}" for number in range(7))):
        assert bobs.get(f"{LIST}/compare?{query}").status_code == 400


def test_classic_evaluations_are_read_from_their_table(repo: Repository, bobs: Client, two: tuple[Run, Run]) -> None:
    logged = json.dumps([{"path": "eval_results_table.json", "type": "table"}])
    runs = []
    for name, score in (("classic one", 0.9), ("classic two", 0.2)):
        run = make_run(repo, two[0].experiment, name, metrics={"toxicity/v1/mean": [score]},
                       tags={"mlflow.loggedArtifacts": logged})  # fmt: skip
        table = {"columns": ["inputs", "outputs", "toxicity/v1/score"], "data": [["why", "because", score]]}
        make_artifact(repo, run, "eval_results_table.json", json.dumps(table).encode())
        runs.append(run)
    page = text_of(bobs, LIST)
    assert "toxicity/v1/mean" in page and f"/runs/{runs[0].uuid}/artifacts/eval_results_table.json" in page
    rows = text_of(bobs, f"{LIST}/compare?run={runs[0].uuid}&run={runs[1].uuid}")
    assert inputs(rows) == ["why"] and "-0.7" in rows


def test_the_list_asks_as_little_for_three_runs_as_for_one(
    repo: Repository, browser_of: BrowserOf, bob: User, asked: Asked
) -> None:
    experiment, client = make_experiment(repo), browser_of(bob)
    evaluate(repo, experiment, "one", 10, True)
    counts = [asked(lambda: text_of(client, LIST))]
    evaluate(repo, experiment, "two", 20, True)
    evaluate(repo, experiment, "three", 30, True)
    counts.append(asked(lambda: text_of(client, LIST)))
    assert counts == [16, 16]


def test_rows_are_read_with_as_many_questions_for_three_rows_as_for_one(
    repo: Repository, browser_of: BrowserOf, bob: User, asked: Asked
) -> None:
    experiment, client = make_experiment(repo), browser_of(bob)
    one, three = evaluate(repo, experiment, "one", 10, True), evaluate(repo, experiment, "three", 30, True, True, False)
    counts = [asked(lambda run=run: text_of(client, f"{LIST}/compare?run={run.uuid}")) for run in (one, three)]  # type: ignore[misc]
    assert counts == [16, 16]


def test_scorers_are_listed_with_their_versions(repo: Repository, bobs: Client) -> None:
    for words in ("Is it polite?", "Is it polite and brief?"):
        said = {"name": "politeness", "instructions_judge_pydantic_data": {"model": "openai:/m", "instructions": words}}
        register_scorer(repository=repo, experiment_id="1", name="politeness", serialized=json.dumps(said))
    page = text_of(bobs, "/alice/stones/experiments/1/scorers")
    assert "politeness" in page and "version 2" in page and "LLM judge" in page and "openai:/m" in page
    versions = text_of(bobs, "/alice/stones/experiments/1/scorers?name=politeness")
    assert versions.index("Is it polite and brief?") < versions.index("Is it polite?<")
    assert bobs.get("/alice/stones/experiments/1/scorers?name=unknown").status_code == 404


def test_datasets_and_scorers_stand_beside_evaluations(repo: Repository, bobs: Client) -> None:
    made, _ = make_dataset(repo, {"x": 1}, experiment_ids=["1"])
    assert f"/experiments/datasets/{made}" in text_of(bobs, LIST)


def test_empty_pages_tell_how_to_begin(repo: Repository, browser_of: BrowserOf, bob: User) -> None:
    make_experiment(repo)
    client = browser_of(bob)
    assert "mlflow.genai.evaluate(" in text_of(client, LIST)
    assert "make_judge(" in text_of(client, "/alice/stones/experiments/1/scorers")


def test_nothing_of_an_evaluation_runs_in_the_page(repo: Repository, browser_of: BrowserOf, bob: User) -> None:
    experiment = make_experiment(repo)
    run = make_run(repo, experiment, XSS, tags=GENAI)
    make_trace(
        repo, experiment, 1, request=json.dumps({XSS: XSS}), response=XSS, metadata={"mlflow.sourceRun": run.uuid}
    )
    judge(repo, 1, XSS, XSS, rationale=XSS)
    judge(repo, 1, XSS, XSS, kind="expectation")
    said = {"instructions_judge_pydantic_data": {"model": XSS, "instructions": XSS}}
    register_scorer(repository=repo, experiment_id="1", name=XSS, serialized=json.dumps(said))
    client = browser_of(bob)
    scorers = "/alice/stones/experiments/1/scorers"
    for path in (LIST, f"{LIST}/compare?run={run.uuid}", scorers):
        page = text_of(client, path)
        assert "<script>alert" not in page and "<img src=x" not in page
    page = client.get(scorers, {"name": XSS}).content.decode()
    assert "<script>alert" not in page


def test_rows_stand_in_the_comparison_of_runs(bobs: Client, two: tuple[Run, Run], repo: Repository) -> None:
    other = make_run(repo, two[0].experiment, "no evaluation")
    chosen = "&".join(f"run={run.uuid}" for run in (*two, other))
    page = text_of(bobs, f"/alice/stones/experiments/1/compare/more/evaluations?{chosen}")
    assert inputs(page) == ["q1", "q2", "q0"] and "evaluations-show=differ" in page
    worse = text_of(bobs, f"/alice/stones/experiments/1/compare/more/evaluations?{chosen}&evaluations-show=worse")
    assert inputs(worse) == ["q1"]
    alone = text_of(bobs, f"/alice/stones/experiments/1/compare/more/evaluations?run={two[0].uuid}&run={other.uuid}")
    assert inputs(alone) == []
