"""The artifacts of a run and of the models that it logged: folders, files in their viewers, downloads, archives."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from hub.lib.errors import NotFound
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracking.models import LoggedModel, Run
from tracking.selectors.run_page import artifact_folder, model_folder, models_of, run_of
from tracking.views.experiments import TAB
from tracking.views.run import run_context
from tracking.views.run_shelf import Shelf, serve, serve_framed, serve_zip, shelf_context, shelf_part
from tracking.views.runs import run_url


@repo_page()
def artifacts(
    request: HttpRequest, repo: Repository, number: int, run: str, model: str = "", place: str = ""
) -> HttpResponse:
    """A folder of artifacts with its pictures, or one of them in its viewer, beside the tree of all."""
    found = run_of(repo, number, run)
    shelf = _shelf(repo, found, models_of(found), model)
    part = shelf_part(request, repo, shelf, place)
    if part is not None:
        return part
    context = {**run_context(repo, found, "artifacts"), **shelf_context(request, repo, shelf, place)}
    return draw(request, repo, "tracking/run_artifacts.html", context, active=TAB)


@repo_page()
def download(
    request: HttpRequest, repo: Repository, number: int, run: str, place: str, model: str = ""
) -> HttpResponseBase:
    """The bytes of an artifact, in a way that can run nothing here; with `?small` a small picture of a picture."""
    shelf = _shelf_named(repo, run_of(repo, number, run), model)
    return serve(request, repo, shelf, place, download="download" in request.GET)


@repo_page()
def framed(
    request: HttpRequest, repo: Repository, number: int, run: str, place: str, model: str = ""
) -> HttpResponseBase:
    """An HTML artifact for the frame on its page."""
    return serve_framed(request, repo, _shelf_named(repo, run_of(repo, number, run), model), place)


@repo_page()
def packed(
    request: HttpRequest, repo: Repository, number: int, run: str, place: str = "", model: str = ""
) -> HttpResponseBase:
    """A folder of artifacts, or all of them, as a zip archive."""
    found = run_of(repo, number, run)
    shelf = _shelf_named(repo, found, model)
    return serve_zip(request, repo, shelf, place, name=shelf.title or f"{found.name[:80]} {found.uuid[:8]}")


def _shelf_named(repo: Repository, run: Run, model: str) -> Shelf:
    return _shelf(repo, run, models_of(run) if model else [], model)


def _shelf(repo: Repository, run: Run, models: Sequence[LoggedModel], model: str) -> Shelf:
    """The run's own files, or those of the model named. Raises NotFound when the run has not logged it."""
    here = run_url(repo, run.experiment.number, run.uuid)
    if not model:
        return Shelf(
            folder=artifact_folder(run),
            location=run.experiment.artifact_location,
            top=f"{here}/artifacts",
            pages=f"{here}/artifacts",
            files=f"{here}/files",
            frames=f"{here}/frame",
            zips=f"{here}/zip",
            uri=f"runs:/{run.uuid}",
            models=tuple((each.name, f"{here}/models/{each.uuid}") for each in models),
        )
    for logged in models:
        if logged.uuid == model:
            return _shelf_of_model(here, logged)
    raise NotFound("This run has logged no such model.")


def _shelf_of_model(here: str, logged: LoggedModel) -> Shelf:
    top = f"{here}/models/{logged.uuid}"
    return Shelf(
        folder=model_folder(logged),
        location=logged.experiment.artifact_location,
        top=top,
        pages=f"{top}/artifacts",
        files=f"{top}/files",
        frames=f"{top}/frame",
        zips=f"{top}/zip",
        uri=f"models:/{logged.uuid}",
        title=logged.name,
        above=f"{here}/artifacts",
    )
