"""Versions of a model side by side: where they come from, what they take and give, how they did; what differs first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from registry.mlmodel import Column, MlModel
from registry.models import ModelVersion, ModelVersionTag
from registry.selectors.pages_files import folder_of, runs_of
from registry.selectors.pages_version import mlmodel_in, requirements_in
from registry.selectors.pages_versions import VersionLine, version_table
from repos.models import Repository
from tracking.models import Run
from tracking.selectors.run_comparison import Line, compare_runs


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions side by side; `groups` are (title, whether they are numbers, lines), differing lines first."""

    lines: list[VersionLine]
    groups: list[tuple[str, bool, list[Line]]]


def compare_versions(repository: Repository, versions: Sequence[ModelVersion]) -> Versions:
    """The versions side by side, in the order given."""
    runs = runs_of(repository, versions)
    by_run = list(runs.values())
    of_runs = compare_runs(by_run)
    places = [by_run.index(runs[version.run_uuid]) if version.run_uuid in runs else None for version in versions]
    read = {folder: mlmodel_in(repository, folder) for folder in dict.fromkeys(_folders(versions, runs)) if folder}
    folders = _folders(versions, runs)
    models = [read.get(folder) if folder else None for folder in folders]
    wanted = {folder: _requirements(repository, folder) for folder in read}
    groups = [
        ("Metrics", True, _spread(of_runs.metrics, places)),
        ("Parameters", False, _spread(of_runs.params, places)),
        ("Inputs", False, _lines(_signature(model, "inputs") for model in models)),
        ("Outputs", False, _lines(_signature(model, "outputs") for model in models)),
        ("Parameters of the signature", False, _lines(_signature(model, "params") for model in models)),
        ("Requirements", False, _lines(wanted.get(folder, {}) if folder else {} for folder in folders)),
        ("Flavours", False, _lines(_flavours(model) for model in models)),
        ("Tags of the version", False, _lines(_tags(versions))),
        ("Tags of the run", False, _spread(of_runs.tags, places)),
    ]
    return Versions(version_table(repository, versions).lines, [group for group in groups if group[2]])


def _folders(versions: Iterable[ModelVersion], runs: Mapping[str, Run]) -> list[str | None]:
    return [folder_of(version, runs) for version in versions]


def _spread(lines: Iterable[Line], places: Sequence[int | None]) -> list[Line]:
    """Lines of runs as lines of versions: several versions may come from one run, or from none that is here."""
    found = [Line(line.key, tuple("" if at is None else line.values[at] for at in places)) for line in lines]
    return sorted(found, key=lambda line: (not line.differs, line.key))


def _lines(columns: Iterable[Mapping[str, str]]) -> list[Line]:
    held = list(columns)
    keys = sorted({key for column in held for key in column})
    lines = [Line(key, tuple(column.get(key, "") for column in held)) for key in keys]
    return sorted(lines, key=lambda line: (not line.differs, line.key))


def _signature(model: MlModel | None, part: str) -> dict[str, str]:
    columns: list[Column] = getattr(model, part) if model else []
    return {column.name or f"#{place}": column.kind for place, column in enumerate(columns)}


def _flavours(model: MlModel | None) -> dict[str, str]:
    facts: dict[str, str] = {}
    for flavour in model.flavours if model else []:
        facts |= {f"{flavour.name}.{key}": value for key, value in flavour.facts}
    return facts


def _requirements(repository: Repository, folder: str) -> dict[str, str]:
    return {name: spec or "any" for name, spec in requirements_in(repository, folder)}


def _tags(versions: Sequence[ModelVersion]) -> list[dict[str, str]]:
    found: dict[int, dict[str, str]] = {version.pk: {} for version in versions}
    for version, key, value in ModelVersionTag.objects.filter(version__in=found).values_list(
        "version_id", "key", "value"
    ):
        found[version][key] = value
    return list(found.values())
