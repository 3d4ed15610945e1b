"""What the page of one version shows: what it was made of, and what its MLmodel file says."""

from __future__ import annotations

from dataclasses import dataclass, field

from registry import requirements
from registry.mlmodel import FILE, MOST_BYTES, MlModel, read_mlmodel
from registry.models import ModelVersion
from registry.selectors.pages_files import beginning_of, folder_of, folder_sizes, runs_of, stored_below
from repos.models import Repository
from storage.models import Bucket, StoredObject
from tracking.locations import SPACE
from tracking.models import Dataset, LoggedModel, Run
from tracking.selectors.run_page import SYSTEM, Latest, datasets_of, latest_metrics, tags_of
from tracking.selectors.run_table import COMMIT, commits_here

MOST_EXAMPLE = 16 * 1024
_ENVIRONMENT = ("conda.yaml", "python_env.yaml", "constraints.txt")


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a version was made of. A run or logged model that is gone, or not here, is None: the version has its id."""

    commit: str
    commit_known: bool
    datasets: list[tuple[Dataset, str]]
    run: Run | None
    logged_model: LoggedModel | None


@dataclass(frozen=True, slots=True)
class Made:
    """A version's files: their folder (None: not in this hub), bytes, MLmodel, the beginning of its example.

    `requirements` are (package, what is wanted of it); `environment` names the other files that describe it.
    """

    folder: str | None
    size: int
    mlmodel: MlModel | None
    example: str
    requirements: list[tuple[str, str]] = field(default_factory=list)
    environment: list[str] = field(default_factory=list)


def lineage_of(repository: Repository, version: ModelVersion) -> Lineage:
    """Commit, data, run and logged model that the version was made of."""
    run = runs_of(repository, [version]).get(version.run_uuid)
    commit = tags_of(run).get(COMMIT, "") if run else ""
    return Lineage(
        commit=commit,
        commit_known=bool(commits_here(repository, [commit])),
        datasets=datasets_of(run) if run else [],
        run=run,
        logged_model=_logged_model(repository, version.logged_model_uuid),
    )


def metrics_of(lineage: Lineage) -> list[Latest]:
    """The latest metrics of the run that the version comes from, the machine's aside."""
    return [each for each in latest_metrics(lineage.run) if not each.key.startswith(SYSTEM)] if lineage.run else []


def _logged_model(repository: Repository, uuid: str) -> LoggedModel | None:
    if not uuid or "\0" in uuid:
        return None
    return LoggedModel.objects.filter(repository=repository, uuid=uuid, deleted_at__isnull=True).first()


def folder_here(repository: Repository, version: ModelVersion) -> str | None:
    """The key below which the version's files are stored, None when they do not lie in this hub."""
    return folder_of(version, runs_of(repository, [version]))


def made_of(repository: Repository, version: ModelVersion, run: Run | None) -> Made:
    """The version's files, as far as they lie here; `run` is the one it comes from, if that is still there."""
    folder = folder_of(version, {run.uuid: run} if run else {})
    if folder is None:
        return Made(None, 0, None, "")
    mlmodel = mlmodel_in(repository, folder)
    size = folder_sizes(repository, [folder]).get(folder, 0)
    example = _example(repository, folder, mlmodel)
    wanted, other = requirements_in(repository, folder), environment_in(repository, folder)
    return Made(folder, size, mlmodel, example, wanted, other)


def requirements_in(repository: Repository, folder: str) -> list[tuple[str, str]]:
    """What the requirements file of a folder names; nothing where there is none."""
    stored = stored_below(repository, folder, requirements.FILE)
    return requirements.read_requirements(beginning_of(stored, requirements.MOST_BYTES)) if stored else []


def environment_in(repository: Repository, folder: str) -> list[str]:
    """The files beside a model that say how to make its environment."""
    bucket = Bucket.objects.filter(repository=repository, name=SPACE).first()
    wanted = [f"{folder}/{name}" for name in (requirements.FILE, *_ENVIRONMENT)]
    if bucket is None:
        return []
    found = StoredObject.objects.filter(bucket=bucket, key__in=wanted).values_list("key", flat=True)
    return sorted(key.rpartition("/")[2] for key in found)


def mlmodel_in(repository: Repository, folder: str) -> MlModel | None:
    """What the MLmodel file of a folder says; None where there is none that can be read."""
    stored = stored_below(repository, folder, FILE)
    if stored is None or stored.size > MOST_BYTES:
        return None
    return read_mlmodel(beginning_of(stored, MOST_BYTES))


def _example(repository: Repository, folder: str, mlmodel: MlModel | None) -> str:
    stored = stored_below(repository, folder, mlmodel.example) if mlmodel and mlmodel.example else None
    if stored is None or not stored.name.endswith(".json"):
        return ""
    text = beginning_of(stored, MOST_EXAMPLE).decode("utf-8", "replace")
    return f"{text}…" if stored.size > MOST_EXAMPLE else text
