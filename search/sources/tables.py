"""Rows of the rooms below as entries of the index: repositories, topics, experiments, runs, models, datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from django.db.models import Model, Q, QuerySet

from collab.models import Comment, Topic
from collab.models import Kind as TopicKind
from registry.models import ModelVersion, RegisteredModel
from repos.models import Activity, Repository
from search.models import MAX_BODY, MAX_TITLE, Kind
from search.sources.base import Batch, Found, Source
from tracing.models import EvaluationDataset
from tracking.models import Dataset, Experiment, ExperimentTag, Run, RunTag

NOTE = "mlflow.note.content"
MINUTES = 2 * 60 * 1000
ROWS = 1000
_TOPICS = {
    TopicKind.ISSUE: (Kind.ISSUE, "circle-dot", "issues"),
    TopicKind.PULL: (Kind.PULL, "git-pull-request", "pulls"),
    TopicKind.DISCUSSION: (Kind.DISCUSSION, "messages-square", "discussions"),
}


def _after(rows: QuerySet[Any], column: str, at: Any, key: int, limit: int) -> list[Any]:
    """The next rows in the order of a column and the key."""
    later = Q(**{f"{column}__gt": at}) | Q(**{column: at, "pk__gt": key})
    return list(rows.filter(later).order_by(column, "pk")[:limit])


def _batch(
    rows: Sequence[Any], found: Iterable[Found], place: Callable[[Any], int], at: int, key: int, limit: int
) -> Batch:
    last = rows[-1] if rows else None
    return Batch(list(found), place(last) if last else at, last.pk if last else key, len(rows) < limit)


def milliseconds(when: datetime) -> int:
    """Since 1970."""
    return int(when.timestamp() * 1000)


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def _repositories(at: int, key: int, limit: int) -> Batch:
    """Those in which something happened: whatever changes a repository leaves a row of Activity."""
    rows = list(Activity.objects.filter(pk__gt=at).order_by("pk")[:limit])
    wanted = Repository.objects.filter(pk__in={row.repository_id for row in rows}).select_related("owner")
    return _batch(rows, map(_repository, wanted), lambda row: int(row.pk), at, key, limit)


def _repository(repo: Repository) -> Found:
    changed = milliseconds(repo.pushed_at or repo.created_at)
    stamp = f"{repo.full_name} {hash_of(repo.description)} {changed}"[-64:]
    return Found(
        Kind.REPOSITORY, repo.pk, repo.pk, repo.full_name, "", "book", repo.description, stamp=stamp, changed_at=changed
    )


def hash_of(text: str) -> int:
    """A short number that changes with the text, the same in every process."""
    return crc32(text.encode("utf-8", "replace"))


def _topics(at: int, key: int, limit: int) -> Batch:
    rows = _after(Topic.objects.select_related("author"), "updated_at", _moment(at), key, limit)
    said = _said(rows)
    return _batch(rows, (_topic(row, said.get(row.pk, "")) for row in rows), _updated, at, key, limit)


def _updated(row: Any) -> int:
    # Rounded down, as milliseconds are: the rows of that millisecond are read once more.
    return milliseconds(row.updated_at)


def _said(topics: Sequence[Topic]) -> dict[int, str]:
    """What was said on topics and in their threads; comments that nobody has sent yet are not read."""
    every = Comment.objects.filter(
        Q(topic__in=topics) | Q(thread__topic__in=topics), is_pending=False, hidden_reason=""
    )
    found: dict[int, list[str]] = {}
    for own, of_thread, body in every.order_by("pk").values_list("topic", "thread__topic", "body"):
        found.setdefault(own or of_thread, []).append(body)
    return {pk: "\n\n".join(bodies) for pk, bodies in found.items()}


def _topic(topic: Topic, said: str) -> Found:
    kind, icon, folder = _TOPICS[TopicKind(topic.kind)]
    by = f" · {topic.author.username}" if topic.author else ""
    return Found(
        kind=kind,
        repository_id=topic.repository_id,
        object_id=topic.pk,
        title=f"#{topic.number} {topic.title}",
        url=f"/{folder}/{topic.number}",
        icon=icon,
        body=f"{topic.body}\n\n{said}".strip()[:MAX_BODY],
        facts=f"{topic.state}{by}",
        stamp=topic.updated_at.isoformat(),
        changed_at=milliseconds(topic.updated_at),
    )


def _experiments(at: int, key: int, limit: int) -> Batch:
    rows = _after(Experiment.objects.all(), "updated_at", at, key, limit)
    notes = dict(ExperimentTag.objects.filter(experiment__in=rows, key=NOTE).values_list("experiment", "value"))
    found = (
        Found(
            Kind.EXPERIMENT, row.repository_id, row.pk, row.name[:MAX_TITLE], f"/experiments/{row.number}",
            "flask-conical", notes.get(row.pk, "")[:MAX_BODY], stamp=str(row.updated_at), changed_at=row.updated_at,
        )
        for row in rows
    )  # fmt: skip
    return _batch(rows, found, lambda row: int(row.updated_at), at, key, limit)


def _runs(at: int, key: int, limit: int) -> Batch:
    """New runs by key. The hot path of tracking says nothing to anybody: what a run is called later is not read."""
    rows = list(Run.objects.filter(pk__gt=at).select_related("experiment").order_by("pk")[:limit])
    notes = dict(RunTag.objects.filter(run__in=rows, key=NOTE).values_list("run", "value"))
    return _batch(rows, (_run(row, notes.get(row.pk, "")) for row in rows), lambda row: int(row.pk), at, key, limit)


def _run(run: Run, note: str) -> Found:
    by = f" · {run.user_name}" if run.user_name else ""
    return Found(
        kind=Kind.RUN,
        repository_id=run.repository_id,
        object_id=run.pk,
        title=run.name[:MAX_TITLE],
        url=f"/experiments/{run.experiment.number}/runs/{run.uuid}",
        icon="chart-line",
        body=f"{run.uuid} {run.user_name}\n{note}".strip()[:MAX_BODY],
        facts=f"{run.experiment.name[:150]}{by}",
        stamp=f"{run.name} {hash_of(note)}"[-64:],
        changed_at=run.start_time,
    )


def _models(at: int, key: int, limit: int) -> Batch:
    rows = _after(RegisteredModel.objects.prefetch_related("tags"), "updated_at", at, key, limit)
    latest: dict[int, str] = {}
    for model, words in ModelVersion.objects.filter(model__in=rows).order_by("pk").values_list("model", "description"):
        latest[model] = f"{latest.get(model, '')}\n{words}".strip()[-4000:]
    return _batch(
        rows, (_model(row, latest.get(row.pk, "")) for row in rows), lambda row: int(row.updated_at), at, key, limit
    )


def _model(model: RegisteredModel, versions: str) -> Found:
    kind, icon, folder = (
        (Kind.PROMPT, "message-square-text", "prompts") if model.is_prompt else (Kind.MODEL, "box", "models")
    )
    tags = " ".join(f"{tag.key} {tag.value}" for tag in model.tags.all())
    count = model.last_version
    return Found(
        kind=kind,
        repository_id=model.repository_id,
        object_id=model.pk,
        title=model.name[:MAX_TITLE],
        url=f"/{folder}/{model.name}",
        icon=icon,
        body=f"{model.description}\n{versions}\n{tags}".strip()[:MAX_BODY],
        facts=f"{count} version{'' if count == 1 else 's'}",
        stamp=str(model.updated_at),
        changed_at=model.updated_at,
    )


def _datasets(at: int, key: int, limit: int) -> Batch:
    rows = list(Dataset.objects.filter(pk__gt=at).select_related("experiment").order_by("pk")[:limit])
    found = (
        Found(
            Kind.DATASET, row.experiment.repository_id, row.pk, row.name[:MAX_TITLE],
            f"/experiments/{row.experiment.number}", "database", f"{row.source_type} {row.source}"[:2000],
            facts=f"{row.digest} · used in {row.experiment.name[:150]}", stamp=row.digest, key="run",
        )
        for row in rows
    )  # fmt: skip
    return _batch(rows, found, lambda row: int(row.pk), at, key, limit)


def _evaluation_datasets(at: int, key: int, limit: int) -> Batch:
    rows = _after(EvaluationDataset.objects.all(), "updated_at", at, key, limit)
    found = (
        Found(
            Kind.DATASET, row.repository_id, row.pk, row.name[:MAX_TITLE],
            f"/experiments/datasets/{row.dataset_id}", "list-checks",
            facts="for evaluation", stamp=str(row.updated_at), changed_at=row.updated_at, key="evaluation",
        )
        for row in rows
    )  # fmt: skip
    return _batch(rows, found, lambda row: int(row.updated_at), at, key, limit)


SOURCES = (
    Source("repositories", _repositories, ROWS // 10),
    Source("topics", _topics, MINUTES),
    Source("experiments", _experiments, MINUTES),
    Source("runs", _runs, ROWS),
    Source("models", _models, MINUTES),
    Source("datasets", _datasets, ROWS // 10),
    Source("evaluation", _evaluation_datasets, MINUTES),
)

# The tables behind entries: what is not there any more, or in the trash, is not found.
ALIVE: dict[Kind, tuple[type[Model], str]] = {
    Kind.ISSUE: (Topic, ""),
    Kind.PULL: (Topic, ""),
    Kind.DISCUSSION: (Topic, ""),
    Kind.EXPERIMENT: (Experiment, "deleted_at"),
    Kind.RUN: (Run, "deleted_at"),
    Kind.MODEL: (RegisteredModel, ""),
    Kind.PROMPT: (RegisteredModel, ""),
}
