"""An experiment of very many runs, written by straight SQL: what services would take minutes for takes seconds."""

from __future__ import annotations

from repos.models import Repository
from tests.factories.tracking import START, make_experiment
from tracking import sql
from tracking.models import Experiment

COMMON = ("loss", "accuracy", "f1", "val/loss", "val/accuracy")
RARE_EACH = 5
NESTED = 10


def make_many_runs(repository: Repository, runs: int = 100_000, keys: int = 20_000, name: str = "large") -> Experiment:
    """`runs` runs with ten metrics each out of `keys` keys, five parameters and two tags.

    Of each hundred, ten are nested in the first; every 50th has NaN as its loss, every 25th has no loss.
    """
    experiment = make_experiment(repository, name)
    base = (sql.row("SELECT COALESCE(MAX(id), 0) FROM tracking_run") or (0,))[0] + 1
    with sql.writing():
        _runs(repository, experiment, base, runs)
        first_key = _keys(repository, keys)
        _metrics(base, runs, first_key, keys)
        _words(base, runs)
    Experiment.objects.filter(pk=experiment.pk).update(active_runs=runs)
    sql.change("ANALYZE")
    experiment.refresh_from_db()
    return experiment


def _runs(repository: Repository, experiment: Experiment, base: int, runs: int) -> None:
    sql.insert(
        "INSERT INTO tracking_run (id, repository_id, experiment_id, uuid, name, status, user_name, start_time, end_time)",
        [
            (base + n, repository.pk, experiment.pk, f"{(n * 2654435761) % 2**32:08x}{experiment.pk:08x}{n:016x}",
             f"run-{n}", "FAILED" if n % 20 == 0 else "FINISHED", "bob" if n % 3 else "carol",
             START + n * 1000, START + n * 1000 + 60_000)
            for n in range(runs)
        ],
    )  # fmt: skip
    if sql.is_postgres():
        sql.row("SELECT setval(pg_get_serial_sequence('tracking_run', 'id'), (SELECT MAX(id) FROM tracking_run))")


def _keys(repository: Repository, keys: int) -> int:
    names = [*COMMON, *(f"rare/{n:05d}" for n in range(keys - len(COMMON)))]
    sql.insert("INSERT INTO tracking_metrickey (repository_id, name)", [(repository.pk, name) for name in names])
    found = sql.row("SELECT MIN(id) FROM tracking_metrickey WHERE repository_id = ?", (repository.pk,))
    assert found is not None
    return int(found[0])


def _metrics(base: int, runs: int, first_key: int, keys: int) -> None:
    head = "INSERT INTO tracking_latestmetric (run_id, key_id, step, timestamp, value, is_nan)"
    numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
    if sql.is_postgres():
        numbers = "WITH n(i) AS (SELECT * FROM generate_series(0, {last}))"
    numbers = numbers.format(last=int(runs) - 1)
    for place in range(len(COMMON)):
        nan = "(i % 50 = 0)" if place == 0 else "FALSE"
        value = f"CASE WHEN {nan} THEN 0.0 ELSE ((i * {7919 + place}) % 1000003) / 1000003.0 END"
        some = "WHERE i % 25 <> 1" if place == 0 else ""
        sql.change(f"{head} {numbers} SELECT {base} + i, {first_key + place}, 9, {START}, {value}, {nan} FROM n {some}")
    rare = keys - len(COMMON)
    for place in range(RARE_EACH):
        key = f"{first_key + len(COMMON)} + (i * {RARE_EACH} + {place}) % {rare}"
        sql.change(f"{head} {numbers} SELECT {base} + i, {key}, 0, {START}, i * 0.5, FALSE FROM n")


def _words(base: int, runs: int) -> None:
    words = {"lr": (0.1, 0.01, 0.001), "depth": (18, 34, 50), "optimizer": ("adam", "sgd"), "seed": range(997),
             "data": ("v1",)}  # fmt: skip
    sql.insert(
        "INSERT INTO tracking_param (run_id, key, value)",
        [(base + n, key, str(values[n % len(values)])) for n in range(runs) for key, values in sorted(words.items())],
    )
    ids = dict(sql.rows("SELECT id, uuid FROM tracking_run WHERE id >= ?", (base,)))
    tags = []
    for n in range(runs):
        tags += [(base + n, "mlflow.source.name", "train.py")]
        if 0 < n % 100 <= NESTED:
            tags.append((base + n, "mlflow.parentRunId", ids[base + n - n % 100]))
        tags.append((base + n, "team", "vision" if n % 2 else "speech"))
    sql.insert("INSERT INTO tracking_runtag (run_id, key, value)", tags)
