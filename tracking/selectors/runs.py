"""Questions about runs: one by its id, many by a filter, and everything known about them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from hub.lib.errors import NotFound
from repos.models import Repository
from tracking import sql
from tracking.locations import run_artifacts
from tracking.models import ModelLink
from tracking.rules import MAX_TAG_VALUE, RUN_NAME
from tracking.search.compile import Condition, Setting, compile_filter
from tracking.search.ordering import Order, compile_order, read_terms
from tracking.search.vocabulary import RUNS
from tracking.selectors.paging import Page, View, cut

_COLUMNS = (
    "r.id, r.uuid, r.name, r.status, r.user_name, r.start_time, r.end_time, r.deleted_at, e.number, e.artifact_location"
)
_ONE = sql.fixed(
    f"SELECT {_COLUMNS} FROM tracking_run r JOIN tracking_experiment e ON e.id = r.experiment_id "
    "WHERE r.uuid = ? AND r.repository_id = ?"
)

_METRIC, _PARAM, _TAG, _LINK, _RUN = range(5)
_NO_NUMBERS = "CAST(NULL AS float8), CAST(NULL AS bigint), CAST(NULL AS bigint), CAST(NULL AS boolean)"
# One run's metrics, parameters and tags, each by key, and whether it has inputs or outputs, in one statement: on a
# busy server each statement is a wait for the interpreter, or a round trip.
_DATA = (
    f"SELECT {_METRIC} AS kind, k.name AS key, '' AS text, l.value, l.timestamp, l.step, l.is_nan "
    "FROM tracking_latestmetric l JOIN tracking_metrickey k ON k.id = l.key_id WHERE l.run_id = ? "
    f"UNION ALL SELECT {_PARAM}, key, value, {_NO_NUMBERS} FROM tracking_param WHERE run_id = ? "
    f"UNION ALL SELECT {_TAG}, key, value, {_NO_NUMBERS} FROM tracking_runtag WHERE run_id = ? "
    f"UNION ALL SELECT {_LINK}, '', '', {_NO_NUMBERS} "
    "WHERE EXISTS (SELECT 1 FROM tracking_datasetinput WHERE run_id = ?) "
    "OR EXISTS (SELECT 1 FROM tracking_modellink WHERE run_id = ?) ORDER BY 1, 2"
)
# On PostgreSQL with the run itself, as JSON, in one round trip.
_WHOLE = sql.fixed(
    f"WITH r AS MATERIALIZED ({_ONE}) SELECT {_RUN} AS kind, '' AS key, "
    f"CAST(json_build_array({_COLUMNS.replace('e.', 'r.')}) AS text) AS text, {_NO_NUMBERS} FROM r "
    f"UNION ALL {_DATA.replace('?', '(SELECT id FROM r)')}"
)


class RunRow(msgspec.Struct, gc=False):
    """A run without its data. Times in ms since 1970; start 0: unknown."""

    pk: int
    uuid: str
    name: str
    status: str
    user_name: str
    start_time: int
    end_time: int | None
    deleted_at: int | None
    experiment: int
    location: str

    @property
    def artifact_uri(self) -> str:
        """Where the run's artifacts lie."""
        return run_artifacts(self.location, self.uuid)


class Latest(msgspec.Struct, gc=False):
    """The latest value of a metric; NaN is a float NaN."""

    key: str
    value: float
    timestamp: int
    step: int


class DatasetUse(msgspec.Struct):
    """A dataset that a run used, with the tags of this use."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str
    profile: str
    tags: list[tuple[str, str]]


class RunData(msgspec.Struct):
    """What hangs on a run: latest metrics, parameters, tags (pairs), datasets, models in and out."""

    metrics: list[Latest] = []
    params: list[tuple[str, str]] = []
    tags: list[tuple[str, str]] = []
    datasets: list[DatasetUse] = []
    models_in: list[str] = []
    models_out: list[tuple[str, int]] = []


class RunDetail(msgspec.Struct):
    """A run with everything that hangs on it."""

    row: RunRow
    data: RunData


def run_row(repository: Repository, run_id: str) -> RunRow:
    """A run of the repository, deleted or not; raises NotFound."""
    found = sql.row(_ONE, (run_id, repository.pk))
    if found is None:
        raise run_not_found(run_id)
    return RunRow(*found)


def run_detail(repository: Repository, run_id: str) -> RunDetail:
    """A run of the repository with its data, metrics, parameters and tags by key; raises NotFound."""
    row, found = _read(repository, run_id)
    data = RunData([], [], [], [], [], [])
    uses = False
    for kind, key, text, number, timestamp, step, is_nan in found:
        if kind == _METRIC:
            data.metrics.append(Latest(key, float("nan") if is_nan else number, timestamp, step))
        elif kind == _LINK:
            uses = True
        else:
            (data.params if kind == _PARAM else data.tags).append((key, text))
    if uses:
        _load_datasets({row.pk: data}, "i.run_id = ?", (row.pk,))
        _load_models({row.pk: data}, "run_id = ?", (row.pk,), model_inputs=True)
    return RunDetail(row, data)


def _read(repository: Repository, run_id: str) -> tuple[RunRow, list[sql.Row]]:
    """The run and the rows of its data; raises NotFound."""
    if not sql.is_postgres():
        row = run_row(repository, run_id)
        return row, sql.rows(_DATA, (row.pk,) * 5)
    found = sql.rows(_WHOLE, (run_id, repository.pk))
    if not found:
        raise run_not_found(run_id)
    *data, whole = found
    return RunRow(*json.loads(whole[2])), data


def run_not_found(run_id: str) -> NotFound:
    """The protocol's sentence for an unknown run."""
    return NotFound(f"Run with id={run_id} not found", field="run_id")


def fresh_run(row: RunRow, tags: Iterable[tuple[str, str]]) -> RunDetail:
    """A run that was just created with these tags, which has nothing else yet: nothing is read."""
    given = {key: value[:MAX_TAG_VALUE] for key, value in tags}
    given[RUN_NAME] = given.get(RUN_NAME) or row.name
    return RunDetail(row, RunData([], [], sorted(given.items()), [], [], []))


def search_runs(
    repository: Repository,
    experiments: Sequence[int],
    *,
    filter_text: str = "",
    order_by: Sequence[str] = (),
    view: View = View.ACTIVE,
    size: int = 1000,
    offset: int = 0,
) -> Page[RunRow]:
    """Runs of the numbered experiments that match. Raises FilterError for a filter or order not understood.

    Never touches metric history. Experiments that the repository does not have hold no runs.
    """
    setting = Setting(repository.pk, sql.is_postgres())
    condition = compile_filter(filter_text, RUNS, setting)
    order = compile_order(read_terms(order_by), RUNS, setting)
    homes = _homes(repository, experiments)
    if not homes:
        return Page([], False)
    statement, values = _statement(list(homes), view, condition, order)
    found = sql.rows(statement, (*values, size + 1, offset))
    return cut([RunRow(*(row[:8] + homes[row[8]])) for row in found], size)


def _homes(repository: Repository, numbers: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Key → (number, location) of the experiments asked for."""
    test, value = sql.among("number", list(set(numbers)))
    statement = f"SELECT id, number, artifact_location FROM tracking_experiment WHERE repository_id = ? AND {test}"
    return {key: (number, where) for key, number, where in sql.rows(statement, (repository.pk, value))}


def _statement(homes: Sequence[int], view: View, condition: Condition, order: Order) -> tuple[str, tuple[Any, ...]]:
    # One experiment is by far the most common, and `=` lets the index give the default order.
    inside = "r.experiment_id = ?" if len(homes) == 1 else f"r.experiment_id IN ({sql.marks(homes)})"
    statement = (
        "SELECT r.id, r.uuid, r.name, r.status, r.user_name, r.start_time, r.end_time, r.deleted_at, r.experiment_id "
        f"FROM tracking_run r{order.join_text} WHERE {inside} AND {view.test('r')} AND ({condition.text}) "
        f"ORDER BY {order.term_text} LIMIT ? OFFSET ?"
    )
    return statement, (*order.values, *homes, *condition.values)


def with_data(rows: Sequence[RunRow], *, model_inputs: bool = True) -> list[RunDetail]:
    """The runs with their data, in the same order; a handful of queries however many there are."""
    held = {row.pk: RunData([], [], [], [], [], []) for row in rows}
    if not held:
        return []
    test, value = sql.among("run_id", list(held))
    _load_metrics(held, test.replace("run_id", "l.run_id"), (value,))
    for run, key, text in sql.rows(f"SELECT run_id, key, value FROM tracking_param WHERE {test}", (value,)):
        held[run].params.append((key, text))
    for run, key, text in sql.rows(f"SELECT run_id, key, value FROM tracking_runtag WHERE {test}", (value,)):
        held[run].tags.append((key, text))
    _load_datasets(held, test.replace("run_id", "i.run_id"), (value,))
    _load_models(held, test, (value,), model_inputs=model_inputs)
    return [RunDetail(row, held[row.pk]) for row in rows]


def _load_metrics(held: dict[int, RunData], test: str, value: tuple[Any, ...]) -> None:
    statement = (
        "SELECT l.run_id, k.name, l.value, l.timestamp, l.step, l.is_nan FROM tracking_latestmetric l "
        f"JOIN tracking_metrickey k ON k.id = l.key_id WHERE {test}"
    )
    for run, key, number, timestamp, step, is_nan in sql.rows(statement, value):
        held[run].metrics.append(Latest(key, float("nan") if is_nan else number, timestamp, step))


def _load_datasets(held: dict[int, RunData], test: str, value: tuple[Any, ...]) -> None:
    statement = (
        "SELECT i.run_id, d.name, d.digest, d.source_type, d.source, d.schema, d.profile, CAST(i.tags AS TEXT) "
        f"FROM tracking_datasetinput i JOIN tracking_dataset d ON d.id = i.dataset_id WHERE {test} ORDER BY i.id"
    )
    for run, name, digest, source_type, source, schema, profile, tags in sql.rows(statement, value):
        pairs = [(key, text) for key, text in json.loads(tags)]
        held[run].datasets.append(DatasetUse(name, digest, source_type, source, schema, profile, pairs))


def _load_models(held: dict[int, RunData], test: str, value: tuple[Any, ...], *, model_inputs: bool) -> None:
    statement = f"SELECT run_id, direction, model_id, step FROM tracking_modellink WHERE {test} ORDER BY id"
    for run, direction, model_id, step in sql.rows(statement, value):
        if direction == ModelLink.Direction.OUTPUT:
            held[run].models_out.append((model_id, step))
        elif model_inputs:
            held[run].models_in.append(model_id)
