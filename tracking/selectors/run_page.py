"""What the page of one run shows: its parameters, latest metrics, tags, inputs, models and its family of runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

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


class Latest(NamedTuple):
    """The latest value of a metric. `number` is that of its key; `timestamp` is in milliseconds since 1970.

    A tuple, since a run may have 20,000 of them.
    """

    key: str
    number: int
    value: float
    is_nan: bool
    step: int
    timestamp: int

    @property
    def text(self) -> str:
        """The value as pages show it."""
        return metric_text(self.value, bool(self.is_nan))

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
    """The latest value of each metric, by key."""
    rows = sql.rows(
        "SELECT k.name, l.key_id, l.value, l.is_nan, l.step, l.timestamp"
        " FROM tracking_latestmetric l JOIN tracking_metrickey k ON k.id = l.key_id WHERE l.run_id = ?",
        (run.pk,),
    )
    return sorted(map(Latest._make, rows), key=itemgetter(0))


def curves_of(run: Run) -> set[int]:
    """The numbers of the keys under which more than one point was logged: two steps of the index a metric."""
    second = "SELECT 1 FROM tracking_metric m WHERE m.run_id = l.run_id AND m.key_id = l.key_id LIMIT 1 OFFSET 1"
    rows = sql.rows(f"SELECT l.key_id FROM tracking_latestmetric l WHERE l.run_id = ? AND EXISTS ({second})", (run.pk,))
    return {number for (number,) in rows}


def in_sections(curves: Sequence[Latest]) -> list[Section]:
    """The metrics by section; all in one while they are few, since sections of one chart say little."""
    if len(curves) <= ONE_SECTION:
        return [Section("", [*curves])] if curves else []
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
