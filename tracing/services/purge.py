"""Deletes rows for good, in bulk: what Django's cascade would do one object at a time."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from repos.models import Repository
from tracing.services.files import delete_trace_files
from tracking import sql
from tracking.belongings import MOST_ROWS

_TRACES = "(SELECT id FROM tracing_trace WHERE repository_id = ?)"
_DATASETS = "(SELECT id FROM tracing_evaluationdataset WHERE repository_id = ?)"
_SCORERS = "(SELECT id FROM tracing_scorer WHERE repository_id = ?)"
OF_TRACE = ("span", "assessment", "tracetag", "tracemetadata", "tracerunlink", "traceprompt")
OF_SCORER = ("scorerversion", "onlineconfig")
OF_DATASET = ("datasettag", "datasetrecord", "datasetexperiment")
_OF_REPOSITORY = (
    *(f"tracing_{table} WHERE trace_id IN {_TRACES}" for table in OF_TRACE),
    "tracing_trace WHERE repository_id = ?",
    *(f"tracing_{table} WHERE dataset_id IN {_DATASETS}" for table in OF_DATASET),
    "tracing_evaluationdataset WHERE repository_id = ?",
    *(f"tracing_{table} WHERE scorer_id IN {_SCORERS}" for table in OF_SCORER),
    "tracing_scorer WHERE repository_id = ?",
)


def purge_repository(*, repository: Repository) -> None:
    """Nothing of the repository's tracing is left; the files of traces are cleared by the storage room."""
    with transaction.atomic():
        for where in _OF_REPOSITORY:
            sql.change(f"DELETE FROM {where}", (repository.pk,))


def purge_traces(*, keys: Sequence[int]) -> None:
    """Nothing of the traces with these keys is left."""
    if not keys:
        return
    with transaction.atomic():
        inside, value = sql.among("trace_id", list(keys))
        for table in OF_TRACE:
            sql.change(f"DELETE FROM tracing_{table} WHERE {inside}", (value,))
        inside, value = sql.among("id", list(keys))
        sql.change(f"DELETE FROM tracing_trace WHERE {inside}", (value,))


# The tables of a trace with their keys, its own last; those of an experiment besides.
_KEYS_OF_TRACE = (
    ("tracing_span", "trace_id, span_id"),
    ("tracing_assessment", "id"),
    ("tracing_tracetag", "trace_id, key"),
    ("tracing_tracemetadata", "trace_id, key"),
    ("tracing_tracerunlink", "trace_id, run_uuid"),
    ("tracing_traceprompt", "trace_id, name, version"),
)
_TRACES_AT_ONCE = 50
_NEWEST = "SELECT id FROM tracing_trace WHERE experiment_id = ? ORDER BY request_time DESC, trace_id LIMIT ?"


def free_traces(experiments: Sequence[int]) -> int:
    """Delete some rows of traces of experiments with these keys: at most MOST_ROWS. Returns how many; 0: none left."""
    return next((gone for key in experiments if (gone := _free_block(key))), 0)


def _free_block(experiment: int) -> int:
    """A block of traces loses what hangs on them first, then their files, and at last their own rows."""
    for table, columns in _KEYS_OF_TRACE:
        inside = f"trace_id IN ({_NEWEST})"
        gone = sql.delete_some(table, columns, inside, (experiment, _TRACES_AT_ONCE), MOST_ROWS)
        if gone:
            return gone
    block = sql.rows(_NEWEST.replace("SELECT id", "SELECT id, trace_id", 1), (experiment, _TRACES_AT_ONCE))
    if not block:
        return 0
    found = sql.row("SELECT repository_id FROM tracking_experiment WHERE id = ?", (experiment,))
    if found is not None:
        delete_trace_files(Repository.objects.get(pk=found[0]), experiment, [row[1] for row in block])
    inside, value = sql.among("id", [row[0] for row in block])
    return sql.change(f"DELETE FROM tracing_trace WHERE {inside}", (value,))


def free_scorers(experiments: Sequence[int]) -> int:
    """Delete some rows of scorers of experiments with these keys. Returns how many; 0: none left."""
    here, value = sql.among("experiment_id", experiments)
    versions = f"scorer_id IN (SELECT id FROM tracing_scorer WHERE {here})"
    gone = sql.delete_some("tracing_scorerversion", "scorer_id, number", versions, (value,), MOST_ROWS)
    gone = gone or sql.delete_some("tracing_onlineconfig", "scorer_id", versions, (value,), MOST_ROWS)
    return gone or sql.delete_some("tracing_scorer", "id", here, (value,), MOST_ROWS)


def free_dataset_links(experiments: Sequence[int]) -> int:
    """Evaluation datasets, which may belong to several experiments, forget some of their links to these."""
    here, value = sql.among("experiment_id", experiments)
    return sql.delete_some("tracing_datasetexperiment", "dataset_id, experiment_id", here, (value,), MOST_ROWS)


def free_run_links(runs: Sequence[int]) -> int:
    """Traces forget some of their links to the runs with these keys. Returns how many; 0: none left."""
    here, value = sql.among("id", runs)
    linked = f"run_uuid IN (SELECT uuid FROM tracking_run WHERE {here})"
    return sql.delete_some("tracing_tracerunlink", "trace_id, run_uuid", linked, (value,), MOST_ROWS)


def count_traces(experiments: Sequence[int]) -> int:
    """How many traces experiments with these keys have."""
    inside, value = sql.among("experiment_id", experiments)
    found = sql.row(f"SELECT count(*) FROM tracing_trace WHERE {inside}", (value,))
    return int(found[0]) if found else 0
