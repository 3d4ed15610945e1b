"""The artifacts of a run: folders, files in their viewers, downloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from hub.lib.errors import NotFound
from hub.lib.http import untrusted
from repos.models import Repository
from repos.views.frame import draw, repo_page
from storage.models import StoredObject
from storage.selectors import Entry, get_object, list_dir, read_object
from storage.views.view import Links, StoredSource, has_thumbnail, thumbnail_response, view_file
from tracking.locations import SPACE
from tracking.models import LoggedModel, Run
from tracking.selectors.run_page import artifact_folder, model_folder, models_of, run_of
from tracking.views.experiments import TAB
from tracking.views.run import run_context
from tracking.views.runs import run_url

MOST_ENTRIES = 1000
MOST_PICTURES = 60


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where files of a run lie: its own, or those of a model that it logged. `folder` is None when kept elsewhere.

    `top` is the address of the whole; below `pages`, `files` and `frames` they are shown, handed out and framed.
    """

    folder: str | None
    location: str
    top: str
    pages: str
    files: str
    frames: str
    title: str = ""


@repo_page()
def artifacts(
    request: HttpRequest, repo: Repository, number: int, run: str, model: str = "", place: str = ""
) -> HttpResponse:
    """A folder of artifacts with its pictures, or one of them in its viewer beside its folder."""
    found = run_of(repo, number, run)
    models = models_of(found)
    shelf, place = _shelf(repo, found, models, model), place.strip("/")
    entries = _entries(repo, shelf, place)
    stored = _file(repo, shelf, place) if place and not entries else None
    inside = place.rpartition("/")[0] if stored else place
    listed = _entries(repo, shelf, inside) if stored else entries
    context = {
        **run_context(repo, found, "artifacts"),
        "shelf": shelf,
        "models": models,
        "entries": listed[:MOST_ENTRIES],
        "more": len(listed) > MOST_ENTRIES,
        "inside": inside,
        "prefix": f"{inside}/" if inside else "",
        "parent": inside.rpartition("/")[0],
        "file": stored,
        "place": place,
        "shown": view_file(request, StoredSource(stored), _links(shelf, place)) if stored else None,
        "pictures": [] if stored else [one for one in listed if has_thumbnail(one.name, one.size)][:MOST_PICTURES],
    }
    return draw(request, repo, "tracking/run_artifacts.html", context, active=TAB)


@repo_page()
def download(
    request: HttpRequest, repo: Repository, number: int, run: str, place: str, model: str = ""
) -> HttpResponseBase:
    """The bytes of an artifact, in a way that can run nothing here; with `?small` a small picture of a picture."""
    return _served(request, repo, run_of(repo, number, run), model, place, download="download" in request.GET)


@repo_page()
def framed(
    request: HttpRequest, repo: Repository, number: int, run: str, place: str, model: str = ""
) -> HttpResponseBase:
    """An HTML artifact for the frame on its page."""
    response = _served(request, repo, run_of(repo, number, run), model, place, download=False)
    if place.lower().endswith((".html", ".htm")):
        # SECURITY: shown as HTML only under the policy of untrusted(): an origin of its own, no scripts, no forms. The
        # policy travels with the bytes, so it also holds when the address is opened outside of the frame.
        response["Content-Type"] = "text/html; charset=utf-8"
        response["Content-Disposition"] = "inline"
    return response


def _served(
    request: HttpRequest, repo: Repository, run: Run, model: str, place: str, *, download: bool
) -> HttpResponseBase:
    stored = _file(repo, _shelf(repo, run, models_of(run) if model else [], model), place)
    if stored is None:
        raise NotFound("The run has no such artifact.")

    if "small" in request.GET:
        return thumbnail_response(request, StoredSource(stored))

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


def _shelf(repo: Repository, run: Run, models: Sequence[LoggedModel], model: str) -> Shelf:
    """The run's own files, or those of the model named. Raises NotFound when the run has not logged it."""
    here = run_url(repo, run.experiment.number, run.uuid)
    if not model:
        where = run.experiment.artifact_location
        top = f"{here}/artifacts"
        return Shelf(artifact_folder(run), where, top, top, f"{here}/files", f"{here}/frame")
    for logged in models:
        if logged.uuid == model:
            top = f"{here}/models/{model}"
            where = logged.experiment.artifact_location
            return Shelf(
                model_folder(logged), where, top, f"{top}/artifacts", f"{top}/files", f"{top}/frame", logged.name
            )
    raise NotFound("This run has logged no such model.")


def _links(shelf: Shelf, place: str) -> Links:
    path = quote(place)
    return Links(f"{shelf.files}/{path}", f"{shelf.files}/{path}?download", f"{shelf.frames}/{path}")


def _entries(repo: Repository, shelf: Shelf, place: str) -> list[Entry]:
    """One level of the artifacts, folders first."""
    if shelf.folder is None:
        return []
    found = list_dir(repo, SPACE, f"{shelf.folder}/{place}" if place else shelf.folder, limit=MOST_ENTRIES + 1)
    return sorted(found, key=lambda entry: not entry.is_dir)


def _file(repo: Repository, shelf: Shelf, place: str) -> StoredObject | None:
    return None if shelf.folder is None else get_object(repo, SPACE, f"{shelf.folder}/{place}")
