"""Decides what a version may be made of: judges the source a client names, and finds where its files lie.

    runs:/<run>/…            the request names the same run (which need not exist here)
    models:/m-<id>           the request names the same logged model; its files are the version's
    models:/<name>/<which>   a copy of another version (number, stage, latest, or <name>@<alias>), lineage included
    mlflow-artifacts:, http(s)://…/api/2.0/mlflow-artifacts/artifacts/…   inside the named run or logged model
    /path, file:             inside the named run or logged model, when that keeps its files in a local folder
    other schemes            any absolute address without `..`

SECURITY: without these rules a writer of one place could register, and so hand out, the files of another.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit

from hub.lib.errors import Invalid, NotFound
from registry import rules
from registry.models import RegisteredModel
from registry.selectors.versions import VersionRow, latest_versions, model_not_found, version_by_alias, version_row
from repos.models import Repository
from tracking.locations import model_artifacts, run_artifacts
from tracking.models import LoggedModel, Run

_ROUNDS = 10
_PROXY = ("api", "2.0", "mlflow-artifacts", "artifacts")
RUN, MODEL = "run_id", "model_id"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a version comes from. `copied`: from another version."""

    source: str
    storage_location: str
    run_uuid: str = ""
    logged_model_uuid: str = ""
    copied: bool = False


def prompt_origin(source: str, run_id: str | None) -> Origin:
    """A prompt has no files; its source must be a placeholder. Raises Invalid."""
    if source not in rules.PROMPT_SOURCES:
        raise Invalid(
            f"Invalid prompt source: '{source}'. Prompt sources must use an MLflow placeholder.", field="source"
        )
    return Origin(source, source, rules.check_id(run_id or "", path=RUN))


def origin_of(repository: Repository, source: str, run_id: str | None, model_id: str | None) -> Origin:
    """The origin that a source stands for. Raises Invalid for one that may not be used, NotFound."""
    rules.check_id(run_id or "", path=RUN)
    rules.check_id(model_id or "", path=MODEL)
    parts = _split(rules.check_link(source, path="source"))
    if parts.scheme == "models":
        _check_absolute(source)
        return _of_models(repository, source, parts, run_id, model_id)
    kind = MODEL if model_id else RUN
    root = _Root(repository, source, kind, model_id or run_id or "")
    if _is_local(parts):
        _check_local(source, parts, root)
    else:
        _check_absolute(source)
        _check_remote(source, parts, root)
    if not model_id:
        return Origin(source, source, run_id or "")
    return Origin(source, source, run_id or _logged_model(repository, model_id).source_run_id, model_id)


def _split(source: str) -> SplitResult:
    try:
        parts = urlsplit(source)
        _ = parts.hostname, parts.port
    except ValueError:
        raise Invalid(f"Invalid model version source: '{source}'. It is no URI.", field="source") from None
    return parts


def _not_inside(source: str, kind: str) -> Invalid:
    return Invalid(
        f"Invalid model version source: '{source}'. The {kind} request parameter must identify the resource that "
        "contains the source.",
        field="source",
    )


# --- models:/…


def _of_models(
    repository: Repository, source: str, parts: SplitResult, run_id: str | None, model_id: str | None
) -> Origin:
    if parts.netloc:
        raise Invalid(
            f"Invalid model version source: '{source}'. Registered model sources must use the active model registry.",
            field="source",
        )
    words = parts.path.lstrip("/").split("/")
    if not parts.path.startswith("/") or len(words) > 2 or not all(word.strip() for word in words):
        raise _not_inside(source, MODEL)
    if len(words) == 1 and "@" not in words[0]:
        return _of_logged_model(repository, source, words[0], run_id, model_id)
    return _copied(_registered(repository, source, words), source, run_id, model_id)


def _of_logged_model(
    repository: Repository, source: str, named: str, run_id: str | None, model_id: str | None
) -> Origin:
    if named != model_id:
        raise _not_inside(source, MODEL)
    try:
        model = _logged_model(repository, named)
    except NotFound:
        raise _not_inside(source, MODEL) from None
    return Origin(source, _model_root(model), run_id or model.source_run_id, named)


def _registered(repository: Repository, source: str, words: list[str]) -> VersionRow:
    """The version that `name/3`, `name/Staging`, `name/latest` or `name@alias` means."""
    name, _, alias = words[0].rpartition("@") if len(words) == 1 else (words[0], "", "")
    which = words[1] if len(words) == 2 else ""
    if not name or (not which and not alias):
        raise _not_inside(source, MODEL)
    rules.check_model_name(name)
    model = RegisteredModel.objects.filter(repository=repository, name=name).first()
    if model is None:
        raise model_not_found(name)
    if model.is_prompt:
        raise Invalid(
            f"Invalid model version source: '{source}'. Prompt versions cannot be used as model version sources.",
            field="source",
        )
    if alias:
        return version_by_alias(repository, name, alias).row
    if which.isdecimal():
        return version_row(repository, name, which)
    stages = () if which.lower() == rules.LATEST else (rules.parse_stage(which),)
    found = latest_versions(repository, name, stages)
    if not found:
        within = f" and stage '{which}'" if stages else ""
        raise NotFound(f"No versions of model with name '{name}'{within} found", field="source")
    return found[-1].row


def _copied(found: VersionRow, source: str, run_id: str | None, model_id: str | None) -> Origin:
    if (run_id or found.run_uuid) != found.run_uuid or (model_id or found.logged_model_uuid) != found.logged_model_uuid:
        raise Invalid(
            f"Invalid model version source: '{source}'. The run_id and model_id request parameters must match the "
            "referenced model version.",
            field="source",
        )
    where = f"models:/{found.name}/{found.number}"
    return Origin(where, found.storage_location, found.run_uuid, found.logged_model_uuid, copied=True)


# --- runs, artifacts, local folders, everything else


@dataclass(frozen=True, slots=True)
class _Root:
    """The run or logged model that the request names, and where its files lie."""

    repository: Repository
    source: str
    kind: str
    uuid: str

    def uri(self) -> str:
        """Its artifact URI; raises Invalid when there is no such thing."""
        try:
            if self.kind == MODEL:
                return _model_root(_logged_model(self.repository, self.uuid))
            runs = Run.objects.select_related("experiment").filter(repository=self.repository, uuid=self.uuid)
            run = runs.first()
        except NotFound:
            run = None
        if run is None:
            raise _not_inside(self.source, self.kind)
        return run_artifacts(run.experiment.artifact_location, run.uuid)


def _logged_model(repository: Repository, uuid: str) -> LoggedModel:
    models = LoggedModel.objects.select_related("experiment").filter(repository=repository, deleted_at__isnull=True)
    found = models.filter(uuid=uuid).first()
    if found is None:
        raise NotFound(f"Logged model with ID '{uuid}' not found.", field=MODEL)
    return found


def _model_root(model: LoggedModel) -> str:
    return model_artifacts(model.experiment.artifact_location, model.uuid)


def _is_local(parts: SplitResult) -> bool:
    return parts.scheme in ("", "file")


def _check_local(source: str, parts: SplitResult, root: _Root) -> None:
    """A folder of the client's machine: inside the root, and that a local one, by their names alone."""
    host = parts.hostname or ""
    if host in ("", ".") or host.startswith(("localhost", "127.0.0.1")):
        plain = unquote(parts.path) if parts.scheme else source
        home = urlsplit(root.uri()) if root.uuid else None
        inside = _plain_folder(plain)
        if home is not None and _is_local(home) and inside is not None:
            folder = posixpath.normpath(unquote(home.path) if home.scheme else home.path)
            if inside == folder or inside.startswith(folder.rstrip("/") + "/"):
                return
    raise Invalid(
        f"Invalid model version source: '{source}'. To use a local path as a model version source, the {root.kind} "
        "request parameter has to be specified and the local path has to be contained within the artifact directory "
        f"of the run specified by the {root.kind}.",
        field="source",
    )


def _plain_folder(path: str) -> str | None:
    """The path without detours, or None for one that is relative or leaves where it starts."""
    if not path.startswith("/") or ".." in path.split("/"):
        return None
    return posixpath.normpath(path)


def _check_absolute(source: str) -> None:
    """No relative parts, however encoded."""
    plain = _plain(source)
    try:
        path = re.sub("/+", "/", urlsplit(plain).path.rstrip("/"))
    except ValueError:
        path = ""
    whole = ".." not in plain.split("/") and "\0" not in plain
    if not whole or not path.startswith("/") or posixpath.normpath(path) != path:
        raise Invalid(
            f"Invalid model version source: '{source}'. If supplying a source as an http, https, local file path, "
            "ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path "
            "references present. Please provide an absolute path.",
            field="source",
        )


def _plain(source: str) -> str:
    """The source decoded until nothing changes; "" for one that hides deeper than anybody has reason to."""
    for _ in range(_ROUNDS):
        decoded = unquote_plus(source)
        if decoded == source:
            return source
        source = decoded
    return ""


def _check_remote(source: str, parts: SplitResult, root: _Root) -> None:
    if parts.scheme == "runs":
        named = parts.path.lstrip("/").partition("/")[0]
        if parts.netloc or root.kind == MODEL or not named or named != root.uuid:
            raise _not_inside(source, root.kind)
    elif _is_proxied(source) and (not root.uuid or not _within(source, root.uri())):
        raise _not_inside(source, root.kind)


def _is_proxied(source: str) -> bool:
    scheme, _, words = _words(source)
    places = range(len(words) - len(_PROXY) + 1)
    through = any(words[place : place + len(_PROXY)] == _PROXY for place in places)
    return scheme == "mlflow-artifacts" or (scheme in ("http", "https") and through)


def _within(source: str, root: str) -> bool:
    scheme, host, words = _words(source)
    root_scheme, root_host, root_words = _words(root)
    same = (scheme, host) == (root_scheme, root_host)
    return same and bool(root_words) and words[: len(root_words)] == root_words


def _words(uri: str) -> tuple[str, str, tuple[str, ...]]:
    """Scheme, authority and decoded path words of a URI."""
    parts = urlsplit(uri)
    return parts.scheme.lower(), parts.netloc.lower(), tuple(_decoded(word) for word in parts.path.split("/") if word)


def _decoded(word: str) -> str:
    """One word decoded; whole sources were judged by _check_absolute before, so the rounds suffice."""
    for _ in range(_ROUNDS):
        plain = unquote(word)
        if plain == word:
            break
        word = plain
    return word
