"""A shelf of files, as runs, logged models and model versions have one: its page, its downloads, its archives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from hub.lib.errors import Invalid, NotFound, TooLarge
from hub.lib.http import attachment, untrusted, wants_part
from repos.models import Repository
from storage.keys import checked_key
from storage.models import StoredObject
from storage.presence import find_object
from storage.selectors import Entry, list_tree, read_object
from storage.viewers.source import BytesSource
from storage.views.framing import framed
from storage.views.view import StoredSource, has_thumbnail, links_of, thumbnail_response, view_file
from tracking.locations import SPACE
from tracking.selectors import run_files
from tracking.selectors.run_logged_table import as_lines, may_be_table
from tracking.views.run_zip import zipped

MOST_PICTURES = 60
MOST_ZIPPED = 20_000
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where files lie: below the key `folder`, None when they are kept elsewhere than here (`location`).

    `top` is the address of the whole; below `pages`, `files`, `frames` and `zips` files are shown, handed out, framed
    and packed. `uri` is what clients call the whole; `models` are further shelves, linked from the top: name, address.
    """

    folder: str | None
    location: str
    top: str
    pages: str
    files: str
    frames: str
    zips: str
    uri: str
    title: str = ""
    above: str = ""
    models: tuple[tuple[str, str], ...] = ()
    elsewhere: str = "The files lie at the address below, outside of this hub."


def shelf_part(request: HttpRequest, repo: Repository, shelf: Shelf, place: str) -> HttpResponse | None:
    """What the tree of files asks for by itself: a folder that is opened, or files by name; None for the page."""
    if not wants_part(request):
        return None
    context: dict[str, Any] = {"shelf": shelf, "repo": repo}
    if "level" in request.GET and shelf.folder is not None:
        after = _after(request)
        opened = run_files.level(repo, shelf.folder, checked_path(place), after=after)
        return render(request, "tracking/_run_level.html", {**context, "level": opened})
    if "find" in request.GET and shelf.folder is not None:
        return render(request, "tracking/_run_tree.html", {**context, **_tree(request, repo, shelf, "", None)})
    return None


def shelf_context(request: HttpRequest, repo: Repository, shelf: Shelf, place: str) -> dict[str, Any]:
    """What the template `_run_shelf.html` needs: the tree, and a file in its viewer or a folder's pictures.

    Raises NotFound where nothing lies at `place`.
    """
    place = checked_path(place.strip("/"))
    stored = find_object(repo, SPACE, f"{shelf.folder}/{place}") if shelf.folder and place else None
    inside = place.rpartition("/")[0] if stored else place
    context: dict[str, Any] = {"shelf": shelf, "place": place, "file": stored, "inside": inside}
    if shelf.folder is None:
        return context
    context |= _tree(request, repo, shelf, inside, stored)
    tree = context["tree"]
    level = tree.inside
    if place and stored is None and not level.nodes:
        raise NotFound("No such file or folder is here.", next_step=f"All files are listed at {shelf.top}.")
    if stored is None:
        drawn = [node for node in level.nodes if has_thumbnail(node.name, node.size) and not node.is_small_copy]
        context["pictures"] = drawn[:MOST_PICTURES]
        context["sum"] = tree.sums.get(place)
    else:
        context["shown"] = _shown(request, shelf, place, stored)
    context["is_empty"] = not place and not level.nodes and not shelf.models
    return context


def serve(request: HttpRequest, repo: Repository, shelf: Shelf, place: str, *, download: bool) -> HttpResponseBase:
    """The bytes of a file, in a way that can run nothing here; with `?small` a small picture of a picture."""
    stored = _stored(repo, shelf, place)
    if "small" in request.GET:
        return thumbnail_response(request, StoredSource(stored))

    def open_range(offset: int, length: int) -> Iterator[bytes]:
        return read_object(stored, offset, length)

    return untrusted(
        request,
        filename=stored.name,
        size=stored.size,
        open_range=open_range,
        etag=stored.blob.sha256,
        download=download,
    )


def _stored(repo: Repository, shelf: Shelf, place: str) -> StoredObject:
    stored = find_object(repo, SPACE, f"{shelf.folder}/{checked_path(place)}") if shelf.folder else None
    if stored is None:
        raise NotFound("No such file is here.", next_step=f"All files are listed at {shelf.top}.")
    return stored


def serve_framed(request: HttpRequest, repo: Repository, shelf: Shelf, place: str) -> HttpResponseBase:
    """An HTML file or a figure for the frame on its page."""
    stored = _stored(repo, shelf, place)
    return framed(request, StoredSource(stored), lambda: serve(request, repo, shelf, place, download=False))


def serve_zip(request: HttpRequest, repo: Repository, shelf: Shelf, place: str, *, name: str) -> HttpResponseBase:
    """A folder, or all, as a zip archive that is written while it is sent. Raises NotFound, TooLarge."""
    place = checked_path(place.strip("/"))
    if shelf.folder is None:
        raise NotFound("These files are kept outside of this hub.")
    below = list_tree(repo, SPACE, f"{shelf.folder}/{place}" if place else shelf.folder)
    count = len(below.values_list("pk")[: MOST_ZIPPED + 1])
    if not count:
        raise NotFound("No such folder is here.", next_step=f"All files are listed at {shelf.top}.")
    if count > MOST_ZIPPED:
        raise TooLarge(
            f"The folder holds more than {MOST_ZIPPED:,} files, the most that one archive takes.",
            next_step="Take one of the folders in it, or fetch all with “mlflow artifacts download”.",
        )
    # SECURITY: names of runs are free text; one with slashes or dots would unpack to wherever it pleases.
    root = re.sub(r"[^\w. -]", "_", place.rpartition("/")[2] or name).strip(". ") or "files"
    files = run_files.all_files(repo, shelf.folder, place)
    packed = ((f"{root}/{path}", stored.updated_at, read_object(stored)) for path, stored in files)
    response: HttpResponseBase = HttpResponse() if request.method == "HEAD" else StreamingHttpResponse(zipped(packed))
    response["Content-Type"] = "application/zip"
    response["Content-Disposition"] = attachment(f"{root}.zip")
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Accel-Buffering"] = "no"
    return response


def _tree(
    request: HttpRequest, repo: Repository, shelf: Shelf, inside: str, stored: StoredObject | None
) -> dict[str, Any]:
    """The tree opened down to a folder, or what is found by name."""
    assert shelf.folder is not None
    words = request.GET.get("find", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    file = Entry(stored.name, False, stored.size) if stored else None
    tree = run_files.opened_tree(repo, shelf.folder, inside, after="" if stored else _after(request), file=file)
    found = run_files.files_named(repo, shelf.folder, words) if words else None
    return {"tree": tree, "find": words, "found": found}


def _shown(request: HttpRequest, shelf: Shelf, place: str, stored: StoredObject) -> SafeString:
    """The file in its viewer; a table that was logged as JSON as the table it is."""
    path = quote(place)
    links = links_of(f"{shelf.files}/{path}", f"{shelf.frames}/{path}")
    if may_be_table(stored.name, stored.size):
        lines = as_lines(b"".join(read_object(stored)))
        if lines is not None:
            return view_file(request, BytesSource(f"{stored.name}l", lines, etag=f"{stored.blob.sha256}-rows"), links)
    return view_file(request, StoredSource(stored), links)


def checked_path(place: str) -> str:
    """A path that files may have, or "". Raises NotFound: nothing can lie anywhere else."""
    try:
        return checked_key(place) if place else ""
    except Invalid:
        raise NotFound("No file can have such a path.") from None


def _after(request: HttpRequest) -> str:
    """The entry behind which a folder's page begins."""
    after = request.GET.get("after", "")
    name = after.removesuffix("/")
    if name and ("/" in name or len(name) > 1024 or any(ord(letter) < 32 for letter in name)):
        raise Invalid("“after” is the name of an entry of the folder.", field="after")
    return after
