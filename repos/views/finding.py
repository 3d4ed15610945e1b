"""Finding files by name and text by search."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from repos.git import fuzzy, grep, names, objects, tree
from repos.models import Repository
from repos.paths import git_dir
from repos.views.frame import code_context, draw, repo_page

SHOWN = 50
MOST_LETTERS = 200


@repo_page()
def find(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """Files of a ref whose paths hold the letters, best first; all of the first ones while there are none."""
    folder = git_dir(repo)
    here = objects.resolve(folder, place)
    if here.path:
        raise objects.Missing(place)
    paths, is_whole = tree.all_files(folder, here.commit)
    letters = request.GET.get("q", "")[:MOST_LETTERS]
    found = fuzzy.best(map(names.as_text, paths), letters, limit=SHOWN)
    context: dict[str, Any] = {
        **code_context(repo, here, page="find"),
        "letters": letters,
        "matches": found,
        "total": len(paths),
        "is_whole": is_whole,
    }
    return draw(request, repo, "repos/find.html", context, part="repos/_found_files.html")


@repo_page()
def search(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Lines of a ref's text files that hold the words."""
    if repo.is_empty:
        return redirect(repo)
    folder = git_dir(repo)
    here = objects.resolve(folder, request.GET.get("ref", "") or repo.default_branch)
    words = request.GET.get("q", "")[:MOST_LETTERS].replace("\0", "").splitlines()
    wanted = words[0].strip() if words else ""
    inside = names.readings(request.GET.get("path", "").strip("/"))
    found = grep.grep(folder, here.commit, wanted, path=inside[0] if inside else b"") if wanted else None
    context = {
        **code_context(repo, here, page="find"),
        "words": wanted,
        "inside": request.GET.get("path", ""),
        "found": found,
        "line_count": sum(len(hit.lines) for hit in found.files) if found else 0,
    }
    return draw(request, repo, "repos/search.html", context)
