"""What went into a run: the datasets that it logged, and the data that its commit's tree holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from repos.git.objects import Missing
from repos.git.process import GitError
from repos.models import Repository
from storage.tracked import Tracked, tracked_at
from tracking.models import Dataset, Run
from tracking.selectors.run_page import datasets_of
from tracking.selectors.run_source import file_at, longest_end, without_secrets

MOST_SHOWN = 12
MOST_DATASETS = 40
LONGEST_SOURCE = 200


@dataclass(frozen=True, slots=True)
class UsedDataset:
    """A dataset that a run logged. `place` is its path at the run's commit, "" where it is not in that tree;
    `source` says where else it came from."""

    dataset: Dataset
    context: str
    rows: int | None
    columns: int | None
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class TrackedData:
    """One output that DVC keeps at the run's commit: path, MD5, bytes and files as its pointer says."""

    path: str
    is_dir: bool
    digest: str
    size: int | None
    files: int | None


@dataclass(frozen=True, slots=True)
class CommitData:
    """The data in the tree of a commit; `more` outputs are not listed. `has_lfs`: Git LFS keeps files of it."""

    outs: list[TrackedData]
    more: int
    has_lfs: bool


def data_at(repository: Repository, commit: str) -> CommitData:
    """What DVC and Git LFS keep for a commit of the repository."""
    tracked = _tracked(repository, commit)
    paths = sorted(tracked.outs)
    shown = [tracked.outs[path] for path in paths[:MOST_SHOWN]]
    outs = [TrackedData(out.path, out.is_dir, out.md5, out.size, out.files) for out in shown]
    return CommitData(outs, len(paths) - len(outs), tracked.has_lfs)


def datasets_used(repository: Repository, run: Run, commit: str) -> tuple[list[UsedDataset], int]:
    """The first MOST_DATASETS that a run logged, by name, and how many more there are.

    `commit` is the run's, "" where the repository does not hold it.
    """
    held, found = _holding(repository, commit), datasets_of(run)
    return [_used(dataset, context, held) for dataset, context in found[:MOST_DATASETS]], len(found[MOST_DATASETS:])


def _used(dataset: Dataset, context: str, held: Callable[[str], str]) -> UsedDataset:
    profile, schema = _object(dataset.profile), _object(dataset.schema)
    columns = schema.get("mlflow_colspec")
    source = _source_of(dataset)
    return UsedDataset(
        dataset=dataset,
        context=context,
        rows=_rows(profile),
        columns=len(columns) if isinstance(columns, list) else None,
        source=without_secrets(source)[:LONGEST_SOURCE],
        place=held(source) if source else "",
    )


def _rows(profile: dict[str, object]) -> int | None:
    """How many rows a dataset says it has: tables and arrays say it differently."""
    rows, shape = profile.get("num_rows"), profile.get("features_shape")
    if rows is None and isinstance(shape, list) and shape:
        rows = shape[0]
    return rows if isinstance(rows, int) and not isinstance(rows, bool) else None


def _source_of(dataset: Dataset) -> str:
    """Where a dataset says it was read from: a path or an address."""
    found = _object(dataset.source)
    for key in ("uri", "url", "path", "table_name", "name"):
        if isinstance(found.get(key), str):
            return str(found[key])
    return ""


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _holding(repository: Repository, commit: str) -> Callable[[str], str]:
    """Answers which path of the commit's tree a client's path or address stands for."""
    if not commit:
        return lambda source: ""
    tracked = _tracked(repository, commit)

    def held(source: str) -> str:
        if "://" in source and not source.startswith("file:"):
            return ""
        return longest_end(source, lambda path: tracked.holding(path) is not None) or file_at(
            repository, commit, source
        )

    return held


def _tracked(repository: Repository, commit: str) -> Tracked:
    try:
        return tracked_at(repository, commit)
    except (Missing, GitError):
        return Tracked()
