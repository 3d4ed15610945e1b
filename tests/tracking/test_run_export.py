"""Exports of a runs table, read back by pandas."""

from __future__ import annotations

import io
import json
import math
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from repos.models import Repository
from tests.factories.tracking import START, make_experiment, make_run
from tracking.models import Experiment, Run
from tracking.runs_files import as_csv, as_json, as_parquet
from tracking.selectors import run_export
from tracking.services.runs import delete_run

HERE = "/alice/stones/experiments/1"
BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def sweep(repo: Repository) -> Experiment:
    """Runs with numbers that are hard to keep, and text that spreadsheets would run."""
    experiment = make_experiment(repo, "my sweep/1")
    make_run(
        repo, experiment, "=1+1", params={"lr": "-0.1", "opt": "+cmd|' /C calc'!A0"}, metrics={"loss": [0.1 + 0.2]}
    )
    make_run(
        repo, experiment, "nan", params={"lr": "1e-05"}, metrics={"loss": [math.nan], "acc": [1.0]}, start=START + 1
    )
    make_run(
        repo,
        experiment,
        "inf",
        metrics={"loss": [math.inf], "acc": [-math.inf]},
        tags={"note": 'a,"b"\nc — é'},
        start=START + 2,
    )
    make_run(repo, experiment, "going", status="RUNNING", start=START + 3)
    return experiment


def fetched(client: Client, query: str) -> bytes:
    answer = client.get(f"{HERE}/export?{query}")
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)  # type: ignore[arg-type]


def frames(client: Client, query: str) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "parquet", pd.read_parquet(io.BytesIO(fetched(client, f"format=parquet&{query}")))
    yield "csv", pd.read_csv(io.BytesIO(fetched(client, f"format=csv&{query}")), dtype={"params.lr": str})
    yield "json", pd.DataFrame(json.loads(fetched(client, f"format=json&{query}")))


def test_all_formats_hold_the_same_runs_in_the_tables_order(
    browser_of: BrowserOf, sweep: Experiment, bob: User
) -> None:
    for kind, frame in frames(browser_of(bob), "sort=run_name&every=1"):
        names = [str(name).lstrip("'") for name in frame["run_name"]]
        assert names == ["=1+1", "going", "inf", "nan"], kind
        assert {
            "run_id",
            "experiment_id",
            "status",
            "start_time",
            "metrics.loss",
            "metrics.acc",
            "params.lr",
            "tags.note",
        } <= set(frame.columns)
        assert list(frame["status"]) == ["FINISHED", "RUNNING", "FINISHED", "FINISHED"]
        assert list(frame["experiment_id"]) == [1] * 4
        assert frame["tags.note"][2] == 'a,"b"\nc — é', kind


def test_numbers_are_kept_to_the_last_digit_with_nan_and_infinities(
    browser_of: BrowserOf, sweep: Experiment, bob: User
) -> None:
    table = pq.read_table(
        io.BytesIO(fetched(browser_of(bob), "format=parquet&sort=start_time&cols=metrics.loss&cols=metrics.acc"))
    )
    losses, accs = table["metrics.loss"].to_pylist(), table["metrics.acc"].to_pylist()
    assert losses[0] == 0.1 + 0.2 and math.isnan(losses[1]) and losses[2:] == [math.inf, None]
    assert accs == [None, 1.0, -math.inf, None]
    lines = (
        fetched(browser_of(bob), "format=csv&sort=start_time&cols=metrics.loss&cols=metrics.acc").decode().splitlines()
    )
    assert [line.split(",")[-2:] for line in lines] == [
        ["metrics.loss", "metrics.acc"], ["0.30000000000000004", ""], ["NaN", "1.0"], ["inf", "-inf"], ["", ""],
    ]  # fmt: skip
    rows = json.loads(fetched(browser_of(bob), "format=json&sort=start_time&cols=metrics.loss&cols=metrics.acc"))
    assert [row.get("metrics.loss") for row in rows] == [0.1 + 0.2, "NaN", "Infinity", None]
    assert rows[2]["metrics.acc"] == "-Infinity"


def test_times_and_durations_are_typed(browser_of: BrowserOf, sweep: Experiment, bob: User) -> None:
    for kind, frame in frames(browser_of(bob), "sort=start_time"):
        started = pd.to_datetime(frame["start_time"], utc=True)
        assert [int(time.timestamp() * 1000) for time in started] == [START, START + 1, START + 2, START + 3], kind
        assert list(frame["duration"][:3]) == [65.0] * 3 and math.isnan(frame["duration"][3])


def test_a_spreadsheet_runs_nothing(browser_of: BrowserOf, sweep: Experiment, bob: User) -> None:
    # The attack: logging a parameter that a colleague's spreadsheet executes when they open the export.
    text = fetched(browser_of(bob), "format=csv&every=1").decode()
    assert "'=1+1" in text and "'+cmd|" in text
    assert ",=1+1" not in text and ",+cmd" not in text
    frame = pd.read_csv(io.StringIO(text), dtype=str)
    assert set(frame["params.lr"].dropna()) == {"-0.1", "1e-05"}


@pytest.mark.parametrize("cell", ["=x", "+x", "-x", "@x", "\tx", "\rx", "\nx", "-", "+1 ", "=1"])
def test_what_begins_like_a_formula_is_text(cell: str) -> None:
    ((_, shown),) = [
        tuple(row) for row in pd.read_csv(io.BytesIO(b"".join(as_csv(["a", "b"], [[["k", cell]]]))), dtype=str).values
    ]
    assert shown == f"'{cell}" or shown.replace("\r", "\n") == f"'{cell}".replace("\r", "\n")


def test_the_filter_the_view_and_the_columns_of_the_table_hold(
    repo: Repository, browser_of: BrowserOf, sweep: Experiment, bob: User
) -> None:
    delete_run(repository=repo, run_id=Run.objects.get(name="nan").uuid)
    query = "q=metrics.loss+%3E+0&cols=params.lr&pin=metrics.acc"
    for kind, frame in frames(browser_of(bob), query):
        assert [str(name).lstrip("'") for name in frame["run_name"]] == ["inf", "=1+1"], kind
        if kind != "json":
            assert list(frame.columns[len(run_export.KNOWN) :]) == ["metrics.acc", "params.lr"]
    assert len(json.loads(fetched(browser_of(bob), "format=json&view=all"))) == 4


def test_no_run_is_an_empty_file_of_each_kind(browser_of: BrowserOf, sweep: Experiment, bob: User) -> None:
    query = "q=run_name+%3D+%27x%27"
    assert json.loads(fetched(browser_of(bob), f"format=json&{query}")) == []
    assert len(pd.read_csv(io.BytesIO(fetched(browser_of(bob), f"format=csv&{query}")))) == 0
    assert pq.read_table(io.BytesIO(fetched(browser_of(bob), f"format=parquet&{query}"))).num_rows == 0


def test_what_cannot_be_exported_is_told(
    browser_of: BrowserOf, sweep: Experiment, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser_of(bob)
    assert client.get(f"{HERE}/export?format=xls").status_code == 400
    refused = client.get(f"{HERE}/export?q=%28")
    assert refused.status_code == 400 and "Nothing was exported" in refused.content.decode()
    monkeypatch.setattr(run_export, "MOST_COLUMNS", 3)
    assert "an export has at most 3" in client.get(f"{HERE}/export?every=1").content.decode()


def test_the_file_is_named_and_downloaded(browser_of: BrowserOf, sweep: Experiment, bob: User) -> None:
    answer = browser_of(bob).get(f"{HERE}/export?format=parquet")
    b"".join(answer.streaming_content)  # type: ignore[arg-type]
    assert answer["Content-Disposition"] == 'attachment; filename="my-sweep-1-runs.parquet"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_runs_that_go_meanwhile_are_left_out(
    repo: Repository, browser_of: BrowserOf, sweep: Experiment, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_export, "BLOCK", 1)
    answer: Any = browser_of(bob).get(f"{HERE}/export?format=csv&sort=start_time")
    blocks = iter(answer.streaming_content)
    first = next(blocks)
    Run.objects.filter(name="nan").delete()
    text = (first + b"".join(blocks)).decode()
    assert "inf" in text and ",nan," not in text


@pytest.mark.parametrize("write", [as_csv, as_json, as_parquet])
def test_memory_stays_flat(write: Callable[..., Iterator[bytes]]) -> None:
    names = ["run_id", *(f"metrics.m{n}" for n in range(10)), *(f"params.p{n}" for n in range(10))]

    def blocks(count: int) -> Iterator[list[list[Any]]]:
        for block in range(count):
            yield [[f"{block}-{row}", *[row / 3] * 10, *[f"value-{row}"] * 10] for row in range(1000)]

    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in write(names, blocks(count)):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(11)
    assert peak(44) < 1.5 * peak(22) + 2_000_000


@pytest.mark.parametrize("count", [1, 3])
def test_an_export_takes_the_same_queries_for_one_and_for_three(
    repo: Repository, browser_of: BrowserOf, bob: User, count: int
) -> None:
    experiment = make_experiment(repo)
    for number in range(count):
        make_run(repo, experiment, params={"lr": str(number)}, metrics={"loss": [1.0]})
    client = browser_of(bob)
    client.get(f"{HERE}/export")
    with CaptureQueriesContext(connection) as queries:
        fetched(client, "format=csv&cols=metrics.loss&cols=params.lr")
    assert len(queries) == 6
