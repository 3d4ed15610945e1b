"""Where artifacts lie: the URIs that clients get, and the keys under which the storage room keeps the bytes."""

from __future__ import annotations

from tracking.models.experiments import ARTIFACT_SCHEME

SPACE = "artifacts"


def below(location: str, *parts: str) -> str:
    """A URI with path parts added; its query stays at the end."""
    path, mark, query = location.partition("?")
    return "/".join((path.rstrip("/"), *parts)) + mark + query


def run_artifacts(location: str, run_id: str) -> str:
    """The artifact URI of a run of an experiment with this location."""
    return below(location, run_id, "artifacts")


def model_artifacts(location: str, model_id: str) -> str:
    """The artifact URI of a logged model of an experiment with this location."""
    return below(location, "models", model_id, "artifacts")


def storage_key(uri: str) -> str | None:
    """The key (a folder, no slash at its end) in the space `artifacts`, or None when the hub does not keep that URI."""
    if not uri.startswith(ARTIFACT_SCHEME) or uri.startswith(f"{ARTIFACT_SCHEME}/"):
        return None
    return uri.removeprefix(ARTIFACT_SCHEME).partition("?")[0].strip("/")
