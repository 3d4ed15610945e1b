"""Blocks that work as pasted: made of this repository's newest experiment, its keys and its files."""

from __future__ import annotations

from dataclasses import dataclass

from repos.git import tree
from repos.git.objects import Place
from repos.models import Repository
from repos.paths import git_dir
from tracking.models import Run
from tracking.reports.blocks import as_text, in_list
from tracking.selectors.experiment_list import experiments_with_newest_run
from tracking.selectors.reports import differing
from tracking.selectors.runs import search_runs

_SHOWN_RUNS = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """A block to put into a report: what it shows, and its text."""

    label: str
    text: str


def samples(repo: Repository, place: Place | None = None) -> list[Sample]:
    """A block of each kind; the file block only where the branch has a file to show."""
    experiment, metric, columns, ids = _known(repo)
    here = {"experiment": experiment}
    best = {**here, "order": f"metrics.{in_list(metric)}"}
    found = [
        Sample("Table of runs", as_text("runs", {**best, "columns": columns, "limit": "10"})),
        Sample("Chart", as_text("chart", {**here, "metric": in_list(metric), "x": "step", "limit": "10"})),
        Sample("Runs side by side", as_text("compare", {"runs": ids} if ids else {**best, "limit": "3"})),
    ]
    path = _some_file(repo, place) if place and place.commit else ""
    return found + ([Sample("File", as_text("file", {"path": path}))] if path else [])


def first_text(repo: Repository) -> str:
    """What a new report begins with."""
    table, chart = samples(repo)[:2]
    head = "# Title\n\nWhat was tried, and why.\n\n"
    return f"{head}## Best runs\n\n{table.text}\n## Curves\n\n{chart.text}\n## What we learnt\n\n"


def _known(repo: Repository) -> tuple[str, str, list[str], list[str]]:
    """An experiment with runs, one of its metrics, columns that differ, and the ids of some runs."""
    experiment = experiments_with_newest_run(repo).filter(active_runs__gt=0).first()
    if experiment is None:
        return "my experiment", "loss", ["params.lr", "metrics.loss"], []
    rows = search_runs(repo, [experiment.number], size=_SHOWN_RUNS).rows
    runs = list(Run.objects.filter(pk__in=[row.pk for row in rows]).order_by("-start_time", "pk"))
    columns = differing(runs, most=3)
    metrics = [each.partition(".")[2] for each in columns if each.startswith("metrics.")]
    columns = [f"{kind}.{in_list(key)}" for kind, _, key in (each.partition(".") for each in columns)]
    return experiment.name, (metrics or ["loss"])[0], columns, [run.uuid[:12] for run in runs[:3]]


def _some_file(repo: Repository, place: Place) -> str:
    """A table if the top folder or data/ has one, else the README."""
    folder = git_dir(repo)
    for path in (b"data", b""):
        above = tree.find(folder, place.commit, path)
        entries = tree.entries(folder, above.id, path) if above and above.kind == "dir" else []
        for ending in (".csv", ".parquet", ".png", ".md"):
            found = next((each for each in entries if each.kind == "file" and each.name.lower().endswith(ending)), None)
            if found:
                return found.path_text
    return ""
