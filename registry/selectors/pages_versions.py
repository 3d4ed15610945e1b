"""What the page of a model shows of its versions: where each comes from, how it did, and how large it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from registry.models import ModelAlias, ModelVersion
from registry.selectors.pages_files import folder_of, folder_sizes, runs_of
from repos.models import Repository
from tracking import sql
from tracking.models import LatestMetric, Run, RunTag
from tracking.selectors.run_page import SYSTEM
from tracking.selectors.run_table import COMMIT, commits_here, metric_text

MOST_METRICS = 3


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version in the table. `metrics` go with the table's keys, "" where the run has none.

    `size` is in bytes, None for files that do not lie here; `commit_known`: the repository holds it.
    """

    version: ModelVersion
    aliases: list[str]
    run: Run | None
    metrics: list[str]
    commit: str
    commit_known: bool
    size: int | None


@dataclass(frozen=True, slots=True)
class VersionTable:
    """Versions, and the keys of the metrics that most of their runs have logged."""

    metrics: list[str]
    lines: list[VersionLine]


def version_table(repository: Repository, versions: Sequence[ModelVersion]) -> VersionTable:
    """The versions with what they come from: a fixed number of questions however many."""
    runs = runs_of(repository, versions)
    keys = [run.pk for run in runs.values()]
    names, values = _metrics(keys)
    commits = dict(RunTag.objects.filter(run__in=keys, key=COMMIT).values_list("run_id", "value")) if keys else {}
    known = commits_here(repository, commits.values())
    aliases = alias_names(versions)
    folders = {version.pk: folder_of(version, runs) for version in versions}
    sizes = folder_sizes(repository, folders.values())
    lines = []
    for version in versions:
        run, folder = runs.get(version.run_uuid), folders[version.pk]
        commit = commits.get(run.pk, "") if run else ""
        size = sizes.get(folder, 0) if folder else None
        shown = [values[run.pk].get(name, "") if run else "" for name in names]
        lines.append(VersionLine(version, aliases[version.pk], run, shown, commit, commit in known, size))
    return VersionTable(names, lines)


def alias_names(versions: Iterable[ModelVersion]) -> dict[int, list[str]]:
    """The names of the aliases of each version, by its key."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = ModelAlias.objects.filter(version__in=[version.pk for version in versions]).order_by("name")
    for version, name in rows.values_list("version_id", "name"):
        found[version].append(name)
    return found


def _metrics(runs: Sequence[int]) -> tuple[list[str], dict[int, dict[str, str]]]:
    """The metrics that most of the runs share, the machine's aside, and their latest values by run."""
    if not runs:
        return [], {}
    test, keys = sql.among("l.run_id", list(runs))
    statement = (
        "SELECT k.id, k.name FROM tracking_latestmetric l JOIN tracking_metrickey k ON k.id = l.key_id "
        f"WHERE {test} AND k.name NOT LIKE ? GROUP BY k.id, k.name ORDER BY COUNT(*) DESC, k.name LIMIT ?"
    )
    chosen = sql.rows(statement, (keys, f"{SYSTEM}%", MOST_METRICS))
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = LatestMetric.objects.filter(run__in=runs, key__in=[key for key, _ in chosen])
    for run, name, value, is_nan in rows.values_list("run_id", "key__name", "value", "is_nan"):
        found[run][name] = metric_text(value, is_nan)
    return [name for _, name in chosen], found
