"""The runs that are compared, wherever in the repository they lie, and what is known of each besides what it logged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.urls import reverse

from hub.lib.wording import duration_text
from repos.models import Repository
from tracking.models import DatasetInput, Run, RunTag
from tracking.selectors.run_comparison_rows import Value
from tracking.selectors.run_table import COMMIT, SOURCE, USER, commits_here

BRANCH = "mlflow.source.git.branch"
_TAGS = (COMMIT, SOURCE, USER, BRANCH)
MOST_DATASETS = 3


def runs_here(repository: Repository, run_ids: Sequence[str]) -> tuple[list[Run], list[str]]:
    """The runs of the repository with these ids, in the order given and with their experiments; then unknown ids."""
    wanted = [run_id for run_id in dict.fromkeys(run_ids) if "\0" not in run_id]
    rows = Run.objects.select_related("experiment").filter(repository=repository, uuid__in=wanted)
    found = {run.uuid: run for run in rows}
    return [found[run_id] for run_id in wanted if run_id in found], [each for each in run_ids if each not in found]


def facts_of(repository: Repository, runs: Sequence[Run]) -> dict[str, list[Value | None]]:
    """State, times, people, code and data of each run, by the name of the fact; what no run has is left out."""
    tags = tags_among(runs, _TAGS)
    commits = [tags[run.pk].get(COMMIT, "") for run in runs]
    known = commits_here(repository, commits)
    data = _datasets(runs)
    facts: dict[str, list[Value | None]] = {
        "State": [Value(run.get_status_display()) for run in runs],
        "Experiment": [Value(run.experiment.name[:200]) for run in runs],
        "Started": [_text(f"{run.started:%Y-%m-%d %H:%M:%S}" if run.started else "") for run in runs],
        "Duration": [_duration(run) for run in runs],
        "User": [_text(run.user_name or tags[run.pk].get(USER, "")) for run in runs],
        "Commit": [_commit(repository, commit, commit in known) for commit in commits],
        "Branch": [_text(tags[run.pk].get(BRANCH, "")) for run in runs],
        "Source": [_text(tags[run.pk].get(SOURCE, "")) for run in runs],
        "Datasets": [_text(", ".join(data[run.pk])) for run in runs],
    }
    if len({run.experiment_id for run in runs}) < 2:
        del facts["Experiment"]
    return {name: values for name, values in facts.items() if any(values)}


def tags_among(runs: Sequence[Run], keys: Sequence[str]) -> dict[int, dict[str, str]]:
    """Those tags of the runs, by run and key."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = RunTag.objects.filter(run__in=[run.pk for run in runs], key__in=keys)
    for run, key, value in rows.values_list("run_id", "key", "value"):
        found[run][key] = value
    return found


def _datasets(runs: Sequence[Run]) -> Mapping[int, list[str]]:
    """Name and digest of the first datasets that each run used, with what for."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = DatasetInput.objects.filter(run__in=[run.pk for run in runs]).order_by("dataset__name", "pk")
    for run, name, digest, context in rows.values_list("run_id", "dataset__name", "dataset__digest", "context"):
        if len(found[run]) < MOST_DATASETS:
            found[run].append(f"{name[:80]}@{digest}" + (f" ({context[:40]})" if context else ""))
        elif len(found[run]) == MOST_DATASETS:
            found[run].append("…")
    return found


def _text(text: str) -> Value | None:
    return Value(text[:300]) if text else None


def _duration(run: Run) -> Value | None:
    return Value(duration_text(run.duration), run.duration.total_seconds()) if run.duration is not None else None


def _commit(repository: Repository, commit: str, known: bool) -> Value | None:
    if not commit:
        return None
    where = {"owner": repository.owner.slug, "name": repository.name, "sha": commit}
    if not known:
        return Value(f"{commit[:10]} (not here)")
    return Value(commit[:10], link=reverse("repos:commit", kwargs=where))
