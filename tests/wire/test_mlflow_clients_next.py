"""The commands of the newest mlflow: experiments, runs, artifacts, traces."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import ROOT, environment, program
from tests.support.live import LiveHub
from tests.support.mlflow_client import SETTINGS, tracking_on

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]

PROGRAM = str(ROOT / "tests" / "support" / "programs" / "mlflow_commands.py")


class Terminal:
    """Somebody who types `mlflow …` in a folder."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = env
        self.process = subprocess.Popen(
            [program("mlflow-next", "python"), PROGRAM], cwd=folder, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def attempt(self, *words: str) -> tuple[object, str]:
        """How a command ends, and what it prints."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["code"], answer["out"]

    def mlflow(self, *words: str) -> str:
        """What a command prints that must succeed."""
        code, out = self.attempt(*words)
        assert code == 0, f"mlflow {' '.join(words)}: {code}\n{out}"
        return out


@pytest.fixture(scope="module")
def home(hub: LiveHub) -> str:
    """A repository of alice for these tests."""
    return hub.new_repo("mlflow-commands")


@pytest.fixture(scope="module")
def terminal(hub: LiveHub, home: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A terminal of alice."""
    folder = tmp_path_factory.mktemp("terminal")
    env = environment(
        folder,
        **SETTINGS,
        MLFLOW_TRACKING_URI=f"{hub.url}/{home}.mlflow",
        MLFLOW_TRACKING_USERNAME="alice",
        MLFLOW_TRACKING_PASSWORD=hub.tokens["alice"],
    )
    terminal = Terminal(folder, env)
    yield terminal
    assert terminal.process.stdin is not None
    terminal.process.stdin.close()
    assert terminal.process.wait(120) == 0


def create(terminal: Terminal, name: str) -> str:
    """A new experiment; its id."""
    words = terminal.mlflow("experiments", "create", "--experiment-name", name).split()
    assert words[:3] == ["Created", "experiment", f"'{name}'"]
    return words[-1]


def listed(terminal: Terminal, view: str) -> set[str]:
    """Names of experiments that `experiments search` tells."""
    lines = terminal.mlflow("experiments", "search", "--view", view).splitlines()
    return {re.split(r"\s{2,}", line.strip())[1] for line in lines[2:]}


def test_experiments(terminal: Terminal) -> None:
    number = create(terminal, "one")
    create(terminal, "two")
    terminal.mlflow("experiments", "rename", "--experiment-id", number, "--new-name", "first")
    assert listed(terminal, "active_only") == {"Default", "first", "two"}
    terminal.mlflow("experiments", "delete", "--experiment-id", number)
    assert listed(terminal, "active_only") == {"Default", "two"}
    assert listed(terminal, "deleted_only") == {"first"}
    terminal.mlflow("experiments", "restore", "--experiment-id", number)
    told = json.loads(terminal.mlflow("experiments", "get", "--experiment-name", "first", "--output", "json"))
    assert (told["experiment_id"], told["lifecycle_stage"]) == (number, "active")
    code, _ = terminal.attempt("experiments", "create", "--experiment-name", "two")
    assert "RESOURCE_ALREADY_EXISTS" in str(code)


def test_runs(terminal: Terminal) -> None:
    number = create(terminal, "runs")
    for name in ("a", "b"):
        terminal.mlflow("runs", "create", "--experiment-id", number, "--run-name", name, "--tags", "kind=toy")
    terminal.mlflow("experiments", "csv", "--experiment-id", number, "--filename", "runs.csv")
    with (terminal.folder / "runs.csv").open() as table:
        rows = {row["tags.mlflow.runName"]: row for row in csv.DictReader(table)}
    assert {name: (row["status"], row["tags.kind"]) for name, row in rows.items()} == {
        "a": ("FINISHED", "toy"), "b": ("FINISHED", "toy"),
    }  # fmt: skip
    run_id = rows["a"]["run_id"]
    assert json.loads(terminal.mlflow("runs", "describe", "--run-id", run_id))["info"]["run_name"] == "a"
    terminal.mlflow("runs", "delete", "--run-id", run_id)
    active = terminal.mlflow("runs", "list", "--experiment-id", number)
    assert (run_id in active, rows["b"]["run_id"] in active) == (False, True)
    assert run_id in terminal.mlflow("runs", "list", "--experiment-id", number, "--view", "deleted_only")
    terminal.mlflow("runs", "restore", "--run-id", run_id)
    assert run_id in terminal.mlflow("runs", "list", "--experiment-id", number)


def test_artifacts(terminal: Terminal, tmp_path: Path) -> None:
    number = create(terminal, "files")
    terminal.mlflow("runs", "create", "--experiment-id", number)
    run_id = terminal.mlflow("runs", "list", "--experiment-id", number).split()[-1]
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "x.bin").write_bytes(b"\0\1" * 5000)
    (tmp_path / "one.txt").write_text("one")
    terminal.mlflow("artifacts", "log-artifact", "--local-file", str(tmp_path / "one.txt"), "--run-id", run_id,
                    "--artifact-path", "notes")  # fmt: skip
    terminal.mlflow("artifacts", "log-artifacts", "--local-dir", str(tmp_path / "tree"), "--run-id", run_id)
    assert json.loads(terminal.mlflow("artifacts", "list", "--run-id", run_id)) == [
        {"path": "deep", "is_dir": True}, {"path": "notes", "is_dir": True},
    ]  # fmt: skip
    (entry,) = json.loads(terminal.mlflow("artifacts", "list", "--run-id", run_id, "--artifact-path", "deep"))
    assert (entry["path"], entry["is_dir"], int(entry["file_size"])) == ("deep/x.bin", False, 10000)
    (tmp_path / "down").mkdir()
    terminal.mlflow("artifacts", "download", "--run-id", run_id, "--dst-path", str(tmp_path / "down"))
    assert (tmp_path / "down" / "deep" / "x.bin").read_bytes() == b"\0\1" * 5000
    assert (tmp_path / "down" / "notes" / "one.txt").read_text() == "one"


def test_traces(hub: LiveHub, home: str, terminal: Terminal) -> None:
    import mlflow

    with tracking_on(hub, home):
        number = mlflow.set_experiment("traced").experiment_id
        with mlflow.start_span("asked") as span:
            span.set_inputs({"question": "why"})
        mlflow.flush_trace_async_logging()
    told = json.loads(terminal.mlflow("traces", "search", "--experiment-id", number, "--output", "json"))
    (trace,) = told["traces"]
    assert (trace["info"]["trace_id"], trace["info"]["state"]) == (span.trace_id, "OK")
    assert [each["name"] for each in trace["data"]["spans"]] == ["asked"]
