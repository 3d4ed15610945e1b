"""The body of a page that shows one stored object, wherever in the hub that page is."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from repos.git.objects import Place
from repos.models import Repository
from storage.models import StoredObject


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
    return render_to_string("storage/_content.html", {"repo": repository, "place": place, "stored": stored})
