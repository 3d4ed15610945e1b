"""Commits of a ref or path, and who last touched each line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString

from hub.lib.errors import NotFound
from repos.git import blame as blaming
from repos.git import history, names, objects
from repos.git.blame import Chunk
from repos.models import Repository
from repos.paths import git_dir
from repos.views.documents import SHOWN_BYTES, lines_html
from repos.views.frame import code_context, draw, locate, repo_page
from repos.views.paging import history_page

AGES = 8


@repo_page()
def default_commits(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """The history of the default branch."""
    if repo.is_empty:
        return redirect(repo)
    return redirect(reverse("repos:commits", args=[repo.owner.slug, repo.name, repo.default_branch]))


@repo_page()
def commits(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """The commits that lead up to a ref, or those of them that touched a path, a page at a time."""
    folder = git_dir(repo)
    here = objects.resolve(folder, place)
    page = history_page(
        request, lambda skip, limit: history.log(folder, here.commit, path=here.path, skip=skip, limit=limit)
    )
    if here.path and not page.commits:
        raise objects.Missing(place)
    renamed = None
    if here.path and page.commits and not page.older:
        renamed = history.renamed_from(folder, page.commits[-1].id, here.path)
    context = {
        **code_context(repo, here, page="commits"),
        "page": page,
        "earlier_path": names.as_text(renamed) if renamed else "",
        "earlier_commit": page.commits[-1].parents[0] if renamed else "",
    }
    return draw(request, repo, "repos/commits.html", context)


@dataclass(frozen=True, slots=True)
class BlameRow:
    """Neighbouring lines with one origin; `age` goes from 0 (the oldest in the file) to AGES - 1."""

    chunk: Chunk
    lines: list[tuple[int, SafeString]]
    age: int


@repo_page()
def blame(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """A file with the commit that each line comes from."""
    here, entry = locate(repo, place)
    folder = git_dir(repo)
    size = objects.blob_size(folder, entry.id) if entry.kind == "file" else 0
    data = objects.read_blob(folder, entry.id) if entry.kind == "file" and size <= SHOWN_BYTES else b""
    if entry.kind != "file" or size > SHOWN_BYTES or objects.is_binary(data):
        raise NotFound("Blame is for text files of up to 1 MiB.", next_step="Look at the file's history instead.")
    chunks = blaming.blame(folder, here.commit, here.path) if data else []
    context = {
        **code_context(repo, here, page="blame"),
        "rows": _rows(chunks, lines_html(entry, data)),
        "size": size,
        "entry": entry,
    }
    return draw(request, repo, "repos/blame.html", context)


def _rows(chunks: list[Chunk], lines: list[SafeString]) -> list[BlameRow]:
    times = [chunk.origin.when for chunk in chunks]
    oldest, newest = min(times, default=None), max(times, default=None)
    return [
        BlameRow(
            chunk,
            [(number, lines[number - 1]) for number in range(chunk.first, chunk.last + 1) if number <= len(lines)],
            _age(chunk.origin.when, oldest, newest),
        )
        for chunk in chunks
    ]


def _age(when: datetime, oldest: datetime | None, newest: datetime | None) -> int:
    span = (newest - oldest).total_seconds() if oldest and newest else 0
    return int((when - oldest).total_seconds() / span * (AGES - 1)) if span and oldest else AGES - 1
