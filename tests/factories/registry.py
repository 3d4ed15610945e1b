"""Registered models and prompts for tests, made through the services that clients reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.actor import ANONYMOUS, Actor
from accounts.levels import Level
from registry.models import ModelVersion, Promotion, RegisteredModel
from registry.rules import IS_PROMPT, PROMPT_TEXT, PROMPT_TYPE
from registry.services.models import create_registered_model
from registry.services.promotion_rules import set_rule
from registry.services.promotions import ask_promotion
from registry.services.versions import create_model_version
from repos.models import Repository
from storage.services import put_object
from tracking.locations import SPACE
from tracking.models import LoggedModel, Run
from tracking.selectors.run_page import model_folder
from tracking.services.logged_models import create_model

MLMODEL = b"""artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.11.2
  sklearn:
    pickled_model: model.pkl
    sklearn_version: 1.7.0
mlflow_version: 3.18.0
saved_input_example_info:
  artifact_path: input_example.json
  type: dataframe
signature:
  inputs: '[{"type": "double", "name": "sepal length", "required": true}, {"type": "long", "name": "age", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}]'
  params: '[{"name": "top", "type": "long", "default": 3, "shape": null}]'
"""


REQUIREMENTS = b"mlflow==3.18.0\nscikit-learn>=1.7,<2\n"


def make_model(
    repository: Repository,
    name: str = "iris",
    *,
    actor: Actor = ANONYMOUS,
    description: str = "",
    tags: Mapping[str, str] | None = None,
) -> RegisteredModel:
    """A model without versions."""
    return create_registered_model(
        repository=repository, name=name, description=description, tags=list((tags or {}).items()), actor=actor
    )


def make_logged_model(
    repository: Repository,
    run: Run,
    *,
    mlmodel: bytes = MLMODEL,
    name: str = "model",
    requirements: bytes = REQUIREMENTS,
) -> LoggedModel:
    """A model that a run logged, with an MLmodel file, an input example and weights."""
    logged = create_model(
        repository=repository, number=run.experiment.number, name=name, source_run_id=run.uuid
    )  # fmt: skip
    files = {
        "MLmodel": mlmodel,
        "input_example.json": b'{"columns": ["age"], "data": [[41]]}',
        "model.pkl": b"\x80\x04.",
        "requirements.txt": requirements,
    }
    for path, content in files.items():
        put_object(repository=repository, space=SPACE, key=f"{model_folder(logged)}/{path}", chunks=[content])
    return logged


def make_version(
    repository: Repository,
    name: str = "iris",
    *,
    logged: LoggedModel | None = None,
    source: str = "s3://bucket/model",
    actor: Actor = ANONYMOUS,
    **fields: Any,
) -> ModelVersion:
    """The next version of a model: of a logged model, or of files that lie elsewhere."""
    made: dict[str, Any] = (
        {"source": f"models:/{logged.uuid}", "model_id": logged.uuid} if logged else {"source": source}
    )
    return create_model_version(repository=repository, name=name, actor=actor, **made, **fields)


def make_request(repository: Repository, name: str, *, asks: Actor, rules: Actor) -> Promotion:
    """A model with a rule for @champion (one approval), a version, and a request for it that waits."""
    make_model(repository, name, actor=asks)
    make_version(repository, name, actor=asks)
    place: dict[str, Any] = {"repository": repository, "name": name, "kind": "alias", "target": "champion"}
    set_rule(**place, approvals=1, level=Level.WRITE, gates=[], actor=rules)
    return ask_promotion(**place, version="1", reason="Better", actor=asks)


def make_prompt(
    repository: Repository, name: str = "greeting", *texts: str, kind: str = "text", actor: Actor = ANONYMOUS
) -> RegisteredModel:
    """A prompt with a version for each text."""
    prompt = make_model(repository, name, tags={IS_PROMPT: "true"}, actor=actor)
    for number, text in enumerate(texts or ("Hello {{ name }}",), start=1):
        tags = [(IS_PROMPT, "true"), (PROMPT_TEXT, text), (PROMPT_TYPE, kind)]
        create_model_version(
            repository=repository, name=name, source="prompt-template", tags=tags, actor=actor,
            description=f"Try {number}",
        )  # fmt: skip
    return prompt
