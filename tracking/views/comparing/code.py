"""The code that compared runs were made from: commits, and source files that they logged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from repos.models import Repository
from storage.views.view import StoredSource
from tracking.models import Run
from tracking.selectors.compare_artifacts import SharedPath, files_of_runs, shared_paths, stored_at
from tracking.selectors.compare_code import compare_code
from tracking.selectors.compare_environment import FILES
from tracking.selectors.compare_texts import LONGEST_TEXT, TextDiff, compare_texts
from tracking.selectors.run_page import artifact_folder
from tracking.views.comparing.asking import Compared
from tracking.views.comparing.frame import comparing

SOURCES = (".py", ".ipynb", ".sh", ".r", ".jl", ".sql", ".toml", ".cfg", ".ini", ".yaml", ".yml", "dockerfile")
DRAWN = 4
"""Source files whose lines are drawn on the page; others are linked."""


@dataclass(frozen=True, slots=True)
class SourceChange:
    """A source file that both runs logged, not alike; `diff` is None where its lines are not drawn here."""

    path: str
    diff: TextDiff | None


@comparing("tracking/compare_code.html", "compare_code")
def code(request: HttpRequest, repo: Repository, compared: Compared) -> dict[str, Any]:
    """Commits against the baseline's with what changed, then logged source files of two runs."""
    other = other_of(request, compared)
    pair = [compared.base, other] if other else [compared.base]
    listings = files_of_runs(repo, pair, ends=SOURCES)
    paths = [each for each in shared_paths(listings) if each.differs and each.path.rpartition("/")[2] not in FILES]
    return {
        "code": compare_code(repo, compared.runs, compared.base),
        "other": other,
        "sources": _changes(repo, pair, [each for each in paths if each.count == len(pair)]),
        "sources_alone": [(each, compared.base if each.files[0] else other) for each in paths if each.count < 2],
        "sources_alike": sum(len(listing.files) for listing in listings[:1]) - sum(bool(p.files[0]) for p in paths),
        "listing_cut": any(listing.cut for listing in listings),
    }


def other_of(request: HttpRequest, compared: Compared) -> Run | None:
    """The run that is held against the baseline where two are compared: the one in the address, else the next."""
    wanted = request.GET.get("with", "")
    return next((run for run in compared.others if run.uuid == wanted), next(iter(compared.others), None))


def _changes(repo: Repository, pair: list[Run], paths: list[SharedPath]) -> list[SourceChange]:
    folders = [artifact_folder(run) for run in pair]
    keys = [f"{folder}/{each.path}" for each in paths[:DRAWN] for folder in folders]
    stored = stored_at(repo, keys)
    found = []
    for each in paths:
        sides = [stored.get(f"{folder}/{each.path}") for folder in folders]
        drawn = len(sides) == 2 and all(side and side.size <= LONGEST_TEXT for side in sides)
        texts = [StoredSource(side).read(0, side.size) for side in sides if side] if drawn else []
        found.append(SourceChange(each.path, compare_texts(*texts) if drawn else None))
    return found
