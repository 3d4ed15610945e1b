"""The stock mlflow client's evaluation of programs: genai.evaluate, evaluation datasets, scorers, prompts in traces."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.live import LiveHub
from tests.support.mlflow_client import Calls, tracking_on

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice for these tests."""
    return hub.new_repo("mlflow-evaluation")


@pytest.fixture
def calls(hub: LiveHub, home: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """mlflow, pointed there, that sends traces before it goes on."""
    import mlflow

    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    with tracking_on(hub, home) as made:
        mlflow.tracing.reset()
        yield made
        mlflow.tracing.reset()


def test_evaluation_of_a_program(calls: Calls) -> None:
    import mlflow
    from mlflow.genai import scorer

    place = mlflow.set_experiment("evaluated").experiment_id

    @scorer
    def exact(outputs: Any, expectations: Any) -> bool:
        return bool(outputs == expectations["answer"])

    data = [
        {"inputs": {"x": 1}, "expectations": {"answer": 2}},
        {"inputs": {"x": 2}, "expectations": {"answer": 5}},
    ]
    found = mlflow.genai.evaluate(data=data, predict_fn=lambda x: 2 * x, scorers=[exact])
    assert found.metrics["exact/mean"] == 0.5
    traces = mlflow.search_traces(locations=[place], run_id=found.run_id, return_type="list")
    assert len(traces) == 2
    said = {each.info.request_preview: {one.name: one.value for one in each.info.assessments} for each in traces}
    assert said == {'{"x": 1}': {"exact": True, "answer": 2}, '{"x": 2}': {"exact": False, "answer": 5}}
    given = [{"inputs": {"x": 3}, "outputs": 6, "expectations": {"answer": 6}}]
    assert mlflow.genai.evaluate(data=given, scorers=[exact]).metrics["exact/mean"] == 1.0


def test_datasets(calls: Calls) -> None:
    import mlflow
    from mlflow.genai import datasets

    place = mlflow.set_experiment("collected").experiment_id
    made = datasets.create_dataset(name="questions", experiment_id=place, tags={"team": "a"})
    made.merge_records(
        [
            {"inputs": {"q": "one"}, "expectations": {"a": 1}},
            {"inputs": {"q": "two"}, "expectations": {"a": 2}},
        ]
    )
    made.merge_records([{"inputs": {"q": "one"}, "expectations": {"b": 3}}])
    found = datasets.get_dataset(dataset_id=made.dataset_id)
    assert (found.name, found.tags["team"], found.experiment_ids) == ("questions", "a", [place])
    table = found.to_df()
    held = dict(zip((each["q"] for each in table["inputs"]), table["expectations"], strict=True))
    assert held == {"one": {"a": 1, "b": 3}, "two": {"a": 2}}
    assert [each.name for each in datasets.search_datasets(experiment_ids=[place])] == ["questions"]
    assert datasets.search_datasets(filter_string="name LIKE 'absent%'") == []
    datasets.set_dataset_tags(dataset_id=made.dataset_id, tags={"stage": "done"})
    datasets.delete_dataset_tag(dataset_id=made.dataset_id, key="team")
    assert datasets.get_dataset(dataset_id=made.dataset_id).tags.get("stage") == "done"
    datasets.delete_dataset(dataset_id=made.dataset_id)
    with pytest.raises(mlflow.MlflowException, match="not found"):
        datasets.get_dataset(dataset_id=made.dataset_id)


def test_scorers(calls: Calls) -> None:
    import mlflow
    from mlflow.genai.scorers import RelevanceToQuery, delete_scorer, get_scorer, list_scorers

    place = mlflow.set_experiment("scored").experiment_id
    RelevanceToQuery().register(name="relevance", experiment_id=place)
    RelevanceToQuery().register(name="relevance", experiment_id=place)
    assert [each.name for each in list_scorers(experiment_id=place)] == ["relevance"]
    assert get_scorer(name="relevance", experiment_id=place, version=1).name == "relevance"
    delete_scorer(name="relevance", experiment_id=place, version="all")
    assert list_scorers(experiment_id=place) == []
    with pytest.raises(mlflow.MlflowException, match="not found"):
        get_scorer(name="relevance", experiment_id=place)


def test_prompts_in_traces(calls: Calls) -> None:
    import mlflow

    place = mlflow.set_experiment("prompted").experiment_id
    mlflow.genai.register_prompt("greeting", "Hello {{name}}")

    @mlflow.trace
    def greet(name: str) -> Any:
        return mlflow.genai.load_prompt("prompts:/greeting/1").format(name=name)

    assert greet("Ada") == "Hello Ada"
    trace_id = mlflow.get_last_active_trace_id()
    for thread in threading.enumerate():
        if thread.name.startswith("link_prompt"):
            thread.join(10)
    found = mlflow.search_traces(locations=[place], filter_string="prompt = 'greeting/1'", return_type="list")
    assert [each.info.trace_id for each in found] == [trace_id]
    assert json.loads(found[0].info.tags["mlflow.linkedPrompts"]) == [{"name": "greeting", "version": "1"}]
