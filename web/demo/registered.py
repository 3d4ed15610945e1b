"""The registered model: four versions, a rule for @champion with metric gates, and requests in three states."""

from __future__ import annotations

import json
import random
import struct
from typing import Any

from accounts.levels import Level
from registry.services.aliases import set_alias
from registry.services.models import create_registered_model
from registry.services.promotion_rules import set_rule
from registry.services.promotions import ask_promotion, review_promotion
from registry.services.versions import create_model_version
from repos.models import Repository
from storage.services import put_object
from tracking.locations import SPACE
from tracking.models import Run
from tracking.selectors.run_page import model_folder
from tracking.services.inputs import log_outputs
from tracking.services.logged_models import create_model, finish_model
from web.demo.people import People

NAME = "penguin-species"
CHAMPION = "champion"
GATES = ("metrics.val_accuracy >= 0.88", "metrics.val_loss <= base + 5%")
_CARD = """\
Tells *Pebble*, *Ridge* and *Tide* birds apart by bill, flippers and weight.

- Trained on `data/penguins.csv`, three seasons.
- Not for birds of other islands.

The weights in these files are stand-ins of the right shape: nothing was trained to make this demonstration.
"""
_INPUTS = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
# The number in the record of runs, and what is said of the version.
_VERSIONS = (
    (10, "One layer. The first model whose scaling knows nothing of the validation part."),
    (20, "16 hidden units, three seasons."),
    (37, "64 hidden units with a little weight decay."),
    (29, "32 hidden units: the best of the sweep."),
)
_MLMODEL = """\
artifact_path: model
flavors:
  python_function:
    data: network.safetensors
    loader_module: penguins.model
    python_version: 3.12.4
mlflow_version: 3.4.0
run_id: {run}
saved_input_example_info:
  artifact_path: input_example.json
  type: dataframe
signature:
  inputs: '{inputs}'
  outputs: '[{{"type": "string", "name": "species", "required": true}}]'
"""


def create_registered(*, people: People, repository: Repository, runs: list[Run]) -> None:
    """The model, its versions, the rule and requests: one done, one refused, one that waits; `runs` as recorded."""
    create_registered_model(
        repository=repository, name=NAME, description=_CARD, tags=[("task", "classification")], actor=people.tor
    )
    for number, about in _VERSIONS:
        _create_version(people, repository, runs[number], about)
    where: dict[str, Any] = {"repository": repository, "name": NAME}
    set_alias(**where, alias=CHAMPION, version="1", actor=people.owner)
    rule: dict[str, Any] = {**where, "kind": "alias", "target": CHAMPION}
    set_rule(**rule, approvals=1, level=Level.WRITE, gates=GATES, actor=people.owner)
    reasons = (
        ("2", "Over a third less loss than the linear model."),
        ("3", "Four times as wide, with weight decay."),
        ("4", "The best of the sweep: **83 of 88** birds, two more than version 2."),
    )
    for version, reason in reasons:
        asked = ask_promotion(**rule, version=version, reason=reason, actor=people.tor)
        said: dict[str, Any] = {**where, "number": asked.number, "actor": people.ida}
        if version == "2":
            review_promotion(**said, approves=True, comment="Checked on last season's birds.", seen=1)
        elif version == "3":
            why = "The same birds are wrong as with version 2, at four times the size."
            review_promotion(**said, approves=False, comment=why, seen=2)


def _create_version(people: People, repository: Repository, run: Run, about: str) -> None:
    logged = create_model(
        repository=repository, number=run.experiment.number, name="model", source_run_id=run.uuid,
        params=list(run.params.values_list("key", "value")),
    )  # fmt: skip
    folder = model_folder(logged)
    width = int(dict(run.params.values_list("key", "value")).get("hidden", "0"))
    for name, content in _files(run, width).items():
        put_object(
            repository=repository, space=SPACE, key=f"{folder}/{name}", chunks=[content], actor=people.tor,
            content_type="application/octet-stream",
        )  # fmt: skip
    finish_model(repository=repository, model_id=logged.uuid, status="READY")
    log_outputs(repository=repository, run_id=run.uuid, models=[(logged.uuid, 0)])
    create_model_version(
        repository=repository, name=NAME, source=f"models:/{logged.uuid}", model_id=logged.uuid, description=about,
        actor=people.tor,
    )  # fmt: skip


def _files(run: Run, width: int) -> dict[str, bytes]:
    inputs = json.dumps([{"type": "double", "name": name, "required": True} for name in _INPUTS])
    example = {"columns": list(_INPUTS), "data": [[45.6, 18.1, 196.0, 3850.0]]}
    return {
        "MLmodel": _MLMODEL.format(run=run.uuid, inputs=inputs).encode(),
        "input_example.json": json.dumps(example).encode(),
        "requirements.txt": b"mlflow>=3\nnumpy>=2\n",
        "network.safetensors": _weights(width),
    }


def _weights(width: int) -> bytes:
    """Weights of the right shape as safetensors: one layer where `width` is 0."""
    shapes = {"first": (4, width), "first_bias": (width,)} if width else {}
    shapes |= {"second": (width or 4, 3), "second_bias": (3,)}
    chance = random.Random(width)  # noqa: S311 (no secret is made of it)
    head: dict[str, Any] = {"__metadata__": {"format": "np"}}
    data = b""
    for name, shape in shapes.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        part = struct.pack(f"<{count}f", *(chance.gauss(0, 0.5) for _ in range(count)))
        head[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data
