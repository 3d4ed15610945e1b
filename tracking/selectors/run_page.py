"""What the page of one run shows: its parameters, latest metrics, tags, inputs, models and its family of runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.lib.errors import NotFound
from repos.models import Repository
from tracking import sql
from tracking.locations import model_artifacts, run_artifacts, storage_key
from tracking.models import Dataset, DatasetInput, Experiment, LoggedModel, MetricKey, ModelLink, Run
from tracking.selectors.run_table import metric_text

NOTE = "mlflow.note.content"
MODEL_HISTORY = "mlflow.log-model.history"
SYSTEM = "system/"
ONE_SECTION = 12


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest value of a metric, as text and as it was logged. `has_curve`: more than one point was logged.

    `timestamp` is in milliseconds since 1970.
    """

    key: str
    text: str
    step: int
    has_curve: bool
    value: float
    timestamp: int

    @property
    def section(self) -> str:
        """What stands before the last slash: charts are grouped by it."""
        return self.key.rpartition("/")[0]

    @property
    def name(self) -> str:
        """What stands behind the last slash."""
        return self.key.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Section:
    """Metrics whose keys share what stands before the last slash."""

    title: str
    metrics: list[Latest]


def run_of(repository: Repository, number: int, run_id: str) -> Run:
    """The run, deleted or not, with its experiment. Raises NotFound when the experiment does not hold it."""
    found = Run.objects.select_related("experiment").filter(
        repository=repository, experiment__number=number, uuid=run_id
    )
    run = found.first()
    if run is None:
        raise NotFound("This experiment has no such run.", next_step="Look for it among the runs of the experiment.")
    return run


def experiment_of(repository: Repository, number: int) -> Experiment:
    """The experiment, deleted or not. Raises NotFound."""
    experiment = Experiment.objects.filter(repository=repository, number=number).first()
    if experiment is None:
        raise NotFound(f"There is no experiment {number} in this repository.")
    return experiment


def latest_metrics(run: Run) -> list[Latest]:
    """The latest value of each metric, by key. Whether there is a curve costs two steps of the index a metric."""
    second = "SELECT 1 FROM tracking_metric m WHERE m.run_id = l.run_id AND m.key_id = l.key_id LIMIT 1 OFFSET 1"
    rows = sql.rows(
        f"SELECT k.name, l.value, l.is_nan, l.step, l.timestamp, EXISTS ({second})"
        " FROM tracking_latestmetric l JOIN tracking_metrickey k ON k.id = l.key_id WHERE l.run_id = ?",
        (run.pk,),
    )
    found = [
        Latest(key, metric_text(value, bool(nan)), step, bool(curve), value, timestamp)
        for key, value, nan, step, timestamp, curve in rows
    ]
    return sorted(found, key=lambda latest: latest.key)


def in_sections(metrics: Iterable[Latest]) -> list[Section]:
    """The metrics with a curve, by section; all in one while they are few, since sections of one chart say little."""
    curves = [metric for metric in metrics if metric.has_curve]
    if len(curves) <= ONE_SECTION:
        return [Section("", curves)] if curves else []
    sections: dict[str, list[Latest]] = {}
    for metric in curves:
        sections.setdefault(metric.section, []).append(metric)
    return [Section(title, of_section) for title, of_section in sorted(sections.items())]


def tags_of(run: Run) -> dict[str, str]:
    """All tags of a run, by key."""
    return dict(run.tags.order_by("key").values_list("key", "value"))


def params_of(run: Run) -> list[tuple[str, str]]:
    """All parameters of a run, by key."""
    return list(run.params.order_by("key").values_list("key", "value"))


def datasets_of(run: Run) -> list[tuple[Dataset, str]]:
    """The datasets that a run used, each with what for (its context)."""
    inputs = DatasetInput.objects.filter(run=run).select_related("dataset").order_by("dataset__name", "pk")
    return [(each.dataset, each.context or "") for each in inputs]


def models_of(run: Run) -> list[LoggedModel]:
    """The models that a run produced, trash aside."""
    links = ModelLink.objects.filter(run=run, direction=ModelLink.Direction.OUTPUT).values("model_id")
    ours = LoggedModel.objects.select_related("experiment").filter(
        repository=run.repository_id, deleted_at__isnull=True
    )
    return list((ours.filter(uuid__in=links) | ours.filter(source_run_id=run.uuid)).order_by("name", "pk"))


def metric_key(repository: Repository, name: str) -> int | None:
    """The number of a metric's name in the repository, or None when nothing was logged under it."""
    if "\0" in name:  # Nothing is called so, and PostgreSQL refuses to be asked.
        return None
    found = MetricKey.objects.filter(repository=repository, name=name).values_list("pk", flat=True)
    return found.first()


def runs_among(experiment: Experiment, run_ids: Iterable[str]) -> list[Run]:
    """The runs of the experiment with these ids, in the order given; ids of other runs are passed over."""
    wanted = [run_id for run_id in dict.fromkeys(run_ids) if "\0" not in run_id]
    found = {run.uuid: run for run in Run.objects.filter(experiment=experiment, uuid__in=wanted)}
    return [found[run_id] for run_id in wanted if run_id in found]


def artifact_folder(run: Run) -> str | None:
    """The key below which the run's artifacts are stored, or None when they are kept elsewhere than here."""
    return storage_key(run_artifacts(run.experiment.artifact_location, run.uuid))


def model_folder(model: LoggedModel) -> str | None:
    """The key below which a logged model's files are stored, or None when they are kept elsewhere than here."""
    return storage_key(model_artifacts(model.experiment.artifact_location, model.uuid))
