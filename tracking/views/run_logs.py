"""The logs of a run: the end of one, what stands before it, and what is added while the run goes on."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hub.lib.errors import Invalid, NotFound
from repos.models import Repository
from repos.views.frame import draw, repo_page
from storage.models import StoredObject
from storage.presence import find_object
from tracking.locations import SPACE
from tracking.models import Run
from tracking.selectors.run_log_parts import LogPart, checksum_before, part_after, part_before
from tracking.selectors.run_logs import is_log, logs_of
from tracking.selectors.run_page import artifact_folder, run_of
from tracking.views.experiments import TAB
from tracking.views.run import UNSETTLED, run_context
from tracking.views.run_shelf import checked_path


@repo_page()
def logs(request: HttpRequest, repo: Repository, number: int, run: str, place: str = "") -> HttpResponse:
    """The end of a log, the first one unless named; `before`, a byte, shows what stands before it.

    `after`, a byte, with `seen` and `line` asks for what has been added since: a part of the page.
    """
    found = run_of(repo, number, run)
    listed = logs_of(repo, found)
    place = place or (listed[0][0] if listed else "")
    stored = _stored(repo, found, place) if place else None
    if stored is not None and "after" in request.GET:
        return _added(request, found, stored)
    part = part_before(stored, _number(request, "before")) if stored else None
    context = {
        **run_context(repo, found, "logs"),
        "logs": listed,
        "place": place,
        "file": stored,
        "part": part,
        "follows": part is not None and part.end == part.size and found.status in UNSETTLED and not found.is_deleted,
    }
    context["raw"] = f"{context['here']}/files/{quote(place)}"
    return draw(request, repo, "tracking/run_logs.html", context, active=TAB)


def _stored(repo: Repository, run: Run, place: str) -> StoredObject:
    folder = artifact_folder(run)
    stored = find_object(repo, SPACE, f"{folder}/{checked_path(place)}") if folder and is_log(place) else None
    if stored is None:
        raise NotFound("The run has no such log.", next_step="Its page of artifacts lists all of its files.")
    return stored


def _added(request: HttpRequest, run: Run, stored: StoredObject) -> HttpResponse:
    """Lines behind what the reader has; all anew where the log is not the one that they began to read."""
    offset = _number(request, "after") or 0
    again = request.GET.get("seen", "") != str(checksum_before(stored, offset))
    part: LogPart = part_before(stored) if again else part_after(stored, offset, _number(request, "line"))
    context = {"part": part, "again": again, "done": run.status not in UNSETTLED or run.is_deleted}
    return render(request, "tracking/_run_log_lines.html", context)


def _number(request: HttpRequest, key: str) -> int | None:
    text = request.GET.get(key, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Invalid(f"“{key}” is a whole number.", field=key)
    return int(text)
