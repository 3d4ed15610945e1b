"""The files of traces, which the storage room keeps below the artifacts of their experiment."""

from __future__ import annotations

from collections.abc import Sequence

from repos.models import Repository
from storage import selectors as storage
from storage.services import delete_tree
from tracking import sql
from tracking.locations import SPACE, storage_key


def delete_trace_files(repository: Repository, experiment: int, trace_ids: Sequence[str]) -> None:
    """Most traces have no files: one look at the experiment's folder saves one at each trace's."""
    located = sql.row("SELECT artifact_location FROM tracking_experiment WHERE id = ?", (experiment,))
    folder = storage_key(located[0]) if located else None
    if folder is None or not trace_ids or not storage.list_dir(repository, SPACE, f"{folder}/traces", limit=1):
        return
    for trace_id in trace_ids:
        delete_tree(repository=repository, space=SPACE, prefix=f"{folder}/traces/{trace_id}")
