"""What compared runs were installed with: packages of their models, and what clients said about their machines."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from repos.models import Repository
from storage.views.view import StoredSource
from tracking.models import Run, RunTag
from tracking.selectors.compare_artifacts import Listing, files_of_runs, model_files, models_of_runs, stored_at
from tracking.selectors.compare_environment import FILES, LONGEST_FILE, Cell, Line, cells_of, packages_in, side_by_side
from tracking.selectors.run_page import MODEL_HISTORY, NOTE
from tracking.selectors.run_table import COMMIT, SOURCE, USER
from tracking.views.comparing.asking import Compared
from tracking.views.comparing.choosing import nearest
from tracking.views.comparing.frame import ShownRun, comparing, shown_runs

MOST_RUNS = 20
_ORDER = ("conda.yaml", "conda.yml", "python_env.yaml", "requirements.txt", "MLmodel")
_UNSAID = {
    COMMIT,
    SOURCE,
    USER,
    MODEL_HISTORY,
    NOTE,
    "mlflow.runName",
    "mlflow.loggedImages",
    "mlflow.loggedArtifacts",
    "mlflow.parentRunId",
}

Found = dict[str, dict[int, dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Section:
    """Packages of one model, or folder, in each run: lines with their cells, how many differ, which files said so."""

    title: str
    lines: list[tuple[Line, list[Cell]]]
    differing: int
    files: list[str]


@comparing("tracking/compare_environment.html", "compare_environment")
def environment(request: HttpRequest, repo: Repository, compared: Compared) -> dict[str, Any]:
    """Package by package: what the baseline has and others have not, or in another version."""
    runs = nearest(compared, MOST_RUNS)
    only, at = bool(request.GET.get("only")), runs.index(compared.base)
    shown = {each.run.pk: each for each in shown_runs(repo, compared)}
    sections = [_section(title, found, runs, at, files, only) for title, (found, files) in _slots(repo, runs).items()]
    tags = _section("System tags", _system_tags(runs), runs, at, [], only)
    columns: list[ShownRun] = [shown[run.pk] for run in runs]
    return {
        "sections": [*sections, tags] if tags.lines or tags.differing else sections,
        "found_any": bool(sections),
        "columns": columns,
        "hidden_runs": len(compared.runs) - len(runs),
        "only": only,
    }


def _section(
    title: str, found: dict[int, dict[str, str]], runs: list[Run], at: int, files: list[str], only: bool
) -> Section:
    lines = side_by_side([found.get(run.pk, {}) for run in runs])
    shown = [(line, cells_of(line, at)) for line in lines if line.differs or not only]
    return Section(title, shown, sum(line.differs for line in lines), files)


def _slots(repo: Repository, runs: list[Run]) -> dict[str, tuple[dict[int, dict[str, str]], list[str]]]:
    """Packages by what they are of: a folder of artifacts, or a logged model by its name; a model may be both."""
    names = tuple(name.lower() for name in FILES)
    models = models_of_runs(repo, runs)
    places: list[tuple[Run, str, Listing]] = [
        (run, "", listing) for run, listing in zip(runs, files_of_runs(repo, runs, ends=names), strict=True)
    ]
    listings = model_files(repo, [model for _, model in models], ends=names)
    places += [(run, model.name, listing) for (run, model), listing in zip(models, listings, strict=True)]
    wanted: dict[str, tuple[Run, str, str]] = {}
    for run, name, listing in places:
        for path in listing.files:
            folder, _, last = path.rpartition("/")
            if last in FILES:
                wanted[f"{listing.folder}/{path}"] = (run, "/".join(filter(None, (name, folder))), last)
    return _read(repo, wanted)


def _read(
    repo: Repository, wanted: dict[str, tuple[Run, str, str]]
) -> dict[str, tuple[dict[int, dict[str, str]], list[str]]]:
    """The files read, each content once; what is more particular is read last and holds."""
    stored = stored_at(repo, list(wanted))
    known: dict[tuple[str, str], dict[str, str]] = {}
    slots: dict[str, tuple[dict[int, dict[str, str]], list[str]]] = {}
    for key in sorted(stored, key=lambda key: (wanted[key][1], _ORDER.index(wanted[key][2]), key)):
        run, title, last = wanted[key]
        source = StoredSource(stored[key])
        if (last, source.etag) not in known:
            known[(last, source.etag)] = packages_in(last, source.read(0, LONGEST_FILE + 1))
        found, files = slots.setdefault(title or "Artifacts", (defaultdict(dict), []))
        found[run.pk].update(known[(last, source.etag)])
        if last not in files:
            files.append(last)
    return slots


def _system_tags(runs: list[Run]) -> dict[int, dict[str, str]]:
    """What the client says of itself and its machine, as tags."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = RunTag.objects.filter(run__in=[run.pk for run in runs], key__startswith="mlflow.").exclude(key__in=_UNSAID)
    for run, key, value in rows.values_list("run_id", "key", "value"):
        found[run][key] = value[:120]
    return found
