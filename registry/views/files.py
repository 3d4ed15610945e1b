"""The files of a version: the tree of them, files in their viewers, downloads, archives."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from hub.lib.errors import NotFound
from registry.models import ModelVersion
from registry.selectors.pages import aliases_of, model_of, version_of
from registry.selectors.pages_version import folder_here
from registry.views.addresses import TAB, page_of
from registry.views.versions import version_context
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracking.views.run_shelf import Shelf, serve, serve_framed, serve_zip, shelf_context, shelf_part


@repo_page()
def files(request: HttpRequest, repo: Repository, model: str, number: int, place: str = "") -> HttpResponse:
    """A folder of a version's files with its pictures, or one of them in its viewer, beside the tree of all."""
    found = _version(repo, model, number)
    shelf = _shelf(repo, found)
    part = shelf_part(request, repo, shelf, place)
    if part is not None:
        return part
    pointers = [name for name, pointed in aliases_of(found.model) if pointed == number]
    context = {**version_context(repo, found, pointers, "files"), **shelf_context(request, repo, shelf, place)}
    return draw(request, repo, "registry/files.html", context, active=TAB)


@repo_page()
def raw(request: HttpRequest, repo: Repository, model: str, number: int, place: str) -> HttpResponseBase:
    """The bytes of a file, in a way that can run nothing here."""
    shelf = _shelf(repo, _version(repo, model, number))
    return serve(request, repo, shelf, place, download="download" in request.GET)


@repo_page()
def framed(request: HttpRequest, repo: Repository, model: str, number: int, place: str) -> HttpResponseBase:
    """An HTML file for the frame on its page."""
    return serve_framed(request, repo, _shelf(repo, _version(repo, model, number)), place)


@repo_page()
def packed(request: HttpRequest, repo: Repository, model: str, number: int, place: str = "") -> HttpResponseBase:
    """A folder of a version, or all of it, as a zip archive."""
    found = _version(repo, model, number)
    return serve_zip(request, repo, _shelf(repo, found), place, name=f"{found.model.name} {number}")


def _shelf(repo: Repository, version: ModelVersion) -> Shelf:
    here = page_of(repo, version.model, version.number)
    return Shelf(
        folder=folder_here(repo, version),
        location=version.storage_location,
        top=f"{here}/files",
        pages=f"{here}/files",
        files=f"{here}/raw",
        frames=f"{here}/frame",
        zips=f"{here}/zip",
        uri=f"models:/{version.model.name}/{version.number}",
        elsewhere="The files of this version lie at the address below, or with a run that is gone.",
    )


def _version(repo: Repository, model: str, number: int) -> ModelVersion:
    """The version of a model; a prompt has no files."""
    found = version_of(model_of(repo, model), number)
    if found.model.is_prompt:
        raise NotFound("A prompt has no files.")
    return found
