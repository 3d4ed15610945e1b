"""The files of several runs side by side: which paths they share, and whether what lies there is the same.

All runs are asked in one statement, and no more than a bounded stretch of each folder is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from repos.models import Repository
from storage.models import Blob, Bucket, StoredObject
from tracking import sql
from tracking.locations import SPACE
from tracking.models import LoggedModel, ModelLink, Run
from tracking.selectors.run_page import artifact_folder, model_folder

MOST_LOOKED_AT = 20_000
MOST_FILES = 2000
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")
STEPS = "images/%step%timestamp%"
"""What `mlflow.log_image` calls its files, as a pattern of SQL."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file below a folder: its path there, bytes, and the SHA-256 of its content."""

    path: str
    size: int
    sha256: str


@dataclass(slots=True)
class Listing:
    """The files found below one folder, by path; `cut`: there are more than were looked at or are kept."""

    folder: str | None
    files: dict[str, StoredFile] = field(default_factory=dict)
    cut: bool = False


def files_below(
    repository: Repository, folders: Sequence[str | None], *, ends: Sequence[str] = (), without: str = ""
) -> list[Listing]:
    """The files of each folder in byte order, those whose names end in one of `ends` if given, whatever the case.

    `without` leaves out paths like this pattern of SQL. A folder that is None, being kept elsewhere, has none.
    """
    listings = [Listing(folder) for folder in folders]
    bucket = Bucket.objects.filter(repository=repository, name=SPACE).values_list("pk", flat=True).first()
    kept = [at for at, folder in enumerate(folders) if folder]
    if bucket is None or not kept:
        return listings
    parts, values = [], []
    for at in kept:
        part, part_values = _part(at, bucket, folders[at] or "", ends, without)
        parts.append(part)
        values += part_values
    statement = (
        f"SELECT found.place, found.key, found.size, b.sha256 FROM ({' UNION ALL '.join(parts)}) found"
        f" LEFT JOIN {Blob._meta.db_table} b ON b.id = found.blob_id"
    )
    # Databases are free to forget the order of what they join.
    for place, key, size, sha256 in sorted(sql.rows(statement, values), key=lambda row: row[:2]):
        listing = listings[place]
        if not key or len(listing.files) == MOST_FILES:
            listing.cut = True
            continue
        path = key[len(listing.folder or "") + 1 :]
        listing.files[path] = StoredFile(path, size, sha256)
    return listings


def _part(at: int, bucket: int, folder: str, ends: Sequence[str], without: str) -> tuple[str, list[object]]:
    """The statement for one folder: a bounded stretch of the index, what fits in it, and a row without a key if cut."""
    # "0" follows "/" in ASCII.
    span: list[object] = [bucket, f"{folder}/", f"{folder}0"]
    rows = (
        f"SELECT key, size, blob_id FROM {StoredObject._meta.db_table} WHERE bucket_id = ? AND key >= ? AND key < ?"
        " ORDER BY key LIMIT"
    )
    tests = [" OR ".join(["lower(key) LIKE ?"] * len(ends))] if ends else []
    fits: list[object] = [f"%{end}" for end in ends]
    if without:
        tests.append("key NOT LIKE ?")
        fits.append(f"{folder}/{without}")
    where = " WHERE " + " AND ".join(f"({test})" for test in tests) if tests else ""
    found = f"SELECT {at} AS place, key, size, blob_id FROM ({rows} {MOST_LOOKED_AT}) looked{at}{where}"
    return (
        f"SELECT * FROM ({found} ORDER BY key LIMIT {MOST_FILES + 1}) kept{at} UNION ALL"
        f" SELECT {at}, '', 0, NULL FROM ({rows} 1 OFFSET {MOST_LOOKED_AT}) more{at}",
        [*span, *fits, *span],
    )


def files_of_runs(
    repository: Repository, runs: Sequence[Run], *, ends: Sequence[str] = (), without: str = ""
) -> list[Listing]:
    """The artifacts of each run."""
    return files_below(repository, [artifact_folder(run) for run in runs], ends=ends, without=without)


def models_of_runs(repository: Repository, runs: Sequence[Run]) -> list[tuple[Run, LoggedModel]]:
    """The logged models that the runs produced, trash aside, by name."""
    by_uuid = {run.uuid: run for run in runs}
    by_key = {run.pk: run for run in runs}
    links = ModelLink.objects.filter(run__in=by_key, direction=ModelLink.Direction.OUTPUT)
    makers = {model: by_key[run] for run, model in links.values_list("run_id", "model_id")}
    ours = LoggedModel.objects.select_related("experiment").filter(repository=repository, deleted_at__isnull=True)
    models = (ours.filter(uuid__in=makers) | ours.filter(source_run_id__in=by_uuid)).order_by("name", "pk")
    return [(makers.get(model.uuid) or by_uuid[model.source_run_id], model) for model in models]


def model_files(repository: Repository, models: Sequence[LoggedModel], *, ends: Sequence[str] = ()) -> list[Listing]:
    """The files of each logged model."""
    return files_below(repository, [model_folder(model) for model in models], ends=ends)


def stored_at(repository: Repository, keys: Sequence[str]) -> dict[str, StoredObject]:
    """The objects at these keys with their blobs, by key; what is not there is left out."""
    if not keys:
        return {}
    rows = StoredObject.objects.select_related("blob").filter(
        bucket__repository=repository, bucket__name=SPACE, key__in=keys
    )
    return {stored.key: stored for stored in rows}


@dataclass(frozen=True, slots=True)
class SharedPath:
    """A path and the file of each run there, None where it has none; `variants` tells contents apart, from 1 on."""

    path: str
    files: tuple[StoredFile | None, ...]
    variants: tuple[int, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs do not all have the same content there."""
        return len(set(self.variants)) > 1

    @property
    def contents(self) -> int:
        """How many different contents there are."""
        return max(self.variants)

    @property
    def count(self) -> int:
        """How many runs have a file there."""
        return sum(file is not None for file in self.files)


def shared_paths(listings: Sequence[Listing]) -> list[SharedPath]:
    """Every path that one of the listings has: those that several have and that differ first, then by name."""
    paths = dict.fromkeys(path for listing in listings for path in listing.files)
    found = []
    for path in paths:
        files = tuple(listing.files.get(path) for listing in listings)
        known: dict[str, int] = {}
        variants = tuple(known.setdefault(file.sha256, len(known) + 1) if file else 0 for file in files)
        found.append(SharedPath(path, files, variants))
    return sorted(found, key=lambda each: (each.count < 2, not each.differs, each.path))
