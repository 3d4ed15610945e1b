"""What versions were made of, and what was made of that, as a graph: commit, data, run, model, version, alias."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

from django.urls import reverse

from hub.lib.errors import Invalid
from registry.lineage import Graph, Node
from registry.models import ModelVersion, RegisteredModel, Stage
from registry.selectors.pages_files import runs_of
from registry.selectors.pages_versions import alias_names
from repos.models import Repository
from storage.tracked import tracked_at
from tracking import sql
from tracking.models import Dataset, DatasetInput, LoggedModel, Run, RunTag
from tracking.selectors.run_table import COMMIT, commits_here

MOST_VERSIONS = 20
MOST_DATA = 6
_LATEST = (
    "SELECT v.id FROM registry_modelversion v JOIN registry_registeredmodel m ON m.id = v.model_id"
    " JOIN tracking_run r ON r.uuid = v.run_uuid AND r.repository_id = m.repository_id"
)
_END = (
    " AND m.repository_id = ? AND v.deleted_at IS NULL AND NOT m.is_prompt"
    f" ORDER BY v.id DESC LIMIT {MOST_VERSIONS + 1}"
)


def versions_of_commit(repository: Repository, commit: str) -> list[ModelVersion]:
    """The latest versions whose run was started at a commit; raises Invalid."""
    if not 7 <= len(commit) <= 64 or not all(letter in "0123456789abcdef" for letter in commit):
        raise Invalid("A commit is named by its whole id.", field="commit")
    join = " JOIN tracking_runtag t ON t.run_id = r.id AND t.key = ? WHERE t.value = ?"
    return _versions(f"{_LATEST}{join}{_END}", (COMMIT, commit, repository.pk))


def versions_of_data(repository: Repository, name: str, digest: str) -> list[ModelVersion]:
    """The latest versions whose run used a dataset, in whatever experiment; raises Invalid."""
    if not name or len(name) > 500 or len(digest) > 36 or "\0" in name + digest:
        raise Invalid("A dataset is named by its name and its digest.", field="data")
    join = (
        " JOIN tracking_datasetinput i ON i.run_id = r.id JOIN tracking_dataset d ON d.id = i.dataset_id"
        " WHERE d.name = ? AND d.digest = ?"
    )
    return _versions(f"{_LATEST}{join}{_END}", (name, digest, repository.pk))


def versions_of_run(repository: Repository, run: Run) -> list[ModelVersion]:
    """The latest versions that come from a run."""
    rows = ModelVersion.objects.filter(
        model__repository=repository, model__is_prompt=False, run_uuid=run.uuid, deleted_at__isnull=True
    )
    return list(rows.select_related("model").order_by("-pk")[: MOST_VERSIONS + 1])


def _versions(statement: str, values: tuple[object, ...]) -> list[ModelVersion]:
    keys = [key for (key,) in sql.rows(statement, values)]
    return list(ModelVersion.objects.select_related("model").filter(pk__in=keys).order_by("-pk"))


def graph_of(repository: Repository, versions: Sequence[ModelVersion], *, here: str = "") -> Graph:
    """What the versions were made of, and the aliases that point at them; `here` is the key of the node looked from.

    A fixed number of questions however many versions. Keys: commit:<id>, data:<name>:<digest>, run:<id>, model:<id>,
    version:<model>/<number>, alias:<model>@<name>.
    """
    graph, runs = Graph(), runs_of(repository, versions)
    keys = [run.pk for run in runs.values()]
    commits = dict(RunTag.objects.filter(run__in=keys, key=COMMIT).values_list("run_id", "value"))
    known = commits_here(repository, commits.values())
    used = _data(keys)
    models = _logged_models(repository, versions)
    names = alias_names(versions)
    for version in versions:
        run = runs.get(version.run_uuid)
        source = _add_run(graph, repository, run, version.run_uuid, commits, known, used)
        source = _add_model(graph, repository, models, version, run, source)
        _add_version(graph, repository, version, names[version.pk], source)
    if here in graph.nodes:
        node = graph.nodes[here]
        graph.add(Node(node.key, node.kind, node.label, node.note, node.url, here=True))
    return graph


def _add_run(
    graph: Graph,
    repository: Repository,
    run: Run | None,
    uuid: str,
    commits: Mapping[int, str],
    known: Iterable[str],
    used: Mapping[int, list[tuple[Dataset, str]]],
) -> str:
    """The run with its commit and data; its key, "" for a version that names no run."""
    if run is None:
        return graph.add(Node(f"run:{uuid}", "run", uuid, "gone")) if uuid else ""
    sources, commit = [], commits.get(run.pk, "")
    if commit:
        url = _at(repository, "repos:src", place=commit) if commit in known else ""
        sources.append(graph.add(Node(f"commit:{commit}", "commit", commit[:10], "" if url else "not here", url)))
        if url:
            sources += _add_dvc(graph, repository, commit)
    for dataset, context in used.get(run.pk, [])[:MOST_DATA]:
        asked = urlencode({"data": dataset.name, "digest": dataset.digest})
        url = f"{_at(repository, 'registry:lineage')}?{asked}"
        key = f"data:{dataset.name}:{dataset.digest}"
        sources.append(graph.add(Node(key, "data", dataset.name, context or dataset.digest[:8], url)))
    url = _at(repository, "tracking:run", number=run.experiment.number, run=run.uuid)
    return graph.add(Node(f"run:{run.uuid}", "run", run.name, "in the trash" if run.is_deleted else "", url), *sources)


def _add_dvc(graph: Graph, repository: Repository, commit: str) -> list[str]:
    """What DVC keeps at a commit: the data as it was when the run started."""
    outs = sorted(tracked_at(repository, commit).outs.values(), key=lambda out: out.path)
    found = [
        graph.add(
            Node(
                f"dvc:{out.path}:{out.md5}",
                "data",
                out.path,
                "DVC",
                _at(repository, "repos:src", place=f"{commit}/{out.path}"),
            ),
            f"commit:{commit}",
        )
        for out in outs[:MOST_DATA]
    ]
    if len(outs) > MOST_DATA:
        more = Node(
            f"dvc:{commit}", "data", f"{len(outs) - MOST_DATA} more", "DVC", _at(repository, "repos:src", place=commit)
        )
        found.append(graph.add(more, f"commit:{commit}"))
    return found


def _add_model(
    graph: Graph,
    repository: Repository,
    models: Mapping[str, LoggedModel],
    version: ModelVersion,
    run: Run | None,
    source: str,
) -> str:
    """The logged model, if the version was made of one; the key of what the version comes from."""
    uuid = version.logged_model_uuid
    if not uuid:
        return source
    logged = models.get(uuid)
    if logged is None:
        return graph.add(Node(f"model:{uuid}", "model", uuid, "gone"), source)
    url = ""
    if run is not None:
        where = {"number": run.experiment.number, "run": run.uuid, "model": logged.uuid}
        url = _at(repository, "tracking:model_artifacts", **where)
    return graph.add(Node(f"model:{uuid}", "model", logged.name, "", url), source)


def _add_version(
    graph: Graph, repository: Repository, version: ModelVersion, aliases: Iterable[str], source: str
) -> None:
    model = version.model
    stage = version.stage if version.stage != Stage.NONE else ""
    url = _at(repository, "registry:model_version", model=model.name, number=version.number)
    key = graph.add(
        Node(f"version:{model.name}/{version.number}", "version", f"{model.name} {version.number}", stage, url), source
    )
    for name in aliases:
        url = f"{_at(repository, 'registry:model', model=model.name)}#aliases"
        graph.add(Node(f"alias:{model.name}@{name}", "alias", f"@{name}", "", url), key)


def _data(runs: Sequence[int]) -> dict[int, list[tuple[Dataset, str]]]:
    found: dict[int, list[tuple[Dataset, str]]] = defaultdict(list)
    inputs = (
        DatasetInput.objects.filter(run__in=runs).select_related("dataset").defer("dataset__schema", "dataset__profile")
    )
    for each in inputs.order_by("dataset__name", "pk"):
        found[each.run_id].append((each.dataset, each.context or ""))
    return found


def _logged_models(repository: Repository, versions: Iterable[ModelVersion]) -> dict[str, LoggedModel]:
    wanted = {
        each.logged_model_uuid for each in versions if each.logged_model_uuid and "\0" not in each.logged_model_uuid
    }
    rows = LoggedModel.objects.filter(repository=repository, uuid__in=wanted, deleted_at__isnull=True)
    return {model.uuid: model for model in rows} if wanted else {}


def _at(repository: Repository, page: str, **rest: object) -> str:
    return reverse(page, kwargs={"owner": repository.owner.slug, "name": repository.name, **rest})


def version_key(model: RegisteredModel, version: ModelVersion) -> str:
    """The key of a version in a graph."""
    return f"version:{model.name}/{version.number}"
