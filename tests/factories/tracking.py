"""Experiments and runs for tests, logged through the services that clients reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from repos.models import Repository
from storage.services import put_object
from tracking.locations import SPACE
from tracking.models import Experiment, Run
from tracking.rules import Point
from tracking.services.batch import log_batch
from tracking.services.experiments import create_experiment
from tracking.services.metrics import log_metrics
from tracking.services.runs import create_run, update_run

START = 1_790_000_000_000


def make_experiment(repository: Repository, name: str = "sweep") -> Experiment:
    """An experiment without runs."""
    return create_experiment(repository=repository, name=name)


def make_run(
    repository: Repository,
    experiment: Experiment,
    name: str = "",
    *,
    params: Mapping[str, str] | None = None,
    metrics: Mapping[str, Sequence[float]] | None = None,
    tags: Mapping[str, str] | None = None,
    status: str = "FINISHED",
    user: str = "bob",
    start: int = START,
) -> Run:
    """A run with a curve for each metric: its values at step 0, 1, 2, …, a second after one another."""
    run = create_run(
        repository=repository, number=experiment.number, name=name, user_name=user, start_time=start,
        tags=list((tags or {}).items()),
    )  # fmt: skip
    log_batch(repository=repository, run_id=run.uuid, params=list((params or {}).items()))
    for key, values in (metrics or {}).items():
        points = [Point(key, value, start + 1000 * step, step) for step, value in enumerate(values)]
        log_metrics(repository=repository, run_id=run.uuid, points=points)
    if status != "RUNNING":
        update_run(repository=repository, run_id=run.uuid, status=status, end_time=start + 65_000)
    return Run.objects.get(pk=run.pk)


def make_artifact(repository: Repository, run: Run, path: str, content: bytes) -> None:
    """A file among the run's artifacts."""
    key = f"{run.experiment.number}/{run.uuid}/artifacts/{path}"
    put_object(repository=repository, space=SPACE, key=key, chunks=[content])
