"""Deletes rows for good, in bulk: what Django's cascade would do one object at a time."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from repos.models import Repository
from tracking import sql

_TRACES = "(SELECT id FROM tracing_trace WHERE repository_id = ?)"
_DATASETS = "(SELECT id FROM tracing_evaluationdataset WHERE repository_id = ?)"
_SCORERS = "(SELECT id FROM tracing_scorer WHERE repository_id = ?)"
OF_TRACE = ("span", "assessment", "tracetag", "tracemetadata", "tracerunlink", "traceprompt")
OF_DATASET = ("datasettag", "datasetrecord", "datasetexperiment")
_OF_REPOSITORY = (
    *(f"tracing_{table} WHERE trace_id IN {_TRACES}" for table in OF_TRACE),
    "tracing_trace WHERE repository_id = ?",
    *(f"tracing_{table} WHERE dataset_id IN {_DATASETS}" for table in OF_DATASET),
    "tracing_evaluationdataset WHERE repository_id = ?",
    f"tracing_scorerversion WHERE scorer_id IN {_SCORERS}",
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
