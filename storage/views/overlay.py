"""Data in the tree: what `.dvc` files, `dvc.lock` and LFS pointers stand for, shown on code pages as what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from django.http import HttpRequest, HttpResponseBase
from django.utils.safestring import SafeString

from hub.lib.errors import NotFound
from hub.lib.http import guess_type, untrusted
from repos.git import names, objects, tree
from repos.git.diffs import FileChange
from repos.git.objects import Place
from repos.git.tree import Entry
from repos.models import Repository
from repos.overlays import Laid, PageKind
from repos.paths import git_dir
from repos.selectors import trees
from repos.views.frame import code_context, draw
from storage import directories, presence, selectors
from storage.models import StoredObject
from storage.pointers import Out
from storage.spaces import LFS, dvc_keys, lfs_key
from storage.tracked import Tracked, tracked_at
from storage.views.changes import also_of, change_part
from storage.views.framing import framed
from storage.views.sides import POINTER_SIZES, pointer_of
from storage.views.view import has_thumbnail, thumbnail_response
from storage.views.viewing import TreeSource, body_of

NOT_HERE = "not pushed"


class DataOverlay:
    """What the storage room lays over the tree of a commit."""

    def laid(self, repository: Repository, place: Place, entries: Sequence[Entry]) -> Iterator[Laid]:
        """Outputs of DVC in this folder, folders on the way to such, and sizes of LFS files."""
        tracked = tracked_at(repository, place.commit)
        inside = dict(tracked.inside(place.path_text))
        held = {entry.name for entry in entries}
        here = _objects(repository, [out for out in inside.values() if out])
        for name, out in inside.items():
            if out is not None:
                warning = "" if out.md5 in here else NOT_HERE
                yield Laid(
                    name, out.is_dir, _size(out, here), out.files, "DVC", names.readings(out.pointer)[0], warning
                )
            elif name not in held:
                yield Laid(name, True, None, None, "DVC", b"")
        if tracked.has_lfs:
            yield from _lfs_files(repository, entries)

    def page(
        self, request: HttpRequest, repository: Repository, place: Place, kind: PageKind
    ) -> HttpResponseBase | None:
        """A file or a folder that DVC keeps; for "raw" also the content behind an LFS pointer."""
        tracked = tracked_at(repository, place.commit)
        holding = tracked.holding(place.path_text) if place.path else None
        if holding is None:
            if kind == "raw":
                return _lfs_bytes(request, repository, place) if tracked.has_lfs else None
            return _way(request, repository, place, tracked) if kind == "src" else None
        out, inner = holding
        if not out.is_dir:
            stored = directories.object_of(repository, out)
            return _bytes(request, place, stored) if kind == "raw" else _file(request, repository, place, out, stored)
        entry = directories.find_in(repository, out, inner) if inner else None
        if entry is not None and not entry.is_dir:
            if kind == "raw":
                return _bytes(request, place, entry.stored)
            return _file(request, repository, place, out, entry.stored, md5=entry.md5)
        if inner and entry is None and directories.state_of(repository, out).state == "ready":
            return None
        return _folder(request, repository, place, out, inner) if kind == "src" else None

    def shown(self, request: HttpRequest, repository: Repository, place: Place, entry: Entry) -> SafeString | None:
        """The content behind an LFS pointer, in its viewer."""
        if not tracked_at(repository, place.commit).has_lfs:
            return None
        pointer = pointer_of(repository, entry)
        if pointer is None:
            return None
        stored = presence.find_object(repository, LFS, lfs_key(pointer.sha256))
        return body_of(request, repository, place, stored, label="Git LFS", wanted=pointer.sha256, size=pointer.size)

    def changed(
        self, request: HttpRequest, repository: Repository, old: str, new: str, change: FileChange
    ) -> SafeString | None:
        """What changed in the data; what takes long is loaded when it comes into view."""
        with presence.also_in(also_of(request)):
            return change_part(request, repository, old, new, change)


def _size(out: Out, here: dict[str, StoredObject]) -> int | None:
    if out.size is not None:
        return out.size
    return here[out.md5].size if out.md5 in here and not out.is_dir else None


def _objects(repository: Repository, outs: Sequence[Out]) -> dict[str, StoredObject]:
    keys = {key: out.md5 for out in outs for key in dvc_keys(out.md5, is_dir=out.is_dir)}
    rows = StoredObject.objects.filter(bucket__repository=repository, bucket__name="dvc", key__in=keys) if keys else ()
    return {keys[row.key]: row for row in rows}


def _lfs_files(repository: Repository, entries: Sequence[Entry]) -> Iterator[Laid]:
    folder = git_dir(repository)
    files = [each for each in entries if each.kind == "file"]
    sizes = objects.blob_sizes(folder, (each.id for each in files))
    small = [each for each in files if sizes.get(each.id, 0) in POINTER_SIZES]
    texts = objects.read_blobs(folder, (each.id for each in small))
    pointers = {each.name: found for each in small if (found := objects.lfs_pointer(texts.get(each.id, b"")))}
    keys = [lfs_key(pointer.sha256) for pointer in pointers.values()]
    rows = StoredObject.objects.filter(bucket__repository=repository, bucket__name=LFS, key__in=keys)
    here = set(rows.values_list("key", flat=True)) if keys else set()
    for name, pointer in pointers.items():
        warning = "" if lfs_key(pointer.sha256) in here else NOT_HERE
        yield Laid(name, False, pointer.size, None, "LFS", b"", warning)


def _lfs_bytes(request: HttpRequest, repository: Repository, place: Place) -> HttpResponseBase | None:
    entry = tree.find(git_dir(repository), place.commit, place.path)
    pointer = pointer_of(repository, entry) if entry else None
    if pointer is None:
        return None
    return _bytes(request, place, presence.find_object(repository, LFS, lfs_key(pointer.sha256)))


def _bytes(request: HttpRequest, place: Place, stored: StoredObject | None) -> HttpResponseBase:
    if stored is None:
        raise NotFound(
            f"The content of {place.path_text} was not pushed to this hub.",
            next_step="Whoever has it can send it with “dvc push” or “git lfs push”.",
        )
    if "small" in request.GET:
        return thumbnail_response(request, TreeSource(stored, place.path_text))
    name = place.path_text.rpartition("/")[2]
    plain = partial(
        untrusted,
        request,
        filename=name,
        size=stored.size,
        open_range=lambda offset, length: iter(selectors.read_object(stored, offset, length)),
        content_type=guess_type(name),
        etag=stored.blob.sha256,
        download="download" in request.GET,
    )
    return framed(request, TreeSource(stored, place.path_text), plain) if "frame" in request.GET else plain()


def _file(
    request: HttpRequest,
    repository: Repository,
    place: Place,
    out: Out,
    stored: StoredObject | None,
    *,
    md5: str = "",
) -> HttpResponseBase:
    digest = md5 or out.md5
    size = stored.size if stored else out.size if not md5 else None
    context = {
        **code_context(repository, place, page="src"),
        "out": out,
        "md5": digest,
        "size": size,
        "stored": stored,
        "latest": trees.latest(repository, place, names.readings(out.pointer)[0]),
        "body": body_of(request, repository, place, stored, label="DVC", wanted=digest, size=size),
    }
    return draw(request, repository, "storage/data_file.html", context)


def _folder(request: HttpRequest, repository: Repository, place: Place, out: Out, inner: str) -> HttpResponseBase:
    after = request.GET.get("after", "")
    page = directories.page_of(repository, out, inner, after="" if "\0" in after else after)
    context = {
        **code_context(repository, place, page="src"),
        "out": out,
        "inner": inner,
        "page": page,
        "pictures": [
            each for each in page.entries if each.stored is not None and has_thumbnail(each.name, each.stored.size)
        ],
        "is_first": not after,
        "latest": trees.latest(repository, place, names.readings(out.pointer)[0]),
    }
    return draw(request, repository, "storage/data_folder.html", context, part="storage/_data_entries.html")


def _way(request: HttpRequest, repository: Repository, place: Place, tracked: Tracked) -> HttpResponseBase | None:
    """A folder that only holds outputs, so that git does not know it."""
    if not any(tracked.inside(place.path_text)):
        return None
    laid = sorted(DataOverlay().laid(repository, place, ()), key=lambda each: (not each.is_dir, each.name))
    context = {**code_context(repository, place, page="src"), "laid": laid}
    return draw(request, repository, "storage/data_way.html", context)
