"""Editing, creating, uploading and deleting files; each is one commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from accounts.levels import Level
from hub.lib.errors import Conflict, Forbidden, HubError, Invalid, TooLarge
from repos.forms import CommitForm, FileForm, PathForm, UploadForm
from repos.git import names, objects, tree
from repos.git.commits import Change, Move, Put, Remove
from repos.git.objects import Place
from repos.git.tree import Entry
from repos.models import Repository
from repos.paths import git_dir
from repos.services import edits, protection
from repos.views.documents import SHOWN_BYTES
from repos.views.frame import READING, actor_of, code_context, draw, locate, refuse, repo_page

UPLOAD_BYTES = 32 * 1024 * 1024
UPLOAD_FILES = 50
BOTH = (*READING, "POST")


@repo_page(*BOTH, needs=Level.WRITE)
def edit(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """Change a text file, or give it another path."""
    try:
        here, entry = locate(repo, place)
    except objects.Missing:
        return _vanished(request, repo, place)
    data = _editable(repo, here, entry)
    initial = {"path": here.path_text, "content": data.decode(), "seen": entry.id}
    form = FileForm(request.POST or None, initial={**initial, **_target(request, repo, here)})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        text = _as_before(values["content"], data)
        path = values["path"].encode()
        seen = values["seen"] or entry.id
        same = values["path"] == here.path_text
        change: Change = Put(here.path, text, seen) if same else Move(here.path, path, text, seen)
        word = f"Update {entry.name}" if same else f"Rename {here.path_text} to {values['path']}"
        done = _commit(request, repo, here, form, [change], word, form.cleaned_data["path"])
        if done:
            return done
    return _page(request, repo, here, form, "repos/edit.html", entry=entry)


@repo_page(*BOTH, needs=Level.WRITE)
def create(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """Write a new text file in a folder."""
    here = _folder(repo, place)
    prefix = f"{here.path_text}/" if here.path else ""
    initial = {"path": prefix + request.GET.get("name", ""), **_target(request, repo, here)}
    form = FileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        path = form.cleaned_data["path"]
        text = form.cleaned_data["content"].replace("\r\n", "\n").encode()
        change = Put(path.encode(), text, expected="")
        done = _commit(request, repo, here, form, [change], f"Create {path.rpartition('/')[2]}", path)
        if done:
            return done
    return _page(request, repo, here, form, "repos/edit.html", entry=None)


@repo_page(*BOTH, needs=Level.WRITE)
def upload(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """Add files from the reader's machine to a folder; files of the same names are replaced."""
    here = _folder(repo, place)
    form = UploadForm(request.POST or None, request.FILES or None, initial=_target(request, repo, here))
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["uploads"]
        if len(chosen) > UPLOAD_FILES or sum(file.size for file in chosen) > UPLOAD_BYTES:
            raise TooLarge("That is more than 50 files or 32 MiB.", next_step="Push them with Git instead.")
        prefix = here.path + b"/" if here.path else b""
        changes = [Put(prefix + file.name.encode(), file.read()) for file in chosen]
        word = f"Upload {chosen[0].name}" if len(chosen) == 1 else f"Upload {len(chosen)} files"
        done = _commit(request, repo, here, form, changes, word, here.path_text)
        if done:
            return done
    return _page(request, repo, here, form, "repos/upload.html")


@repo_page(*BOTH, needs=Level.WRITE)
def rename(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """Give a file another path, whatever it holds."""
    here, entry = locate(repo, place)
    _on_branch(here)
    if entry.kind == "dir":
        raise Invalid("Folders cannot be renamed here.", next_step="Rename the files in it, or use Git.")
    form = PathForm(request.POST or None, initial={"path": here.path_text, **_target(request, repo, here)})
    if request.method == "POST" and form.is_valid():
        path = form.cleaned_data["path"]
        change = Move(here.path, path.encode(), expected=entry.id)
        done = _commit(request, repo, here, form, [change], f"Rename {here.path_text} to {path}", path)
        if done:
            return done
    return _page(request, repo, here, form, "repos/rename.html", entry=entry)


@repo_page(*BOTH, needs=Level.WRITE)
def delete(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """Delete a file, once that is confirmed."""
    here, entry = locate(repo, place)
    _on_branch(here)
    if entry.kind == "dir":
        raise Invalid("Folders cannot be deleted here.", next_step="Delete the files in it, or use Git.")
    form = CommitForm(request.POST or None, initial=_target(request, repo, here))
    if request.method == "POST" and form.is_valid():
        above = here.path_text.rpartition("/")[0]
        change = Remove(here.path, expected=request.POST.get("seen") or entry.id)
        done = _commit(request, repo, here, form, [change], f"Delete {entry.name}", above)
        if done:
            return done
    return _page(request, repo, here, form, "repos/delete.html", entry=entry)


def _commit(
    request: HttpRequest,
    repo: Repository,
    place: Place,
    form: CommitForm,
    changes: Sequence[Change],
    word: str,
    after: str,
) -> HttpResponseBase | None:
    """Commit and lead to the path `after`; None when it was refused, the reason then stands in the form."""
    new_branch = form.cleaned_data["new_branch"]
    try:
        update = edits.commit_changes(
            actor=actor_of(request),
            repository=repo,
            branch=place.ref,
            changes=changes,
            message=form.full_message(word),
            new_branch=new_branch,
        )
    except HubError as error:
        form.refusal = error  # type: ignore[attr-defined]
        refuse(form, error)
        return None
    messages.success(request, f"Committed {update.new[:10]} to {update.name}.")
    where = _nearest(repo, update.name, after)
    return redirect(reverse("repos:src", args=[repo.owner.slug, repo.name, where]))


def _nearest(repo: Repository, ref: str, path: str) -> str:
    """`ref/path`, or the nearest folder above it that is still there."""
    commit = objects.resolve(git_dir(repo), ref).commit
    while path and not tree.find(git_dir(repo), commit, names.readings(path)[0]):
        path = path.rpartition("/")[0]
    return f"{ref}/{path}" if path else ref


def _page(
    request: HttpRequest, repo: Repository, place: Place, form: CommitForm, page: str, *, status: int = 0, **more: Any
) -> HttpResponse:
    """The form; after a refusal with its status, the text kept, and the file's present state as the new start."""
    refusal: HubError | None = getattr(form, "refusal", None)
    status = status or (refusal.status if refusal else 400 if form.is_bound and form.errors else 200)
    if isinstance(refusal, Conflict) and isinstance(form, FileForm) and more.get("entry"):
        form.data = cast(QueryDict, form.data).copy()
        form.data["seen"] = more["entry"].id
    context = {
        **code_context(repo, place, page="src"),
        "form": form,
        "may_commit": _may_commit(request, repo, place),
        "is_stale": isinstance(refusal, Conflict),
        **more,
    }
    return draw(request, repo, page, context, status=status)


def _vanished(request: HttpRequest, repo: Repository, place: str) -> HttpResponse:
    """The file was deleted while somebody wrote: their text is kept, to be committed as a new file."""
    here = objects.resolve(git_dir(repo), place)
    if request.method != "POST" or here.kind != "branch":
        raise objects.Missing(place)
    form = FileForm(request.POST, initial=_target(request, repo, here))
    if form.is_valid():
        form.add_error(None, "The file was deleted meanwhile. Your text is kept below; commit it as a new file.")
    folder = Place("branch", here.ref, here.commit)
    return _page(request, repo, folder, form, "repos/edit.html", entry=None, status=409)


def _target(request: HttpRequest, repo: Repository, place: Place) -> dict[str, str]:
    """Where a commit goes unless its writer says otherwise: to a new branch when this one is protected."""
    direct = _may_commit(request, repo, place)
    return {"target": "branch" if direct else "new", "new_branch": f"{actor_of(request).name}-patch-1"}


def _may_commit(request: HttpRequest, repo: Repository, place: Place) -> bool:
    try:
        protection.check_branch(actor=actor_of(request), repository=repo, branch=place.ref)
    except Forbidden:
        return False
    return True


def _folder(repo: Repository, place: str) -> Place:
    """The folder a new file goes into; the root of a branch that is not born yet while the repository is empty."""
    if repo.is_empty and place.strip("/") == repo.default_branch:
        return Place("branch", repo.default_branch, "")
    here, entry = locate(repo, place)
    _on_branch(here)
    if entry.kind != "dir":
        raise Invalid("New files go into folders; that is a file.")
    return here


def _on_branch(place: Place) -> None:
    if place.kind != "branch":
        raise Invalid("Commits go to branches; that is a tag or a commit.", next_step="Choose a branch first.")


def _editable(repo: Repository, place: Place, entry: Entry) -> bytes:
    _on_branch(place)
    folder = git_dir(repo)
    if entry.kind != "file" or objects.blob_size(folder, entry.id) > SHOWN_BYTES:
        raise Invalid("Only text files of up to 1 MiB can be edited here.", next_step="Use Git for this one.")
    data = objects.read_blob(folder, entry.id)
    try:
        data.decode()
    except UnicodeDecodeError:
        raise Invalid("The file is not UTF-8 text, so it cannot be edited here.", next_step="Use Git for it.") from None
    if objects.is_binary(data):
        raise Invalid("The file is not text, so it cannot be edited here.", next_step="Upload a new version.")
    return data


def _as_before(text: str, data: bytes) -> bytes:
    """Browsers send every line end as CRLF; the file keeps the kind it had."""
    plain = text.replace("\r\n", "\n")
    return (plain.replace("\n", "\r\n") if b"\r\n" in data else plain).encode()
