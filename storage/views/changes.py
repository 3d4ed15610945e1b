"""Differences of data between two commits: directories, tables, pictures, notebooks, headers of models."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from hub.lib.errors import NotFound
from repos.access import open_repo
from repos.git import diffs, history
from repos.git.diffs import FileChange
from repos.git.tree import Entry
from repos.models import Repository
from repos.paths import git_dir
from repos.views.frame import actor_of, draw, repo_page
from storage import directory_changes, presence
from storage.pointers import Out, is_pointer
from storage.tracked import Tracked, tracked_at
from storage.views.comparing import Compared, compare_files, has_comparison, takes_long
from storage.views.sides import Side, pointer_of, side_of_file, side_of_out

EMPTY = "empty"
SPENT = "data_change_seconds"
ALSO = "data_also"
SECONDS_AT_ONCE = 0.5
MOST_ITEMS = 20
QUICK_FILES = 20_000
LONGEST_POINTER = 8


@dataclass(frozen=True, slots=True)
class Item:
    """One path whose data differs: a directory's difference, or two files compared."""

    path: str
    status: str
    old: Out | Side | None
    new: Out | Side | None
    directory: directory_changes.DirectoryDiff | None = None
    compared: Compared | None = None

    @property
    def is_there(self) -> bool:
        """Whether it was compared."""
        return self.directory is not None or self.compared is not None


def change_part(
    request: HttpRequest, repository: Repository, old: str, new: str, change: FileChange
) -> SafeString | None:
    """The data's own difference, or a place that loads it when it is seen; None for files that have none."""
    if not _is_data(repository, old, new, change):
        return None
    before = EMPTY if old == diffs.EMPTY_TREE else old
    spent: float = getattr(request, SPENT, 0.0)
    if spent < SECONDS_AT_ONCE and not takes_long(change.path_text):
        # What stands there from the beginning does not move the page about.
        began = time.monotonic()
        earlier = None if old == diffs.EMPTY_TREE else old
        items = list(_items(repository, earlier, new, change.old_path_text, change.path_text, quick=True))
        setattr(request, SPENT, spent + time.monotonic() - began)
        if items and all(item.is_there for item in items):
            return render_to_string("storage/_change.html", _context(repository, items, earlier, new))
    query = {"path": change.path_text, "from": change.old_path_text}
    if also := also_of(request):
        query["also"] = also[0].full_name
    where = reverse("storage:change", args=[repository.owner.slug, repository.name, before, new])
    return render_to_string("storage/_change_later.html", {"address": f"{where}?{urlencode(query)}"})


def also_of(request: HttpRequest) -> Sequence[Repository]:
    """Further repositories in which the page that draws a change looks for data, which its reader may read."""
    found: Sequence[Repository] = getattr(request, ALSO, ())
    return found


def _also_asked(request: HttpRequest, repo: Repository) -> list[Repository]:
    """The fork that the address names (`?also=owner/name`), for parts that are loaded later."""
    owner, slash, name = request.GET.get("also", "").partition("/")
    if not slash or "\0" in name:
        return []
    # SECURITY: the doorman decides as for the fork's own pages; what is no relative has no business here.
    other = open_repo(actor_of(request), owner, name)
    return [other] if (other.family_id or other.pk) == (repo.family_id or repo.pk) else []


def _is_data(repository: Repository, old: str, new: str, change: FileChange) -> bool:
    path = change.path_text
    if is_pointer(path) or has_comparison(path):
        return True
    lines = (change.additions or 0) + (change.deletions or 0)
    if change.is_binary or not 0 < lines <= LONGEST_POINTER or not tracked_at(repository, new).has_lfs:
        return False
    return any(_may_be_pointer(repository, change, sha) for sha in (change.old_id, change.new_id))


def _may_be_pointer(repository: Repository, change: FileChange, sha: str) -> bool:
    return bool(sha.strip("0")) and pointer_of(repository, Entry(change.path, 0o100644, sha)) is not None


@repo_page()
def change(request: HttpRequest, repo: Repository, old: str, new: str) -> HttpResponseBase:
    """What changed in the data behind one file (`?path=`, `?from=` its earlier path) between two commits."""
    folder = git_dir(repo)
    after = history.commit(folder, new).id
    before = None if old == EMPTY else history.commit(folder, old).id
    path = request.GET.get("path", "")
    if not path or "\0" in path:
        raise NotFound("Name the file: ?path=")
    with presence.also_in(_also_asked(request, repo)):
        items = list(_items(repo, before, after, request.GET.get("from") or path, path))
    if not items:
        raise NotFound("The data behind that file does not differ between the two.")
    context = {**_context(repo, items, before, after), "path": path}
    return draw(request, repo, "storage/change.html", context, part="storage/_change.html")


def _context(repo: Repository, items: list[Item], before: str | None, after: str) -> dict[str, Any]:
    shown, more = items[:MOST_ITEMS], max(0, len(items) - MOST_ITEMS)
    return {"repo": repo, "items": shown, "more": more, "old": before or "", "new": after}


def _items(
    repo: Repository, before: str | None, after: str, old_path: str, path: str, *, quick: bool = False
) -> Iterator[Item]:
    """What differs behind a file. `quick` leaves out what may take longer than a moment: such items are not there."""
    if is_pointer(path):
        old = _outs(tracked_at(repo, before) if before else Tracked(), old_path)
        new = _outs(tracked_at(repo, after), path)
        for name in sorted(old.keys() | new.keys()):
            was, now = old.get(name), new.get(name)
            if was is None or now is None or was.md5 != now.md5:
                yield _item_of_outs(repo, before, after, was, now, quick)
        return
    earlier = side_of_file(repo, before, old_path) if before and "\0" not in old_path else None
    later = side_of_file(repo, after, path)
    if (earlier or later) and (earlier is None or later is None or earlier.digest != later.digest):
        yield _item_of_files(path, earlier, later)


def _outs(tracked: Tracked, pointer: str) -> dict[str, Out]:
    return {out.path: out for out in tracked.outs.values() if out.pointer == pointer}


def _item_of_outs(
    repo: Repository, before: str | None, after: str, was: Out | None, now: Out | None, quick: bool
) -> Item:
    shown = now or was
    assert shown is not None
    if quick and (takes_long(shown.path) or max((out.files or 0) for out in (was, now) if out) > QUICK_FILES):
        return Item(shown.path, _status(was, now), was, now)
    if all(out is None or out.is_dir for out in (was, now)):
        found = directory_changes.compare(repo, was, now)
        return Item(shown.path, _status(was, now), was, now, directory=found)
    old = side_of_out(repo, before, was) if before and was and not was.is_dir else None
    new = side_of_out(repo, after, now) if now and not now.is_dir else None
    return _item_of_files(shown.path, old, new)


def _item_of_files(path: str, old: Side | None, new: Side | None) -> Item:
    return Item(path, _status(old, new), old, new, compared=compare_files(old, new))


def _status(old: object | None, new: object | None) -> str:
    return "added" if old is None else "deleted" if new is None else "modified"
