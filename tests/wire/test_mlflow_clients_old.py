"""Stock mlflow clients from 2.9 to the newest: the same program sees the same things, and leaves them in the hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.clients import ROOT, environment, program, run
from tests.support.live import LiveHub
from tests.support.mlflow_client import SETTINGS

pytestmark = pytest.mark.wire

CLIENTS = ("mlflow-2.9", "mlflow-2.14", "mlflow-2.22", "mlflow-next")
PROGRAM = str(ROOT / "tests" / "support" / "programs" / "mlflow_classic.py")
BIG = 256 * 4096
EXPECTED = {
    "status": "FINISHED",
    "loss": 0.2,
    "counts": [4, 63],
    "history": [[0, 1.0], [1, 0.5], [2, 1 / 3], [3, 0.25], [4, 0.2]],
    "many": 700,
    "children": ["child 2", "child 4", "child 1", "child 3", "child 0"],
    "filtered": ["child 1"],
    "liked": ["child 0", "child 1", "child 2", "child 3", "child 4"],
    "pages": [4, 2],
    "frame": [1, 2.0],
    "deleted": ["parent"],
    "active": 6,
    "trash": ["renamed"],
    "tagged": ["renamed"],
    "by hand": ["named again", "FAILED", 5, 9],
    "root": [["notes", True, None], ["one.txt", False, 3], ["tree", True, None]],
    "tree": ["tree/deep/two ü.bin"],
    "same": True,
    "text": "hello",
    "models:/times/1": [2, 20],
    "models:/times@best": [3, 30],
    "models:/times/Production": [2, 20],
    "runs": [3, 30],
    "latest": {"Production": "1", "Staging": "2"},
    "by alias": "2",
    "models": ["times"],
    "versions": ["1", "2"],
    "nobody": "UNAUTHENTICATED",
    "unknown": "RESOURCE_DOES_NOT_EXIST",
    "changed": "INVALID_PARAMETER_VALUE",
    "filter": "INVALID_PARAMETER_VALUE",
    "twice": "RESOURCE_ALREADY_EXISTS",
    "reader reads": "parent",
    "reader writes": "PERMISSION_DENIED",
}


@pytest.mark.parametrize("client", CLIENTS)
def test_tracking_and_registry(hub: LiveHub, tmp_path: Path, client: str) -> None:
    python = program(client, "python")
    repo = hub.new_repo(f"by-{client}")
    env = environment(
        tmp_path,
        **SETTINGS,
        MLFLOW_TRACKING_URI=f"{hub.url}/{repo}.mlflow",
        MLFLOW_TRACKING_USERNAME="alice",
        MLFLOW_TRACKING_PASSWORD=hub.tokens["alice"],
        OWNER_TOKEN=hub.tokens["alice"],
        READER_TOKEN=hub.tokens["alice-read"],
    )
    printed = run([python, PROGRAM, str(tmp_path / "files")], env=env, cwd=tmp_path)
    (line,) = (line for line in printed.splitlines() if line.startswith("SEEN "))
    seen: dict[str, Any] = json.loads(line.removeprefix("SEEN "))
    assert client == "mlflow-next" or seen.pop("release").startswith(client.removeprefix("mlflow-") + ".")
    run_id, experiment_id = seen.pop("run_id"), seen.pop("experiment_id")
    assert {name: seen[name] for name in EXPECTED} == EXPECTED
    left_in_the_hub(hub, repo, run_id, experiment_id)


def left_in_the_hub(hub: LiveHub, repo: str, run_id: str, experiment_id: str) -> None:
    """What the hub tells of it afterwards, without any client."""

    def get(endpoint: str, **query: str) -> dict[str, Any]:
        address = f"{hub.url}/{repo}.mlflow/api/2.0/mlflow/{endpoint}"
        answer = requests.get(address, params=query, auth=("alice", hub.tokens["alice"]), timeout=120)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    experiment = get("experiments/get", experiment_id=experiment_id)["experiment"]
    assert (experiment["name"], experiment["tags"]) == ("classic", [{"key": "team", "value": "x"}])
    kept = get("runs/get", run_id=run_id)["run"]
    assert (kept["info"]["status"], kept["info"]["lifecycle_stage"]) == ("FINISHED", "active")
    tags = {tag["key"]: tag["value"] for tag in kept["data"]["tags"]}
    assert (tags["a"], tags["b/c"], tags["bearer"], tags["t59"]) == ("1", "2", "yes", "x")
    assert tags["mlflow.note.content"] == "what it is"
    assert "gone" not in tags
    params = {param["key"]: param["value"] for param in kept["data"]["params"]}
    assert (params["lr"], params["depth"], params["empty"], params["p59"]) == ("0.1", "3", "", "59")
    points = get("metrics/get-history", run_id=run_id, metric_key="many")["metrics"]
    assert [(point["value"], point["step"]) for point in points] == [(number, number) for number in range(700)]
    files = get("artifacts/list", run_id=run_id, path="tree/deep")["files"]
    assert [(entry["path"], entry["file_size"]) for entry in files] == [("tree/deep/two ü.bin", BIG)]
    model = get("registered-models/get", name="times")["registered_model"]
    assert (model["description"], model["aliases"]) == ("multiplies", [{"alias": "best", "version": "2"}])
    assert {tag["key"]: tag["value"] for tag in model["tags"]} == {"kind": "toy", "team": "x"}
    better = get("model-versions/get", name="times", version="2")["model_version"]
    assert (better["description"], better["current_stage"]) == ("the better one", "Staging")
    assert better["tags"] == [{"key": "checked", "value": "yes"}]
    assert [found["name"] for found in get("registered-models/search")["registered_models"]] == ["times"]
