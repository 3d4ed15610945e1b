"""The Data tab: the repository's bucket as folders and files, and where its bytes are."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.levels import Level
from hub.context import public_url
from hub.lib.errors import HubError, Invalid, NotFound
from hub.lib.http import guess_type, untrusted
from repos.access import level_for
from repos.models import Repository
from repos.snippets import clone_snippets
from repos.views.frame import actor_of, draw, repo_page
from storage import presence, selectors, usage
from storage.connections import connections_of
from storage.forms import UploadForm
from storage.keys import checked_key
from storage.models import StoredObject
from storage.selectors import Entry
from storage.services import delete_object, delete_tree, put_object
from storage.snippets import bucket_snippets
from storage.spaces import DATA, DVC
from storage.views.collection import last_collection
from storage.views.framing import framed
from storage.views.view import StoredSource, has_thumbnail, links_of, thumbnail_response, view_file

PER_PAGE = 100
REMOTES = ("DVC", "Git LFS")


@repo_page()
def data(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """The top of the bucket, and what the repository stores in all."""
    return _folder(request, repo, "")


@repo_page()
def place(request: HttpRequest, repo: Repository, key: str) -> HttpResponseBase:
    """A folder of the bucket (its key may end in a slash), or a file in its viewer."""
    folder = key.rstrip("/")
    _check(folder)
    stored = None if key.endswith("/") else presence.find_object(repo, DATA, folder)
    if stored is not None:
        return _file(request, repo, stored)
    if not selectors.list_dir(repo, DATA, folder, limit=1):
        raise NotFound(f"There is no {folder} in this bucket.")
    return _folder(request, repo, folder)


@repo_page()
def content(request: HttpRequest, repo: Repository, key: str) -> HttpResponseBase:
    """A file's bytes, unable to run anything; `?small` for a small picture, `?download` to save it."""
    stored = selectors.get_object(repo, DATA, key)
    if "small" in request.GET:
        return thumbnail_response(request, StoredSource(stored))
    plain = partial(
        untrusted,
        request,
        filename=stored.name,
        size=stored.size,
        open_range=lambda offset, length: iter(selectors.read_object(stored, offset, length)),
        content_type=guess_type(stored.name),
        etag=stored.blob.sha256,
        download="download" in request.GET,
    )
    return framed(request, StoredSource(stored), plain) if "frame" in request.GET else plain()


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def upload(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Files from the browser into a folder of the bucket; each is stored whole or not at all."""
    form = UploadForm(request.POST or None, request.FILES or None, initial={"folder": request.GET.get("folder", "")})
    if request.method != "POST" or not form.is_valid():
        status = 400 if request.method == "POST" else 200
        return draw(request, repo, "storage/upload.html", {"form": form}, active="data", status=status)
    folder, kept = form.cleaned_data["folder"], 0
    for file in form.cleaned_data["uploads"]:
        try:
            put_object(
                repository=repo, space=DATA, key=f"{folder}{file.name}", chunks=file.chunks(), expected_size=file.size,
                content_type=guess_type(file.name), want_md5=True, actor=actor_of(request),
            )  # fmt: skip
        except HubError as error:
            form.add_error(None, f"{file.name}: {error.message} {error.next_step} Before it, {kept} were stored.")
            return draw(request, repo, "storage/upload.html", {"form": form}, active="data", status=error.status)
        kept += 1
    messages.success(request, f"{kept} file{'' if kept == 1 else 's'} stored.")
    return redirect(_address(repo, folder))


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def deletion(request: HttpRequest, repo: Repository, key: str) -> HttpResponse:
    """Delete a file, or a folder with all below, after saying what that is."""
    name = key.rstrip("/")
    _check(name)
    stored = None if key.endswith("/") else presence.find_object(repo, DATA, name)
    held = usage.below(repo, DATA, name) if stored is None else usage.Sum(1, stored.size)
    if not held.objects:
        raise NotFound(f"There is no {name} in this bucket.")
    if request.method != "POST":
        context = {"name": name, "is_folder": stored is None, "held": held, "back": _address(repo, name)}
        return draw(request, repo, "storage/deletion.html", context, active="data")
    if stored is None:
        delete_tree(repository=repo, space=DATA, prefix=name)
    else:
        delete_object(repository=repo, space=DATA, key=name, actor=actor_of(request))
    messages.success(request, f"{name} is deleted. Its versions can be restored for a while.")
    above = name.rpartition("/")[0]
    return redirect(_address(repo, f"{above}/" if above else ""))


@repo_page()
def usage_page(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """How many bytes lie where: code, each data remote, artifacts, former versions."""
    is_admin = level_for(actor_of(request), repo) >= Level.ADMIN
    context = {
        "usage": usage.of_repository(repo),
        "has_dvc": repo.buckets.filter(name=DVC).exists(),
        "collecting": last_collection(repo) if is_admin else None,
    }
    return draw(request, repo, "storage/usage.html", context, active="data")


def _folder(request: HttpRequest, repo: Repository, folder: str) -> HttpResponseBase:
    after = _after(request.GET.get("after", ""))
    entries = selectors.list_dir(repo, DATA, folder, after=after, limit=PER_PAGE + 1)
    shown, more = entries[:PER_PAGE], len(entries) > PER_PAGE
    url = public_url(request) + repo.get_absolute_url()
    context: dict[str, Any] = {
        "folder": f"{folder}/" if folder else "",
        "crumbs": _crumbs(repo, folder),
        "entries": shown,
        "pictures": [entry for entry in shown if not entry.is_dir and has_thumbnail(entry.name, entry.size)],
        "is_first": after is None,
        "next": f"{shown[-1].name}{'/' if shown[-1].is_dir else ''}" if more else "",
        "snippets": bucket_snippets(public_url(request), repo),
        "remotes": [each for each in clone_snippets(url, actor_of(request)) if each["label"] in REMOTES],
        "usage": usage.of_repository(repo) if not folder else None,
        "connections": connections_of(repo) if not folder else (),
    }
    return draw(request, repo, "storage/data.html", context, active="data")


def _file(request: HttpRequest, repo: Repository, stored: StoredObject) -> HttpResponseBase:
    where = [repo.owner.slug, repo.name, stored.key]
    raw = reverse("storage:content", args=where)
    context = {
        "stored": stored,
        "crumbs": _crumbs(repo, stored.key),
        "raw": raw,
        "body": view_file(request, StoredSource(stored), links_of(raw)),
    }
    return draw(request, repo, "storage/object.html", context, active="data")


def _after(text: str) -> Entry | None:
    """The entry that a page begins behind: a folder's name ends in a slash."""
    name = text.removesuffix("/")
    if not name or "/" in name or any(ord(letter) < 32 for letter in name):
        return None
    return Entry(name, text.endswith("/"), None)


def _crumbs(repo: Repository, key: str) -> list[dict[str, str]]:
    steps = key.split("/") if key else []
    crumbs = [{"label": step, "url": _address(repo, "/".join(steps[: n + 1]) + "/")} for n, step in enumerate(steps)]
    return [{"label": "Data", "url": _address(repo, "")}, *crumbs]


def _address(repo: Repository, key: str) -> str:
    where = [repo.owner.slug, repo.name]
    return reverse("storage:place", args=[*where, key]) if key else reverse("storage:data", args=where)


def _check(key: str) -> None:
    try:
        checked_key(key)
    except Invalid as error:
        raise NotFound(error.message) from None
