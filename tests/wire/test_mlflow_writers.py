"""Many writers at once: nothing is refused, nothing is lost, numbers and names are given once."""

from __future__ import annotations

import http.client
import json
import signal
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.live import LiveHub, live_hub

pytestmark = pytest.mark.wire

WRITERS = 12


class Program:
    """One connection that is kept, as a training program has."""

    def __init__(self, hub: LiveHub, repo: str) -> None:
        self.base = f"/{repo}.mlflow/api/2.0/mlflow/"
        self.connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=120)
        login = b64encode(f"alice:{hub.tokens['alice']}".encode()).decode()
        self.headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body)
        self.connection.request(method, self.base + path, data, self.headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        status, found = self(method, path, body)
        assert status == 200, found
        return found


def at_once(hub: LiveHub, repo: str, work: Callable[[Program, int], None]) -> list[BaseException]:
    """Run `work` in WRITERS threads that start together; returns what went wrong."""
    errors: list[BaseException] = []
    start = threading.Barrier(WRITERS)

    def run(number: int) -> None:
        try:
            with Program(hub, repo) as program:
                start.wait()
                work(program, number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_the_first_calls_of_a_repository_make_one_default_experiment(hub: LiveHub) -> None:
    repo = hub.new_repo("writers-default")
    made: list[str] = []

    def work(program: Program, number: int) -> None:
        made.append(program.ok("POST", "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"])

    assert at_once(hub, repo, work) == []
    with Program(hub, repo) as program:
        found = program.ok("POST", "experiments/search", {"max_results": 10})["experiments"]
        assert [experiment["name"] for experiment in found] == ["Default"]
        assert len(program.ok("POST", "runs/search", {"experiment_ids": ["0"]})["runs"]) == WRITERS


def test_a_name_is_given_to_one(hub: LiveHub) -> None:
    repo = hub.new_repo("writers-names")
    answers: list[tuple[int, Any]] = []

    def work(program: Program, number: int) -> None:
        answers.append(program("POST", "experiments/create", {"name": "same"}))
        program.ok("POST", "experiments/create", {"name": f"own {number}"})

    assert at_once(hub, repo, work) == []
    assert sorted(status for status, _ in answers) == [200] + [400] * (WRITERS - 1)
    assert {found["error_code"] for status, found in answers if status == 400} == {"RESOURCE_ALREADY_EXISTS"}
    with Program(hub, repo) as program:
        found = program.ok("POST", "experiments/search", {"max_results": 100})["experiments"]
    assert len({experiment["experiment_id"] for experiment in found}) == len(found) == WRITERS + 2


def test_everything_acknowledged_is_there(hub: LiveHub) -> None:
    repo = hub.new_repo("writers-metrics")
    with Program(hub, repo) as program:
        shared = program.ok("POST", "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
    own: dict[int, str] = {}

    def work(program: Program, number: int) -> None:
        run = own[number] = program.ok("POST", "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
        for step in range(20):
            metric = {"key": "m", "value": step, "timestamp": number, "step": step}
            program.ok("POST", "runs/log-metric", {"run_id": shared, **metric})
            # Keys in another order for each writer: what brings deadlocks where rows are locked one by one.
            keys = [f"k{(place * (number + 1)) % 13}" for place in range(13)]
            metrics = [{"key": key, "value": number, "timestamp": number, "step": step} for key in keys]
            tags = [{"key": key, "value": str(number)} for key in keys]
            for target in (shared, run):
                program.ok("POST", "runs/log-batch", {"run_id": target, "metrics": metrics, "tags": tags})
            program.ok("POST", "runs/log-parameter", {"run_id": shared, "key": f"p{number}-{step}", "value": "x"})

    assert at_once(hub, repo, work) == []
    with Program(hub, repo) as program:
        history = program.ok("GET", f"metrics/get-history?run_id={shared}&metric_key=m")["metrics"]
        found = program.ok("GET", f"runs/get?run_id={shared}")["run"]["data"]
        series = {
            number: program.ok("GET", f"metrics/get-history?run_id={run}&metric_key=k0")["metrics"]
            for number, run in own.items()
        }
    assert len(history) == WRITERS * 20
    assert len(found["params"]) == WRITERS * 20
    latest = {metric["key"]: (metric["step"], metric["timestamp"], metric["value"]) for metric in found["metrics"]}
    assert latest == {
        "m": (19, WRITERS - 1, 19.0),
        **{f"k{place}": (19, WRITERS - 1, WRITERS - 1.0) for place in range(13)},
    }
    for number, points in series.items():
        assert {point["step"] for point in points} == set(range(20)), number


def test_what_was_acknowledged_outlives_kill_9(tmp_path: Path) -> None:
    """The process dies at any moment: what it has answered 200 to is there when it runs again."""
    with live_hub(tmp_path / "home") as mortal:
        repo = mortal.new_repo("writers-killed")
        with Program(mortal, repo) as program:
            run = program.ok("POST", "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
        acknowledged: list[list[int]] = [[] for _ in range(16)]
        faults: list[object] = []
        until = time.monotonic() + 10

        def work(number: int) -> None:
            step = 0
            while time.monotonic() < until:
                try:
                    with Program(mortal, repo) as program:
                        while time.monotonic() < until:
                            step += 1
                            point = {"key": "m", "value": step, "timestamp": number, "step": step}
                            status, found = program("POST", "runs/log-metric", {"run_id": run, **point})
                            if status == 200:
                                acknowledged[number].append(step)
                            else:
                                faults.append((status, found))
                except (OSError, http.client.HTTPException):
                    time.sleep(0.1)  # Killed: what was under way may be there or not.

        threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        time.sleep(3)
        before = sum(map(len, acknowledged))
        mortal.stop(signal.SIGKILL)
        mortal.start()
        for thread in threads:
            thread.join(60)
        assert faults == []
        assert 0 < before < sum(map(len, acknowledged)), "it has answered before and after"
        with Program(mortal, repo) as program:
            history = program.ok("GET", f"metrics/get-history?run_id={run}&metric_key=m")["metrics"]
    kept = {(point["timestamp"], point["step"]) for point in history}
    assert {(number, step) for number, steps in enumerate(acknowledged) for step in steps} <= kept
