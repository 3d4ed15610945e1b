"""The files of a version: folders, files in their viewers, downloads."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from hub.lib.errors import NotFound
from hub.lib.http import untrusted
from registry.models import ModelVersion
from registry.selectors.pages import aliases_of, model_of, version_of
from registry.selectors.pages_files import stored_below
from registry.selectors.pages_version import folder_here
from registry.views.addresses import TAB
from registry.views.versions import version_context
from repos.models import Repository
from repos.views.frame import draw, repo_page
from storage.models import StoredObject
from storage.selectors import Entry, list_dir, read_object
from storage.views.view import Links, StoredSource, view_file
from tracking.locations import SPACE

MOST_ENTRIES = 1000


@repo_page()
def files(request: HttpRequest, repo: Repository, model: str, number: int, place: str = "") -> HttpResponse:
    """A folder of a version's files, or one of them in its viewer beside its folder."""
    found = _version(repo, model, number)
    folder, place = folder_here(repo, found), place.strip("/")
    entries = _entries(repo, folder, place)
    stored = _file(repo, folder, place) if place and not entries else None
    inside = place.rpartition("/")[0] if stored else place
    listed = _entries(repo, folder, inside) if stored else entries
    pointers = [name for name, pointed in aliases_of(found.model) if pointed == number]
    context = version_context(repo, found, pointers, "files")
    here = context["here"]
    links = Links(f"{here}/raw/{quote(place)}", f"{here}/raw/{quote(place)}?download", f"{here}/frame/{quote(place)}")
    context |= {
        "folder": folder,
        "entries": listed[:MOST_ENTRIES],
        "more": len(listed) > MOST_ENTRIES,
        "inside": inside,
        "prefix": f"{inside}/" if inside else "",
        "parent": inside.rpartition("/")[0],
        "file": stored,
        "place": place,
        "shown": view_file(request, StoredSource(stored), links) if stored else None,
    }
    return draw(request, repo, "registry/files.html", context, active=TAB)


@repo_page()
def raw(request: HttpRequest, repo: Repository, model: str, number: int, place: str) -> HttpResponseBase:
    """The bytes of a file, in a way that can run nothing here."""
    return _served(request, repo, model, number, place, download="download" in request.GET)


@repo_page()
def framed(request: HttpRequest, repo: Repository, model: str, number: int, place: str) -> HttpResponseBase:
    """An HTML file for the frame on its page."""
    response = _served(request, repo, model, number, place, download=False)
    if place.lower().endswith((".html", ".htm")):
        # SECURITY: shown as HTML only under the policy of untrusted(): an origin of its own, no scripts, no forms. The
        # policy travels with the bytes, so it also holds when the address is opened outside of the frame.
        response["Content-Type"] = "text/html; charset=utf-8"
        response["Content-Disposition"] = "inline"
    return response


def _served(
    request: HttpRequest, repo: Repository, model: str, number: int, place: str, *, download: bool
) -> HttpResponseBase:
    stored = _file(repo, folder_here(repo, _version(repo, model, number)), place)

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


def _version(repo: Repository, model: str, number: int) -> ModelVersion:
    """The version of a model; a prompt has no files."""
    found = version_of(model_of(repo, model), number)
    if found.model.is_prompt:
        raise NotFound("A prompt has no files.")
    return found


def _entries(repo: Repository, folder: str | None, place: str) -> list[Entry]:
    """One level of the files, folders first."""
    if folder is None:
        return []
    found = list_dir(repo, SPACE, f"{folder}/{place}" if place else folder, limit=MOST_ENTRIES + 1)
    return sorted(found, key=lambda entry: not entry.is_dir)


def _file(repo: Repository, folder: str | None, place: str) -> StoredObject:
    stored = stored_below(repo, folder, place) if folder else None
    if stored is None:
        raise NotFound("The version has no such file.", next_step="Its page of files lists what there is.")
    return stored
