"""The work that every server does: what each piece needs beforehand, and what is measured, once for each repetition."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from client import API, CONNECTIONS, Connection, at_once, median_ms
from fill import fill
from servers import Server

Reading = dict[str, float]
MB = 1024 * 1024


@dataclass(frozen=True)
class Size:
    """How much work is done."""

    creates: int = 400
    calls: int = 1000
    batches: int = 24
    points: int = 100_000
    searched: int = 2000
    runs: tuple[int, ...] = (1000, 10_000, 100_000)
    artifact_mb: int = 100
    long_points: int = 1_000_000
    keys: int = 20_000


QUICK = Size(160, 400, 8, 10_000, 500, (1000, 10_000), 20, 100_000, 2000)


@dataclass(frozen=True)
class Piece:
    """A piece of work: `prepare` makes what `measure` needs, once a server. `only`: servers it is for (all: empty)."""

    prepare: Callable[[Server, Connection, Size], Any]
    measure: Callable[[Server, Connection, Size, Any], Reading]
    only: Sequence[str] = ()


def metric(number: int, key: str = "m") -> dict[str, object]:
    """A metric point."""
    return {"key": key, "value": number / 7, "timestamp": 1_700_000_000_000 + number, "step": number}


def new_experiment(main: Connection) -> str:
    """An experiment's id."""
    return str(main.ask("POST", API + "experiments/create", {"name": secrets.token_hex(6)})["experiment_id"])


def new_run(main: Connection, experiment: str, start: int = 1) -> str:
    """A run's id."""
    body = {"experiment_id": experiment, "start_time": start}
    return str(main.ask("POST", API + "runs/create", body)["run"]["info"]["run_id"])


def log_points(main: Connection, run: str, count: int) -> None:
    """Log the metric m `count` times."""
    for start in range(0, count, 1000):
        body = {"run_id": run, "metrics": [metric(start + place) for place in range(1000)], "params": [], "tags": []}
        main.ask("POST", API + "runs/log-batch", body)


# --- single calls


def _prepare_calls(server: Server, main: Connection, size: Size) -> tuple[str, list[str], list[int]]:
    experiment = new_experiment(main)
    return experiment, [new_run(main, experiment) for _ in range(CONNECTIONS)], [0]


def _measure_calls(server: Server, main: Connection, size: Size, state: Any) -> Reading:
    experiment, runs, done = state
    done[0] += size.calls

    def create(connection: Connection, number: int) -> bytes:
        body = {"experiment_id": experiment, "start_time": number, "tags": [{"key": "mlflow.user", "value": "x"}]}
        return connection.prepare("POST", API + "runs/create", body)

    def log(connection: Connection, number: int) -> bytes:
        body = {"run_id": runs[number % CONNECTIONS], **metric(done[0] + number)}
        return connection.prepare("POST", API + "runs/log-metric", body)

    def get(connection: Connection, number: int) -> bytes:
        return connection.prepare("GET", f"{API}runs/get?run_id={runs[number % CONNECTIONS]}")

    at_once(server, 20 * CONNECTIONS, get)  # Threads and their connections to the database are made, on every server.
    found: Reading = {}
    for name, count, request in (
        ("create run", size.creates, create), ("log-metric", size.calls, log), ("get run", size.calls, get),
    ):  # fmt: skip
        found[f"{name}/s"], found[f"{name}, CPU ms"] = at_once(server, count, request)
    return found


def _measure_batches(server: Server, main: Connection, size: Size, state: Any) -> Reading:
    _, runs, done = state
    done[0] += 1000 * size.batches

    def batch(connection: Connection, number: int) -> bytes:
        metrics = [metric(done[0] + number * 1000 + place, f"k{place % 20}") for place in range(1000)]
        body = {"run_id": runs[number % CONNECTIONS], "metrics": metrics, "params": [], "tags": []}
        return connection.prepare("POST", API + "runs/log-batch", body)

    rate, cpu = at_once(server, size.batches, batch)
    return {"log-batch of 1,000, metrics/s": 1000 * rate, "log-batch, CPU µs a metric": cpu}


# --- questions


def _prepare_history(server: Server, main: Connection, size: Size) -> bytes:
    run = new_run(main, new_experiment(main))
    log_points(main, run, size.points)
    return main.prepare("GET", f"{API}metrics/get-history?run_id={run}&metric_key=m")


def _measure_history(server: Server, main: Connection, size: Size, request: bytes) -> Reading:
    return {f"history of {size.points:,} points, ms": median_ms(1, lambda: main.send(request))}


def search(main: Connection, experiment: str, **body: Any) -> bytes:
    """The bytes of a search."""
    return main.prepare("POST", API + "runs/search", {"experiment_ids": [experiment], **body})


FILTER = {"max_results": 100, "filter": "metrics.m0 > 0.5 and params.p0 = '3'"}


def _prepare_search(server: Server, main: Connection, size: Size) -> bytes:
    experiment = new_experiment(main)
    fill(server, main, experiment, size.searched)
    request = search(main, experiment, max_results=1000, order_by=["metrics.m1 DESC"])
    main.send(request)
    return request


def _measure_search(server: Server, main: Connection, size: Size, request: bytes) -> Reading:
    name = f"search: {min(1000, size.searched):,} by a metric, of {size.searched:,}, ms"
    return {name: median_ms(3, lambda: main.send(request))}


def _prepare_growth(server: Server, main: Connection, size: Size) -> list[tuple[int, list[tuple[str, bytes]]]]:
    found = []
    for count in size.runs:
        experiment = new_experiment(main)
        fill(server, main, experiment, count)
        questions = [
            ("100 by metric and param filter", search(main, experiment, **FILTER)),
            ("100 by a metric", search(main, experiment, max_results=100, order_by=["metrics.m1 DESC"])),
            ("newest 100", search(main, experiment, max_results=100)),
        ]
        for _, request in questions:
            main.send(request)
        found.append((count, questions))
    return found


def _measure_growth(server: Server, main: Connection, size: Size, state: Any) -> Reading:
    found = {}
    for count, questions in state:
        for name, request in questions:
            found[f"search: {name}, of {count:,}, ms"] = median_ms(3, lambda request=request: main.send(request))  # type: ignore[misc]
    return found


def _prepare_long(server: Server, main: Connection, size: Size) -> tuple[str, str]:
    experiment = new_experiment(main)
    run = new_run(main, experiment)
    log_points(main, run, size.long_points)
    return experiment, run


def _measure_long(server: Server, main: Connection, size: Size, state: tuple[str, str]) -> Reading:
    _, run = state
    page = f"{API}metrics/get-history?run_id={run}&metric_key=m&max_results=25000"
    number = [size.long_points]

    def log() -> None:
        number[0] += 1
        main.ask("POST", API + "runs/log-metric", {"run_id": run, **metric(number[0])})

    about = f"a run with {size.long_points:,} points"
    return {
        f"{about}: get run, ms": median_ms(5, lambda: main.ask("GET", f"{API}runs/get?run_id={run}")),
        f"{about}: log-metric, ms": median_ms(5, log),
        f"{about}: first 25,000 of history, ms": median_ms(3, lambda: main.ask("GET", page)),
    }


def _prepare_keys(server: Server, main: Connection, size: Size) -> list[tuple[str, bytes]]:
    experiment = new_experiment(main)
    for start in range(0, size.keys, 1000):
        run = new_run(main, experiment, start)
        metrics = [{**metric(start + place, f"key/{start + place}"), "step": 0} for place in range(1000)]
        main.ask("POST", API + "runs/log-batch", {"run_id": run, "metrics": metrics, "params": [], "tags": []})
    return [
        ("one key's filter", search(main, experiment, filter="metrics.`key/7` > 0", max_results=100)),
        ("all runs", search(main, experiment, max_results=100)),
    ]


def _measure_keys(server: Server, main: Connection, size: Size, state: list[tuple[str, bytes]]) -> Reading:
    return {
        f"{size.keys:,} keys: {name}, ms": median_ms(3, lambda request=request: main.send(request))  # type: ignore[misc]
        for name, request in state
    }


# --- files


def _prepare_files(server: Server, main: Connection, size: Size) -> tuple[bytes, bytes]:
    path = f"/api/2.0/mlflow-artifacts/artifacts/0/{new_run(main, '0')}/artifacts/large.bin"
    put, get = main.prepare("PUT", path, secrets.token_bytes(size.artifact_mb * MB)), main.prepare("GET", path)
    main.send(put)
    main.send(get)
    return put, get


def _measure_files(server: Server, main: Connection, size: Size, state: tuple[bytes, bytes]) -> Reading:
    put, get = state
    return {
        f"artifact PUT of {size.artifact_mb} MB, ms": median_ms(1, lambda: main.send(put)),
        f"artifact GET of {size.artifact_mb} MB, ms": median_ms(1, lambda: main.send(get)),
    }


_prepared_calls: dict[int, Any] = {}


def _calls_of(server: Server, main: Connection, size: Size) -> Any:
    """The runs of the single calls, which batches go to as well."""
    if server.port not in _prepared_calls:
        _prepared_calls[server.port] = _prepare_calls(server, main, size)
    return _prepared_calls[server.port]


PIECES: dict[str, Piece] = {
    "calls": Piece(_calls_of, _measure_calls),
    "batches": Piece(_calls_of, _measure_batches),
    "history": Piece(_prepare_history, _measure_history),
    "search": Piece(_prepare_search, _measure_search),
    "growth": Piece(_prepare_growth, _measure_growth),
    "long": Piece(_prepare_long, _measure_long, only=("hub", "hub pg")),
    "keys": Piece(_prepare_keys, _measure_keys),
    "files": Piece(_prepare_files, _measure_files, only=("hub", "mlflow")),
}
