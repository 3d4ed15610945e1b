"""What rooms above lay over code pages: things that stand in a tree without git, other views of a file or a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from django.http import HttpRequest, HttpResponseBase
from django.utils.safestring import SafeString

from repos.git.diffs import FileChange
from repos.git.objects import Place
from repos.git.tree import Entry
from repos.models import Repository

T = TypeVar("T")
PageKind = Literal["src", "raw", "entries"]


@dataclass(frozen=True, slots=True)
class Laid:
    """One name of a folder that an overlay knows more about than git, or that git does not hold at all.

    `size` is in bytes and `files` a count, None where unknown; `label` says what keeps it ("DVC", "LFS");
    `pointer` is the path of the file in git that stands for it; `warning` says what is wrong with it, if anything.
    """

    name: str
    is_dir: bool
    size: int | None
    files: int | None
    label: str
    pointer: bytes
    warning: str = ""


class Overlay(Protocol):
    """What a room above may add. Each answer may be empty or None: then the page is git's own."""

    def laid(self, repository: Repository, place: Place, entries: Sequence[Entry]) -> Iterable[Laid]:
        """What stands in the folder at `place`, whose entries in git are `entries`."""
        ...

    def page(
        self, request: HttpRequest, repository: Repository, place: Place, kind: PageKind
    ) -> HttpResponseBase | None:
        """The page of a path that git does not hold at this commit; for "raw" its bytes, also those of a pointer."""
        ...

    def shown(self, request: HttpRequest, repository: Repository, place: Place, entry: Entry) -> SafeString | None:
        """The body of a file's page in place of git's."""
        ...

    def changed(
        self, request: HttpRequest, repository: Repository, old: str, new: str, change: FileChange
    ) -> SafeString | None:
        """What to show above the lines of one changed file. `old` is a commit or the empty tree, `new` a commit."""
        ...


_overlays: dict[str, Overlay] = {}


def register(key: str, overlay: Overlay) -> None:
    """Offer an overlay; called in `apps.py` of its room. Registering a key twice replaces it."""
    _overlays[key] = overlay


def gathered(repository: Repository, place: Place, entries: Sequence[Entry]) -> dict[str, Laid]:
    """What all overlays lay into a folder, by name; the first to name something has it."""
    found: dict[str, Laid] = {}
    for overlay in _overlays.values():
        for laid in overlay.laid(repository, place, entries):
            found.setdefault(laid.name, laid)
    return found


def first(ask: Callable[[Overlay], T | None]) -> T | None:
    """The first answer that an overlay gives."""
    return next((answer for overlay in _overlays.values() if (answer := ask(overlay)) is not None), None)
