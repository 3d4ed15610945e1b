"""The list of experiments as its page shows it: each with the state of its newest run."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, OuterRef, QuerySet, Subquery

from repos.models import Repository
from tracking.models import Experiment, Run
from tracking.models.experiments import moment


def experiments_with_newest_run(repository: Repository) -> QuerySet[Experiment]:
    """The experiments outside of the trash, the one with the newest run first.

    `newest_start` (ms) and `newest_status` tell of that run.
    The newest run comes from the index of runs by start, one step for each experiment.
    """
    newest = Run.objects.filter(experiment=OuterRef("pk"), deleted_at__isnull=True).order_by("-start_time")
    rows = Experiment.objects.filter(repository=repository, deleted_at__isnull=True)
    return rows.annotate(
        newest_start=Subquery(newest.values("start_time")[:1]),
        newest_status=Subquery(newest.values("status")[:1]),
    ).order_by(F("newest_start").desc(nulls_last=True), "-number")


def newest_run_at(experiment: Experiment) -> datetime | None:
    """When the newest run of an experiment from experiments_with_newest_run started."""
    return moment(getattr(experiment, "newest_start", None) or None)


def has_runs(repository: Repository) -> bool:
    """Whether the repository has any run, the trash aside."""
    return Experiment.objects.filter(repository=repository, active_runs__gt=0).exists()


def experiment_count(repository: Repository) -> int:
    """Experiments outside of the trash that hold runs or were made by somebody: the empty default is not counted."""
    rows = Experiment.objects.filter(repository=repository, deleted_at__isnull=True)
    return rows.exclude(number=0, active_runs=0).count()
