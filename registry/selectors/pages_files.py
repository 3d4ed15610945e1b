"""Where the files of versions lie in the hub, and how many bytes they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Sum, Value

from hub.lib.errors import NotFound
from registry.models import ModelVersion
from repos.models import Repository
from storage.models import Bucket, StoredObject
from storage.selectors import get_object, objects_below, read_object
from tracking.locations import SPACE, storage_key
from tracking.models import Run
from tracking.selectors.run_page import artifact_folder

_RUNS = "runs:"


def runs_of(repository: Repository, versions: Iterable[ModelVersion]) -> dict[str, Run]:
    """The runs that versions come from, by id, those in the trash too; runs that are gone are missing."""
    wanted = {version.run_uuid for version in versions if version.run_uuid and "\0" not in version.run_uuid}
    rows = Run.objects.select_related("experiment").filter(repository=repository, uuid__in=wanted)
    return {run.uuid: run for run in rows} if wanted else {}


def folder_of(version: ModelVersion, runs: Mapping[str, Run]) -> str | None:
    """The key below which the version's files are stored; None when they lie elsewhere, or with a run that is gone."""
    where = version.storage_location
    if not where.startswith(_RUNS):
        return storage_key(where)
    named, _, rest = where.removeprefix(_RUNS).lstrip("/").partition("/")
    root = artifact_folder(runs[named]) if named in runs else None
    return root if root is None or not rest.strip("/") else f"{root}/{rest.strip('/')}"


def folder_sizes(repository: Repository, folders: Iterable[str | None]) -> dict[str, int]:
    """Bytes below each folder: one question however many."""
    wanted = sorted({folder for folder in folders if folder})
    bucket = Bucket.objects.filter(repository=repository, name=SPACE).first() if wanted else None
    if bucket is None:
        return {}
    parts = [
        objects_below(bucket, folder)
        .order_by()
        .annotate(folder=Value(folder))
        .values_list("folder")
        .annotate(Sum("size"))
        for folder in wanted
    ]
    return dict(parts[0].union(*parts[1:], all=True))


def stored_below(repository: Repository, folder: str, name: str) -> StoredObject | None:
    """A file of the folder, or None where there is no such file; raises Invalid for what cannot be a name."""
    try:
        return get_object(repository, SPACE, f"{folder}/{name}")
    except NotFound:
        return None


def beginning_of(stored: StoredObject, most: int) -> bytes:
    """The first bytes of a file, at most `most`."""
    return b"".join(read_object(stored, 0, most)) if stored.size else b""
