"""One commit, two refs beside each other, and the parts of a difference that are loaded later."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString

from hub.lib.errors import NotFound
from repos import overlays
from repos.commit_parts import parts_of
from repos.git import compare as comparing
from repos.git import diffs, history, names, objects, tree
from repos.git.diffs import FileChange
from repos.git.objects import Missing, Place
from repos.models import Repository
from repos.overlays import Overlay
from repos.paths import git_dir
from repos.selectors.refs import refs_menu
from repos.views.diff_rows import Below, Gap, context_rows
from repos.views.documents import SHOWN_BYTES
from repos.views.frame import draw, repo_page

EMPTY = "empty"
MOST_COMMITS = 100


@repo_page()
def commit(request: HttpRequest, repo: Repository, sha: str) -> HttpResponseBase:
    """One commit and what it changed; a merge is compared with its first parent."""
    folder = git_dir(repo)
    place = objects.resolve(folder, sha)
    if place.path:
        raise Missing(sha)
    shown = history.commit(folder, place.commit)
    if shown.id != sha:
        return redirect("repos:commit", repo.owner.slug, repo.name, shown.id)
    old = shown.parents[0] if shown.parents else diffs.EMPTY_TREE
    parts = parts_of(repo, shown.id)
    context = {"commit": shown, "place": place, "parts": parts, **changes_context(request, repo, old, shown.id)}
    return draw(request, repo, "repos/commit.html", context)


@repo_page()
def commit_patch(request: HttpRequest, repo: Repository, sha: str) -> HttpResponseBase:
    """The change of one commit as text that `git apply` takes."""
    folder = git_dir(repo)
    shown = history.commit(folder, objects.resolve(folder, sha).commit)
    old = shown.parents[0] if shown.parents else diffs.EMPTY_TREE
    headers = {"Content-Disposition": f'inline; filename="{shown.short}.diff"', "Content-Security-Policy": "sandbox"}
    return HttpResponse(diffs.patch(folder, old, shown.id), content_type="text/plain; charset=utf-8", headers=headers)


@repo_page()
def compare_form(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Choose two refs; leads to their comparison once both are named."""
    if repo.is_empty:
        return redirect(repo)
    base, head = request.GET.get("base", "").strip(), request.GET.get("head", "").strip()
    if base and head:
        return redirect(reverse("repos:compare", args=[repo.owner.slug, repo.name, f"{base}...{head}"]))
    context = {"base": base or repo.default_branch, "head": head, "menu": refs_menu(repo)}
    return draw(request, repo, "repos/compare.html", context)


@repo_page()
def compare(request: HttpRequest, repo: Repository, span: str) -> HttpResponseBase:
    """The commits that the head has and the base has not, and what they change together."""
    base, dots, head = span.partition("...")
    context: dict[str, Any] = {"base": base, "head": head, "menu": refs_menu(repo)}
    found = [_ref(repo, name) for name in (base, head or repo.default_branch)] if dots else [None, None]
    unknown = [name for name, place in zip((base, head), found, strict=True) if place is None]
    if unknown:
        return draw(request, repo, "repos/compare.html", {**context, "unknown": unknown}, status=404)
    old, new = (place.commit for place in found if place)
    return draw(request, repo, "repos/compare.html", {**context, **_compared(request, repo, old, new)})


def _compared(request: HttpRequest, repo: Repository, base: str, head: str) -> dict[str, Any]:
    folder = git_dir(repo)
    ancestor = comparing.merge_base(folder, base, head)
    distance = comparing.distance(folder, base, head)
    return {
        "compared": True,
        "distance": distance,
        "is_related": ancestor is not None,
        "commits": history.log(folder, f"{base}..{head}", limit=MOST_COMMITS),
        "hidden_commits": max(0, distance.ahead - MOST_COMMITS),
        **changes_context(request, repo, ancestor or diffs.EMPTY_TREE, head),
    }


@repo_page()
def file_diff(request: HttpRequest, repo: Repository, old: str, new: str) -> HttpResponseBase:
    """One file of a difference in full, for those that a page leaves out at first."""
    folder = git_dir(repo)
    before = diffs.EMPTY_TREE if old == EMPTY else history.commit(folder, old).id
    after = history.commit(folder, new).id
    given, former = request.GET.get("path", ""), request.GET.get("from", "")
    path = names.readings(given) if given else []
    earlier = names.readings(former) if former else path
    space = ignores_space(request)
    changes = (diffs.file_diff(folder, before, after, was, now, ignore_space=space) for was in earlier for now in path)
    change = next(filter(None, changes), None)
    if change is None:
        raise NotFound("That file does not differ between the two.")
    context = {
        "change": change,
        "laid": laid_over(request, repo, before, after, [change]),
        "number": request.GET.get("n", "1")[:6],
        "split": is_split(request),
        "ignore_space": space,
        "old": old,
        "new": new,
        "in_full": True,
    }
    return draw(request, repo, "repos/file_diff.html", context, part="repos/_diff_file.html")


@repo_page()
def diff_context(request: HttpRequest, repo: Repository, new: str) -> HttpResponseBase:
    """Rows of the lines between two hunks, or after the last one, for a page that shows a difference."""
    after = history.commit(git_dir(repo), new).id
    return render(request, "repos/_diff_rows.html", {"repo": repo, **context_of(request, repo, after)})


def context_of(request: HttpRequest, repo: Repository, commit: str, below: Below | None = None) -> dict[str, Any]:
    """What _diff_rows.html needs for the lines of a gap that the address names; raises Missing, NotFound."""
    folder = git_dir(repo)
    readings = names.readings(request.GET.get("path", ""))
    entry = next(filter(None, (tree.find(folder, commit, each) for each in readings)), None)
    if entry is None or entry.kind != "file" or objects.blob_size(folder, entry.id) > SHOWN_BYTES:
        raise NotFound("Lines are shown of text files up to 1 MiB.")
    found = objects.read_blob(folder, entry.id).decode("utf-8", "replace").removesuffix("\n").split("\n")
    split, path = is_split(request), entry.path_text
    start, end, shift = (_number(request.GET.get(word, "")) for word in ("start", "end", "shift"))
    gap = Gap(max(1, start or 1), end, shift or 0, request.GET.get("head", "")[:300])
    address = reverse("repos:diff_context", args=[repo.owner.slug, repo.name, commit])
    return {
        "hunks": context_rows(found, gap, request.GET.get("way", ""), path=path, split=split, below=below or {}),
        "split": split,
        "context_url": f"{address}?{urlencode({'path': path, **({'diff': 'split'} if split else {})})}",
        "at_url": reverse("repos:src", args=[repo.owner.slug, repo.name, f"{commit}/{path}"]),
    }


def _number(word: str) -> int | None:
    return int(word) if re.fullmatch(r"-?[0-9]{1,9}", word, re.ASCII) else None


def changes_context(request: HttpRequest, repo: Repository, old: str, new: str) -> dict[str, Any]:
    """What `repos/_diff.html` needs of the difference between two commits or trees, beside `repo`."""
    found = diffs.diff(git_dir(repo), old, new, ignore_space=ignores_space(request))
    return {
        "diff": found,
        "laid": laid_over(request, repo, old, new, found.files),
        "split": is_split(request),
        "ignore_space": ignores_space(request),
        "old": EMPTY if old == diffs.EMPTY_TREE else old,
        "new": new,
    }


def laid_over(
    request: HttpRequest, repo: Repository, old: str, new: str, changes: Iterable[FileChange]
) -> dict[bytes, SafeString]:
    """What overlays show above the lines of changed files, by path."""
    found = {
        each.path: overlays.first(partial(_changed, request=request, repo=repo, old=old, new=new, change=each))
        for each in changes
    }
    return {path: html for path, html in found.items() if html is not None}


def _changed(
    overlay: Overlay, *, request: HttpRequest, repo: Repository, old: str, new: str, change: FileChange
) -> SafeString | None:
    return overlay.changed(request, repo, old, new, change)


def is_split(request: HttpRequest) -> bool:
    """The reader's choice of columns: what the address says, else what they chose last."""
    return request.GET.get("diff", request.COOKIES.get("diff", "")) == "split"


def ignores_space(request: HttpRequest) -> bool:
    """Whether lines that differ in spaces alone are left out."""
    return request.GET.get("w", "") == "1"


def _ref(repo: Repository, name: str) -> Place | None:
    try:
        place = objects.resolve(git_dir(repo), name)
    except Missing:
        return None
    return None if place.path else place
