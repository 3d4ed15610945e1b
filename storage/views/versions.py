"""The former versions of one object in a repository's bucket, and bringing one back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.levels import Level
from accounts.models import User
from hub.lib.errors import HubError, NotFound
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page
from storage import presence
from storage.keys import checked_key
from storage.listing import versions_of
from storage.models import ObjectVersion, StoredObject
from storage.services import restore_version
from storage.spaces import DATA

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A version as the page shows it; `size` is in bytes, None for a deletion."""

    version_id: str
    size: int | None
    when: datetime
    by: User | None
    is_current: bool


@repo_page()
def versions(request: HttpRequest, repo: Repository, key: str) -> HttpResponseBase:
    """What the object is, what it was before, and when it was deleted; the newest first."""
    _check(key)
    current, former = presence.find_object(repo, DATA, key), versions_of(repo, DATA, key)
    page = Paginator(former, PAGE_SIZE).get_page(request.GET.get("page"))
    lines = [_line(row) for row in page]
    if current is not None and page.number == 1:
        lines.insert(0, _line(current))
    if not lines:
        raise NotFound("Nothing is or was stored under this key.")
    restoration = reverse("storage:restoration", args=[repo.owner.slug, repo.name, key])
    context = {"key": key, "lines": lines, "page": page, "restoration": restoration}
    return draw(request, repo, "storage/versions.html", context, active="data")


@repo_page("POST", needs=Level.WRITE)
def restoration(request: HttpRequest, repo: Repository, key: str) -> HttpResponse:
    """The object is again what it was in one version."""
    _check(key)
    try:
        restore_version(
            repository=repo, space=DATA, key=key, version_id=request.POST.get("version", ""), actor=actor_of(request)
        )
        messages.success(request, f"{key} is restored.")
    except HubError as error:
        messages.error(request, f"{error.message} {error.next_step}".strip())
    return redirect("storage:versions", repo.owner.slug, repo.name, key)


def _check(key: str) -> None:
    try:
        checked_key(key)
    except HubError as error:
        raise NotFound(error.message) from None


def _line(row: StoredObject | ObjectVersion) -> Line:
    if isinstance(row, StoredObject):
        return Line(f"v{row.pk}", row.size, row.updated_at, row.created_by, is_current=True)
    return Line(row.version_id, None if row.is_mark else row.size, row.created_at, row.created_by, is_current=False)
