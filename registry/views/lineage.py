"""What was made of a commit, a dataset or a run: the same graph as on the page of a version, from the other end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from hub.lib.errors import Invalid, NotFound
from registry.lineage import lay_out
from registry.models import ModelVersion
from registry.selectors.lineage import (
    MOST_VERSIONS,
    graph_of,
    versions_of_commit,
    versions_of_data,
    versions_of_run,
)
from registry.selectors.pages_versions import version_table
from registry.views.addresses import TAB, home_of
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracking.models import Run


@repo_page()
def lineage(request: HttpRequest, repo: Repository) -> HttpResponse:
    """`?commit=…`, `?data=name&digest=…` or `?run=…` → every version made of it, at most MOST_VERSIONS."""
    title, key, versions = _asked(request, repo)
    shown = versions[:MOST_VERSIONS]
    graph = graph_of(repo, shown, here=key)
    context = {
        "heading": title,
        "home": home_of(repo),
        "drawing": lay_out(graph),
        "source": graph.nodes.get(key),
        "table": version_table(repo, shown),
        "more": len(versions) > MOST_VERSIONS,
        "most": MOST_VERSIONS,
    }
    return draw(request, repo, "registry/lineage.html", context, active=TAB)


def _asked(request: HttpRequest, repo: Repository) -> tuple[str, str, list[ModelVersion]]:
    if commit := request.GET.get("commit", ""):
        return f"Made of commit {commit[:10]}", f"commit:{commit}", versions_of_commit(repo, commit)
    if data := request.GET.get("data", ""):
        digest = request.GET.get("digest", "")
        return f"Made of {data[:80]}", f"data:{data}:{digest}", versions_of_data(repo, data, digest)
    if uuid := request.GET.get("run", ""):
        run = Run.objects.filter(repository=repo, uuid=uuid).first() if "\0" not in uuid else None
        if run is None:
            raise NotFound("There is no such run in this repository.")
        return f"Made by run {run.name[:80]}", f"run:{run.uuid}", versions_of_run(repo, run)
    raise Invalid("Name a commit, a dataset or a run.", next_step="The page of a version leads to its lineage.")


def registered_by(request: HttpRequest, repo: Repository, run: Run) -> Mapping[str, Any] | None:
    """For the overview of a run: the versions that come from it, with stages and aliases; None where there are none."""
    return _part(repo, "Registered as", versions_of_run(repo, run), f"run={run.uuid}")


def made_of_commit(repo: Repository, commit: str) -> Mapping[str, Any] | None:
    """For the page of a commit: the versions whose runs were started there; None where there are none."""
    return _part(repo, "Models made of this commit", versions_of_commit(repo, commit), f"commit={commit}")


def _part(repo: Repository, heading: str, versions: list[ModelVersion], query: str) -> Mapping[str, Any] | None:
    if not versions:
        return None
    return {
        "heading": heading,
        "lines": version_table(repo, versions[:MOST_VERSIONS]).lines,
        "more": len(versions) > MOST_VERSIONS,
        "url": f"{home_of(repo, 'lineage')}?{query}",
    }
