"""The body of a page that shows one stored object under the name it has in a tree."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from repos.git.objects import Place
from repos.models import Repository
from storage.models import StoredObject
from storage.views.view import StoredSource, links_of, view_file


@dataclass(frozen=True, slots=True)
class TreeSource(StoredSource):
    """A stored object that is called by its path in the tree: its own key is a digest."""

    path: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


def body_of(
    request: HttpRequest,
    repository: Repository,
    place: Place,
    stored: StoredObject | None,
    *,
    label: str,
    wanted: str,
    size: int | None,
) -> SafeString:
    """The object in its viewer; what to do where the hub does not hold it."""
    if stored is None:
        return render_to_string("storage/_not_pushed.html", {"label": label, "wanted": wanted, "size": size})
    raw = reverse("repos:raw", args=[repository.owner.slug, repository.name, place.text])
    return view_file(request, TreeSource(stored, place.path_text), links_of(raw))
