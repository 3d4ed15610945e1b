"""The artifacts of a run: folders, previews, downloads."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from hub.lib.errors import NotFound
from hub.lib.http import untrusted
from repos.models import Repository
from repos.views.frame import draw, repo_page
from storage.models import StoredObject
from storage.selectors import Entry, get_object, list_dir, read_object
from tracking.locations import SPACE
from tracking.models import Run
from tracking.selectors.run_page import artifact_folder, run_of
from tracking.views.experiments import TAB
from tracking.views.previews import preview
from tracking.views.run import run_context

MOST_ENTRIES = 1000


@repo_page()
def artifacts(request: HttpRequest, repo: Repository, number: int, run: str, place: str = "") -> HttpResponse:
    """A folder of artifacts, or one of them with a preview beside its folder."""
    found = run_of(repo, number, run)
    folder = artifact_folder(found)
    place = place.strip("/")
    entries = _entries(repo, folder, place)
    stored = _file(repo, folder, place) if place and not entries else None
    inside = place.rpartition("/")[0] if stored else place
    if stored:
        entries = _entries(repo, folder, inside)
    context = {
        **run_context(repo, found, "artifacts"),
        "elsewhere": found.experiment.artifact_location if folder is None else "",
        "entries": entries[:MOST_ENTRIES],
        "more": len(entries) > MOST_ENTRIES,
        "inside": inside,
        "prefix": f"{inside}/" if inside else "",
        "parent": inside.rpartition("/")[0],
        "crumbs": _crumbs(found, place),
        "file": stored,
        "place": place,
        "preview": preview(stored) if stored else None,
    }
    return draw(request, repo, "tracking/run_artifacts.html", context, active=TAB)


@repo_page()
def download(request: HttpRequest, repo: Repository, number: int, run: str, place: str) -> HttpResponseBase:
    """The bytes of an artifact, in a way that can run nothing here."""
    return _served(request, repo, run_of(repo, number, run), place, download="download" in request.GET)


@repo_page()
def framed(request: HttpRequest, repo: Repository, number: int, run: str, place: str) -> HttpResponseBase:
    """An HTML artifact for the frame on its page."""
    response = _served(request, repo, run_of(repo, number, run), place, download=False)
    if place.lower().endswith((".html", ".htm")):
        # SECURITY: shown as HTML only under the policy of untrusted(): an origin of its own, no scripts, no forms. The
        # policy travels with the bytes, so it also holds when the address is opened outside of the frame.
        response["Content-Type"] = "text/html; charset=utf-8"
        response["Content-Disposition"] = "inline"
    return response


def _served(request: HttpRequest, repo: Repository, run: Run, place: str, *, download: bool) -> HttpResponseBase:
    stored = _file(repo, artifact_folder(run), place)
    if stored is None:
        raise NotFound(f"The run has no artifact {place}.")

    def open_range(offset: int, length: int) -> Iterator[bytes]:
        return read_object(stored, offset, length)

    return untrusted(
        request,
        filename=stored.name,
        size=stored.size,
        open_range=open_range,
        etag=stored.blob.sha256,
        download=download,
    )


def _entries(repo: Repository, folder: str | None, place: str) -> list[Entry]:
    """One level of the artifacts, folders first."""
    if folder is None:
        return []
    found = list_dir(repo, SPACE, f"{folder}/{place}" if place else folder, limit=MOST_ENTRIES + 1)
    return sorted(found, key=lambda entry: not entry.is_dir)


def _file(repo: Repository, folder: str | None, place: str) -> StoredObject | None:
    if folder is None:
        return None
    return get_object(repo, SPACE, f"{folder}/{place}")


def _crumbs(run: Run, place: str) -> list[dict[str, str]]:
    steps = place.split("/") if place else []
    return [{"label": step, "place": "/".join(steps[: n + 1])} for n, step in enumerate(steps)]
