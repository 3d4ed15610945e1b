"""Fills an experiment with many runs by straight SQL, since MLflow's own server would take an hour for 100,000.

One run is made through the server; its rows are then copied in the server's own tables, with other ids, times and
values. So every server has what it would have written itself, and nothing here need know more of its tables than the
columns that change. Afterwards the database gathers its statistics (ANALYZE), on every server alike.
"""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from client import API, Connection
from servers import Server

KEYS = 5
BLOCK = 20_000
Change = Callable[[int, dict[str, Any]], object]


def metric_value(run: int, key: int) -> float:
    """What run number `run` has measured of metric m`key`: spread over [0, 1)."""
    return (run * (key + 7)) % 1000 / 1000


def param_value(run: int, key: int) -> str:
    """One of ten words."""
    return str((run + key) % 10)


def template(main: Connection, experiment: str) -> str:
    """Run number 0, made through the server; returns its id."""
    body = {"experiment_id": experiment, "start_time": 1_600_000_000_000, "run_name": "bench"}
    run = str(main.ask("POST", API + "runs/create", body)["run"]["info"]["run_id"])
    metrics = [{"key": f"m{key}", "value": metric_value(0, key), "timestamp": 1, "step": 0} for key in range(KEYS)]
    params = [{"key": f"p{key}", "value": param_value(0, key)} for key in range(KEYS)]
    main.ask("POST", API + "runs/log-batch", {"run_id": run, "metrics": metrics, "params": params, "tags": []})
    return run


def fill(server: Server, main: Connection, experiment: str, count: int) -> None:
    """The experiment has `count` runs with five metrics, five parameters and the tags of a run."""
    first = template(main, experiment)
    with connected(server.database) as database:
        (_fill_hub if server.name.startswith("hub") else _fill_peer)(database, first, count)
        database.connection.commit()
        database.run("ANALYZE")
        database.connection.commit()


def _fill_peer(database: _Database, first: str, count: int) -> None:
    """MLflow and FastTrackML: the run's id is the key of everything."""
    ids = [uuid.uuid4().hex for _ in range(count)]
    number = database.value("SELECT count(*) FROM runs")
    again: dict[str, Change] = {"run_uuid": lambda run, row: ids[run]}
    runs: dict[str, Change] = {
        **again,
        "start_time": lambda run, row: row["start_time"] + run,
        "artifact_uri": lambda run, row: row["artifact_uri"].replace(first, ids[run]),
        "row_num": lambda run, row: number + run,
    }
    values: dict[str, Change] = {**again, "value": lambda run, row: metric_value(run, int(row["key"][1:]))}
    words: dict[str, Change] = {**again, "value_str": lambda run, row: param_value(run, int(row["key"][1:]))}
    words["value"] = words["value_str"]
    for table, changes in {
        "runs": runs, "metrics": values, "latest_metrics": values, "params": words, "tags": again,
    }.items():  # fmt: skip
        database.copy(table, ("run_uuid", first), changes, count)


def _fill_hub(database: _Database, first: str, count: int) -> None:
    """The hub: numbers inside, ids outside."""
    key = database.value(f"SELECT id FROM tracking_run WHERE uuid = '{first}'")
    home = database.value(f"SELECT experiment_id FROM tracking_run WHERE uuid = '{first}'")
    base = database.value("SELECT max(id) FROM tracking_run")
    names = dict(database.rows("SELECT id, name FROM tracking_metrickey"))
    runs: dict[str, Change] = {
        "id": lambda run, row: base + run,
        "uuid": lambda run, row: uuid.uuid4().hex,
        "start_time": lambda run, row: row["start_time"] + run,
    }
    again: dict[str, Change] = {"run_id": lambda run, row: base + run}
    values: dict[str, Change] = {**again, "value": lambda run, row: metric_value(run, int(names[row["key_id"]][1:]))}
    words: dict[str, Change] = {**again, "value": lambda run, row: param_value(run, int(row["key"][1:]))}
    database.copy("tracking_run", ("id", key), runs, count)
    for table, changes in {
        "tracking_metric": values, "tracking_latestmetric": values, "tracking_param": words, "tracking_runtag": again,
    }.items():  # fmt: skip
        database.copy(table, ("run_id", key), changes, count)
    database.run(f"UPDATE tracking_experiment SET active_runs = {count} WHERE id = {home}")
    if database.is_postgres:
        database.run("SELECT setval(pg_get_serial_sequence('tracking_run', 'id'), (SELECT max(id) FROM tracking_run))")


class _Database:
    def __init__(self, connection: Any, *, is_postgres: bool) -> None:
        self.connection = connection
        self.is_postgres = is_postgres

    def run(self, statement: str) -> None:
        self.connection.execute(statement)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.connection.execute(statement).fetchall()
        return found

    def value(self, statement: str) -> Any:
        return self.rows(statement)[0][0]

    def copy(self, table: str, where: tuple[str, Any], changes: dict[str, Change], count: int) -> None:
        """The rows of run 0 again for the runs 1 to `count` - 1."""
        column, value = where
        shown = f"'{value}'" if isinstance(value, str) else value
        cursor = self.connection.execute(f"SELECT * FROM {table} WHERE {column} = {shown}")
        names = [about[0] for about in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        mark = "%s" if self.is_postgres else "?"
        statement = f"INSERT INTO {table} ({','.join(names)}) VALUES ({','.join([mark] * len(names))})"
        made = (
            [changes[name](run, row) if name in changes else row[name] for name in names]
            for run in range(1, count)
            for row in rows
        )
        self.connection.cursor().executemany(statement, made)


@contextlib.contextmanager
def connected(address: str) -> Iterator[_Database]:
    """A server's own database, SQLite or PostgreSQL."""
    if address.startswith("postgres"):
        import psycopg

        with psycopg.connect(address) as connection:
            yield _Database(connection, is_postgres=True)
        return
    with contextlib.closing(sqlite3.connect(address.removeprefix("sqlite:///"), timeout=60)) as connection:
        yield _Database(connection, is_postgres=False)
