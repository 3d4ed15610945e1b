"""Files that compared runs logged at the same paths: tables joined row by row, texts line by line."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import HttpRequest

from hub.lib.errors import NotFound
from repos.models import Repository
from storage.viewers.source import Unreadable
from storage.views.view import StoredSource
from tracking.models import Run
from tracking.selectors.compare_artifacts import PICTURES, STEPS, SharedPath, files_of_runs, shared_paths, stored_at
from tracking.selectors.compare_tables import MOST_TABLES, TableAsk, is_table, join_tables
from tracking.selectors.compare_texts import LONGEST_TEXT, compare_texts
from tracking.selectors.run_page import artifact_folder
from tracking.views.comparing.asking import Compared, number_of
from tracking.views.comparing.choosing import nearest
from tracking.views.comparing.code import other_of
from tracking.views.comparing.frame import comparing, shown_runs

MOST_RUNS = 12
PER_PAGE = 50
MOST_ASKED = 8


@comparing("tracking/compare_files.html", "compare_files")
def files(request: HttpRequest, repo: Repository, compared: Compared) -> dict[str, Any]:
    """The paths that runs share, those that differ first; `file` names the one whose content is laid side by side."""
    runs = nearest(compared, MOST_RUNS)
    listings = files_of_runs(repo, runs, without=STEPS)
    paths = [each for each in shared_paths(listings) if not each.path.lower().endswith(PICTURES)]
    wanted = request.GET.get("file", "")
    chosen = next((each for each in paths if each.path == wanted), None)
    if wanted and chosen is None:
        raise NotFound("None of these runs has such a file.", next_step="Pick one from the list of files.")
    several = [each for each in paths if each.count > 1]
    shown = {each.run.pk: each for each in shown_runs(repo, compared)}
    return {
        "columns": [shown[run.pk] for run in runs],
        "paths": Paginator(several, PER_PAGE).get_page(number_of(request, "page")),
        "lonely": len(paths) - len(several),
        "chosen": chosen,
        "hidden_runs": len(compared.runs) - len(runs),
        "listing_cut": any(listing.cut for listing in listings),
        **(_side_by_side(request, repo, compared, runs, chosen) if chosen else {}),
    }


def _side_by_side(
    request: HttpRequest, repo: Repository, compared: Compared, runs: list[Run], chosen: SharedPath
) -> dict[str, Any]:
    """The content of one path: the baseline's first, so that others are held against it."""
    having = [run for run, file in zip(runs, chosen.files, strict=True) if file]
    having.sort(key=lambda run: run != compared.base)
    stored = stored_at(repo, [_key(run, chosen.path) for run in having])
    sources = {run: StoredSource(stored[_key(run, chosen.path)]) for run in having if _key(run, chosen.path) in stored}
    shown = {each.run: each for each in shown_runs(repo, compared)}
    heads = [(shown[run], f"{shown[run].url}/artifacts/{quote(chosen.path)}") for run in sources]
    context: dict[str, Any] = {"heads": heads, "file_kind": "other", "is_one": len(sources) < 2}
    if sources and is_table(next(iter(sources.values()))):
        tables = dict(list(sources.items())[:MOST_TABLES])
        return {**context, "file_kind": "table", **_table(request, tables), "heads": heads[:MOST_TABLES]}
    return {**context, **_text(request, compared, sources)}


def _table(request: HttpRequest, sources: dict[Run, StoredSource]) -> dict[str, Any]:
    given = request.GET
    ask = TableAsk(
        keys=tuple(given.getlist("by")[:MOST_ASKED]),
        shown=tuple(given.getlist("col")[:MOST_ASKED]),
        only=bool(given.get("only")),
        page=min(number_of(request, "row"), 1_000_000),
    )
    try:
        return {"joined": join_tables(list(sources.values()), ask), "table_ask": ask}
    except Unreadable as fault:
        return {"fault": str(fault), "table_ask": ask}


def _text(request: HttpRequest, compared: Compared, sources: dict[Run, StoredSource]) -> dict[str, Any]:
    """The lines of two of the files. The other one is chosen among those who have the file."""
    old = next(iter(sources), None)
    others = [run for run in sources if run != old]
    wanted = other_of(request, compared)
    new = wanted if wanted in others else next(iter(others), None)
    if old is None or new is None:
        return {"others": others}
    pair = (sources[old], sources[new])
    if max(side.size for side in pair) > LONGEST_TEXT:
        return {"old_run": old, "new_run": new, "others": others, "diff": None}
    diff = compare_texts(*(side.read(0, side.size) for side in pair))
    is_same = pair[0].etag == pair[1].etag
    return {"old_run": old, "new_run": new, "others": others, "diff": diff, "is_same": is_same, "file_kind": "text"}


def _key(run: Run, path: str) -> str:
    return f"{artifact_folder(run)}/{path}"
