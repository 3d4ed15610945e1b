"""Code to paste, filled in with this hub's address, the repository, the experiment and the reader's name."""

from __future__ import annotations

from django.http import HttpRequest

from repos.models import Repository
from tracking.models import Experiment
from tracking.views.snippets import Snippet, tracking_uri

_NOTE = "The password it asks for is an access token of yours."


def first_trace(request: HttpRequest, repo: Repository, experiment: Experiment) -> list[Snippet]:
    """How to send a first trace: by decorating a function, from a library, from any OpenTelemetry program."""
    begin = _begin(request, repo, experiment)
    return [
        {"label": "Python", "note": _NOTE, "text": begin + _TRACED},
        {"label": "Autolog", "note": "Calls of the library become traces by themselves; so with other libraries: "
         "mlflow.langchain, mlflow.anthropic, mlflow.litellm, mlflow.dspy.", "text": begin + _AUTOLOG},
        {"label": "OpenTelemetry", "note": "For programs in any language. TOKEN is an access token of yours.",
         "text": _otlp(tracking_uri(request, repo), experiment.number)},
    ]  # fmt: skip


def first_evaluation(request: HttpRequest, repo: Repository, experiment: Experiment) -> list[Snippet]:
    """How to evaluate a program on a few questions."""
    return [{"label": "Python", "note": _NOTE, "text": _begin(request, repo, experiment) + _EVALUATED}]


def first_dataset(request: HttpRequest, repo: Repository) -> list[Snippet]:
    """How to make an evaluation dataset and put records into it."""
    return [{"label": "Python", "note": _NOTE, "text": _login(request, repo) + _COLLECTED}]


def first_scorer(request: HttpRequest, repo: Repository, experiment: Experiment) -> list[Snippet]:
    """How to register a scorer."""
    return [{"label": "Python", "note": _NOTE, "text": _begin(request, repo, experiment) + _JUDGED}]


def load_dataset(request: HttpRequest, repo: Repository, dataset_id: str) -> list[Snippet]:
    """How to read a dataset back."""
    text = f'dataset = datasets.get_dataset(dataset_id="{dataset_id}")\nprint(dataset.to_df())'
    uri = tracking_uri(request, repo)
    begin = f'import mlflow\nfrom mlflow.genai import datasets\n\nmlflow.set_tracking_uri("{uri}")\n'
    return [{"label": "Python", "text": begin + text}]


def _login(request: HttpRequest, repo: Repository) -> str:
    name = request.user.get_username() or "you"
    return (
        "import getpass, os, mlflow\n\n"
        f'os.environ["MLFLOW_TRACKING_USERNAME"] = "{name}"\n'
        'os.environ["MLFLOW_TRACKING_PASSWORD"] = getpass.getpass("Access token: ")\n'
        f'mlflow.set_tracking_uri("{tracking_uri(request, repo)}")\n'
    )


def _begin(request: HttpRequest, repo: Repository, experiment: Experiment) -> str:
    return _login(request, repo) + f"mlflow.set_experiment({experiment.name!r})\n"


_TRACED = """
@mlflow.trace
def answer(question: str) -> str:
    return f"You asked: {question}"

answer("Where does the path go?")
mlflow.flush_trace_async_logging()
"""
_AUTOLOG = """
mlflow.openai.autolog()
"""
_EVALUATED = """
from mlflow.genai import scorer

@scorer
def exact(outputs, expectations):
    return outputs == expectations["answer"]

def program(question):
    return {"2 + 2": "4", "3 + 3": "7"}[question]

mlflow.genai.evaluate(
    data=[
        {"inputs": {"question": "2 + 2"}, "expectations": {"answer": "4"}},
        {"inputs": {"question": "3 + 3"}, "expectations": {"answer": "6"}},
    ],
    predict_fn=program,
    scorers=[exact],
)
"""
_COLLECTED = """
from mlflow.genai import datasets

dataset = datasets.create_dataset(name="questions")
dataset.merge_records(
    [
        {"inputs": {"question": "2 + 2"}, "expectations": {"answer": "4"}},
        {"inputs": {"question": "3 + 3"}, "expectations": {"answer": "6"}},
    ]
)
"""
_JUDGED = """
from mlflow.genai.judges import make_judge

judge = make_judge(
    name="politeness",
    instructions="Is the answer in {{ outputs }} polite? Say yes or no.",
    model="openai:/gpt-4.1-mini",
)
judge.register()
"""


def _otlp(uri: str, number: int) -> str:
    return (
        f'export OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="{uri}/v1/traces"\n'
        'export OTEL_EXPORTER_OTLP_TRACES_PROTOCOL="http/protobuf"\n'
        f'export OTEL_EXPORTER_OTLP_TRACES_HEADERS="x-mlflow-experiment-id={number},Authorization=Bearer%20$TOKEN"'
    )
