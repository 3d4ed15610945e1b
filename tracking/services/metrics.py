"""Logs metric values: history rows are only ever added, the latest value of each key is kept beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from math import isfinite
from operator import itemgetter

from django.db import transaction

from repos.models import Repository
from tracking import rules, sql
from tracking.rules import Point
from tracking.selectors.runs import run_not_found
from tracking.services.locking import hold_run, run_deleted

# (run, key, step, timestamp, value, is_nan), the order of both tables.
_Row = tuple[int, int, int, int, float, bool]
_COLUMNS = "(run_id, key_id, step, timestamp, value, is_nan)"
_ARRAYS = "SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::float8[], ?::boolean[])"
_POINTS = "unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::float8[], ?::boolean[]) p"
_HISTORY = (f"INSERT INTO tracking_metric {_COLUMNS}", "ON CONFLICT DO NOTHING")
# The protocol's rule for "latest": the largest (step, timestamp, value), where NaN counts as 0.
_LATEST = (
    f"INSERT INTO tracking_latestmetric {_COLUMNS}",
    "ON CONFLICT (run_id, key_id) DO UPDATE SET step = excluded.step, timestamp = excluded.timestamp, "
    "value = excluded.value, is_nan = excluded.is_nan "
    "WHERE (excluded.step, excluded.timestamp, excluded.value) > "
    "(tracking_latestmetric.step, tracking_latestmetric.timestamp, tracking_latestmetric.value)",
)
# On PostgreSQL a round trip costs more than the work: hold the run and write all of it in one statement, which is a
# transaction by itself.
_TOGETHER = sql.fixed(
    "WITH run AS (SELECT id, deleted_at FROM tracking_run WHERE uuid = ? AND repository_id = ? FOR NO KEY UPDATE), "
    f"added AS ({_HISTORY[0]} SELECT run.id, p.* FROM run, {_POINTS} WHERE deleted_at IS NULL {_HISTORY[1]}), "
    f"newest AS ({_LATEST[0]} SELECT run.id, p.* FROM run, {_POINTS} WHERE deleted_at IS NULL {_LATEST[1]}) "
    "SELECT deleted_at FROM run"
)
_ADD_KEY = "INSERT INTO tracking_metrickey (repository_id, name)"


def log_metrics(*, repository: Repository, run_id: str, points: Sequence[Point]) -> None:
    """All points are in the run's history, exact repetitions once; the latest value of each key is up to date.

    Raises Invalid (nothing is kept) for a bad key, timestamp or step and for a deleted run, NotFound for no run.
    """
    rules.check_points(points)
    log_checked(repository, run_id, points)


def log_checked(repository: Repository, run_id: str, points: Sequence[Point]) -> None:
    """Log points that were checked; raises as above."""
    if sql.is_postgres() and _written_together(repository, run_id, points):
        return
    with sql.writing():
        write_points(repository, hold_run(repository, run_id), points)


def write_points(repository: Repository, run: int, points: Sequence[Point]) -> None:
    """Write checked points of the held run with key `run`."""
    if not points:
        return
    keys = metric_keys(repository, {point.key for point in points})
    values = [p.value for p in points]
    if isfinite(sum(values)) and not sql.is_postgres():
        _write_numbers(run, [keys[p.key] for p in points], points, values)
    else:
        stored = rules.stored_value  # One is NaN or infinite, or their sum is.
        rows = [(run, keys[p.key], p.step, p.timestamp, *stored(p.value)) for p in points]
        rows.sort()  # In the order of the table: a third less work for the database than as programs send them.
        _insert(_HISTORY, rows)
        _insert(_LATEST, _newest(rows))
    attached = [point for point in points if point.model_id]
    if attached:
        _attach(repository, run, keys, attached)


def _written_together(repository: Repository, run_id: str, points: Sequence[Point]) -> bool:
    """Write points by one statement of PostgreSQL, if their keys are known and they are no model's; whether it did."""
    pk, stored = repository.pk, rules.stored_value
    if not points or any(point.model_id or (pk, point.key) not in _numbers for point in points):
        return False
    rows = sorted((0, _numbers[pk, p.key], p.step, p.timestamp, *stored(p.value)) for p in points)
    columns = [list(column) for some in (rows, _newest(rows)) for column in zip(*some, strict=True)]
    del columns[6], columns[0]  # The run is found by the statement.
    found = sql.row(_TOGETHER, (run_id, pk, *columns))
    if found is None:
        raise run_not_found(run_id)
    if found[0] is not None:
        raise run_deleted(run_id)
    return True


def _write_numbers(run: int, keys: Sequence[int], points: Sequence[Point], values: Sequence[float]) -> None:
    """Points of finite values, on SQLite: the same rows as otherwise, by a third fewer values for the driver."""
    rows = list(zip(keys, [p.step for p in points], [p.timestamp for p in points], values, strict=True))
    # Programs send the points of each key in order, and sorting what lies in order once it is parted takes no time.
    rows.sort(key=itemgetter(0))
    rows.sort()
    for start in range(0, len(rows), sql.BLOCK):
        block = rows[start : start + sql.BLOCK]
        sql.change(_numbers_of(len(block)), [run, *chain.from_iterable(block)])
    _insert(_LATEST, [(run, *row, False) for row in {row[0]: row for row in rows}.values()])


@lru_cache(maxsize=sql.BLOCK)
def _numbers_of(count: int) -> str:
    head, tail = _HISTORY
    return f"{head} VALUES {','.join(['(?1,?,?,?,?,0)'] * count)} {tail}"


def _insert(statement: tuple[str, str], rows: Sequence[_Row]) -> None:
    head, tail = statement
    if sql.is_postgres():
        sql.change(f"{head} {_ARRAYS} {tail}", [list(column) for column in zip(*rows, strict=True)])
    else:
        sql.insert(head, rows, tail)


def metric_keys(repository: Repository, names: set[str]) -> dict[str, int]:
    """The number of each metric name in the repository, giving numbers to new ones."""
    pk = repository.pk
    found = {name: _numbers[pk, name] for name in names if (pk, name) in _numbers}
    unknown = names - found.keys()
    if not unknown:
        return found
    asked = _known_keys(repository, unknown)
    missing = unknown - asked.keys()
    if missing:
        # Sorted, or two PostgreSQL transactions that bring the same new keys could wait for each other.
        sql.insert(_ADD_KEY, [(pk, name) for name in sorted(missing)], "ON CONFLICT DO NOTHING")
        asked |= _known_keys(repository, missing)
    transaction.on_commit(lambda: _remember(pk, asked))
    return found | asked


# (repository, name) → number. Numbers neither change nor come again, so what was committed once stays true; a
# repository that is gone is not asked for.
_numbers: dict[tuple[int, str], int] = {}
_MOST_REMEMBERED = 200_000


def _remember(repository: int, keys: dict[str, int]) -> None:
    if len(_numbers) > _MOST_REMEMBERED:
        _numbers.clear()
    _numbers.update({(repository, name): number for name, number in keys.items()})


def _known_keys(repository: Repository, names: Iterable[str]) -> dict[str, int]:
    test, value = sql.among("name", list(names))
    statement = f"SELECT name, id FROM tracking_metrickey WHERE repository_id = ? AND {test}"
    return dict(sql.rows(statement, (repository.pk, value)))


def _newest(rows: Sequence[_Row]) -> list[_Row]:
    """The row of each key with the largest (step, timestamp, value), of rows in their order."""
    last = {row[1]: row for row in rows}
    if not any(row[5] for row in last.values()):
        return list(last.values())
    newest: dict[int, _Row] = {}  # NaN counts as 0, and a 0 that came with it at the same moment goes before it.
    for row in rows:
        held = newest.get(row[1])
        if held is None or row[2:5] > held[2:5]:
            newest[row[1]] = row
    return list(newest.values())


def _attach(repository: Repository, run: int, keys: dict[str, int], points: Sequence[Point]) -> None:
    """Attach points to the logged models they name; a model that does not exist is passed over, as in MLflow."""
    test, value = sql.among("uuid", list({point.model_id for point in points}))
    models: dict[str, int] = dict(
        sql.rows(
            f"SELECT uuid, id FROM tracking_loggedmodel WHERE repository_id = ? AND {test}",
            (repository.pk, value),
        )
    )
    sql.insert(
        "INSERT INTO tracking_loggedmodelmetric (model_id, key_id, run_id, timestamp, step, value, is_nan, "
        "dataset_name, dataset_digest)",
        [
            (
                models[p.model_id],
                keys[p.key],
                run,
                p.timestamp,
                p.step,
                *rules.stored_value(p.value),
                p.dataset_name,
                p.dataset_digest,
            )
            for p in points
            if p.model_id in models
        ],
    )
