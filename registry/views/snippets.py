"""Code to paste that registers, loads and serves models and prompts, filled in with this hub's address."""

from __future__ import annotations

import json
import shlex

from django.http import HttpRequest

from registry.models import RegisteredModel
from repos.models import Repository
from tracking.views.snippets import Snippet, tracking_uri

_SIGN_IN = "Set MLFLOW_TRACKING_USERNAME to your name and MLFLOW_TRACKING_PASSWORD to an access token of yours."


def first_model(request: HttpRequest, repo: Repository) -> list[Snippet]:
    """How to register a first model."""
    log = (
        "class Double(mlflow.pyfunc.PythonModel):\n"
        "    def predict(self, context, model_input, params=None):\n"
        "        return model_input * 2\n\n"
        'mlflow.set_experiment("first-steps")\n'
        "with mlflow.start_run():\n"
        "    mlflow.pyfunc.log_model(\n"
        '        name="model", python_model=Double(), pip_requirements=["mlflow"],\n'
        '        registered_model_name="double",\n'
        "    )"
    )
    known = (
        'run_id = "…"  # of a run that has logged a model named "model"\n'
        'mlflow.register_model(f"runs:/{run_id}/model", "double")'
    )
    return [
        {"label": "With a run", "note": _SIGN_IN, "text": _python(request, repo, log)},
        {"label": "From a run", "note": _SIGN_IN, "text": _python(request, repo, known)},
    ]


def load_model(request: HttpRequest, model: RegisteredModel, which: str) -> list[Snippet]:
    """How to load, serve and download a version. `which`: `@alias`, or `/2` for a number."""
    repo, uri = model.repository, f"models:/{model.name}{which}"
    quoted = shlex.quote(uri)
    load = f"model = mlflow.pyfunc.load_model({_text(uri)})"
    return [
        {"label": "Python", "text": _python(request, repo, load)},
        {
            "label": "Serve",
            "text": _shell(request, repo, f"mlflow models serve -m {quoted} -p 5001 --env-manager local"),
        },
        {"label": "Download", "text": _shell(request, repo, f"mlflow artifacts download -u {quoted} -d model")},
    ]


def first_prompt(request: HttpRequest, repo: Repository) -> list[Snippet]:
    """How to register a first prompt."""
    words = (
        "mlflow.genai.register_prompt(\n"
        '    name="greeting",\n'
        '    template="Greet {{ name }} in {{ language }}.",\n'
        '    commit_message="First try",\n'
        ")"
    )
    return [{"label": "Python", "note": _SIGN_IN, "text": _python(request, repo, words)}]


def load_prompt(request: HttpRequest, model: RegisteredModel, which: str, variables: list[str]) -> list[Snippet]:
    """How to load a version of a prompt and fill it in."""
    fill = ", ".join(f'{name}="…"' for name in variables if name.isidentifier())
    words = f"prompt = mlflow.genai.load_prompt({_text(f'prompts:/{model.name}{which}')})\nprint(prompt.format({fill}))"
    return [{"label": "Python", "text": _python(request, model.repository, words)}]


def serve_language_model() -> list[Snippet]:
    """How to serve a language model that the hub can call."""
    note = "An address in your own network is called once the hub's administrator sets HUB_ALLOW_PRIVATE_TARGETS=true."
    return [
        {
            "label": "vLLM",
            "note": f"Base URL http://HOST:8000/v1, with this key. {note}",
            "text": "pip install vllm\nvllm serve Qwen/Qwen2.5-1.5B-Instruct --port 8000 --api-key choose-a-key",
        },
        {
            "label": "Ollama",
            "note": f"Base URL http://HOST:11434/v1, without a key. {note}",
            "text": "ollama pull qwen2.5:1.5b\nOLLAMA_HOST=0.0.0.0 ollama serve",
        },
        {
            "label": "llama.cpp",
            "note": f"Base URL http://HOST:8080/v1, with this key. {note}",
            "text": "llama-server -m model.gguf --host 0.0.0.0 --port 8080 --api-key choose-a-key",
        },
    ]


def _text(value: str) -> str:
    """A Python string in double quotes."""
    return json.dumps(value, ensure_ascii=False)


def _python(request: HttpRequest, repo: Repository, words: str) -> str:
    return f'import mlflow\n\nmlflow.set_tracking_uri("{tracking_uri(request, repo)}")\n{words}'


def _shell(request: HttpRequest, repo: Repository, words: str) -> str:
    return f'export MLFLOW_TRACKING_URI="{tracking_uri(request, repo)}"\n{words}'
