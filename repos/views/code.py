"""Folders, files and their bytes."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from hub.lib.errors import NotFound
from hub.lib.http import SAFE_INLINE, guess_type, untrusted
from repos import overlays
from repos.git import objects
from repos.git.objects import Missing, Place
from repos.git.tree import Entry
from repos.models import Repository
from repos.paths import git_dir
from repos.selectors import trees
from repos.selectors.renderings import drawing
from repos.views.documents import document, readme_html
from repos.views.frame import code_context, draw, locate, repo_page

POINTER_BYTES = 1024


@repo_page()
def files(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """The files of the default branch."""
    if repo.is_empty:
        return redirect(repo)
    return redirect(reverse("repos:src", args=[repo.owner.slug, repo.name, repo.default_branch]))


@repo_page()
def src(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """A folder or a file at a ref."""
    try:
        here, entry = locate(repo, place)
    except Missing:
        return _laid(request, repo, place, "src")
    return _folder(request, repo, here, entry) if entry.kind == "dir" else _file(request, repo, here, entry)


def _laid(request: HttpRequest, repo: Repository, place: str, kind: overlays.PageKind) -> HttpResponseBase:
    """What an overlay shows at a place that git does not hold; raises Missing when none does."""
    here = objects.resolve(git_dir(repo), place)
    answer = overlays.first(lambda overlay: overlay.page(request, repo, here, kind))
    if answer is None:
        raise Missing(place)
    return answer


def _folder(request: HttpRequest, repo: Repository, place: Place, entry: Entry) -> HttpResponseBase:
    folder = trees.folder(repo, place, entry)
    readme = readme_html(repo, place, folder.readme) if folder.readme else None
    context = {**code_context(repo, place, page="src"), "folder": folder, "readme": readme}
    return draw(request, repo, "repos/folder.html", context)


def _file(request: HttpRequest, repo: Repository, place: Place, entry: Entry) -> HttpResponseBase:
    source = request.GET.get("view") == "source"
    shown = document(repo, place, entry, source=source)
    latest = trees.latest(repo, place, entry.path)
    context = {
        **code_context(repo, place, page="src"),
        "document": shown,
        "source": source,
        "latest": latest,
        "laid": None if source else overlays.first(lambda overlay: overlay.shown(request, repo, place, entry)),
        "drawing": drawing(repo, entry.id) if shown.kind == "notebook" and not source else None,
    }
    return draw(request, repo, "repos/file.html", context)


@repo_page()
def entries(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """The rows of a folder with every last commit, for pages that were sent before git had found them."""
    try:
        here, entry = locate(repo, place)
    except Missing:
        return _laid(request, repo, place, "entries")
    if entry.kind != "dir":
        raise NotFound("That is no folder.")
    context = {"place": here, "folder": trees.folder(repo, here, entry, patient=True)}
    return draw(request, repo, "repos/entries.html", context, part="repos/_entries.html")


@repo_page()
def raw(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """A file's bytes as they are, unable to run anything."""
    try:
        here, entry = locate(repo, place)
    except Missing:
        return _laid(request, repo, place, "raw")
    if entry.kind in {"dir", "submodule"}:
        raise NotFound("That is no file.", next_step="Open it on its page.")
    folder = git_dir(repo)
    size = objects.blob_size(folder, entry.id)
    if size <= POINTER_BYTES and request.GET.get("view") != "source":
        # Who downloads a pointer wants what it stands for.
        meant = overlays.first(lambda overlay: overlay.page(request, repo, here, "raw"))
        if meant is not None:
            return meant
    return untrusted(
        request,
        filename=entry.name,
        size=size,
        open_range=partial(objects.blob_range, folder, entry.id),
        content_type=_content_type(repo, entry),
        etag=entry.id,
        download="download" in request.GET,
    )


def _content_type(repo: Repository, entry: Entry) -> str:
    """What the name says, and plain text for everything else that reads as text."""
    guessed = guess_type(entry.name)
    if guessed in SAFE_INLINE or guessed.startswith("image/"):
        return guessed
    start = b"".join(objects.blob_range(git_dir(repo), entry.id, 0, objects.BINARY_PROBE))
    return guessed if objects.is_binary(start) else "text/plain"
