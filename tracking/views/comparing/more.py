"""Parts of a comparison that rooms above offer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from hub.lib.errors import NotFound
from repos.models import Repository
from repos.views.frame import repo_page
from tracking.comparison_places import comparison_part
from tracking.views.comparing.asking import read_compared, rearranged
from tracking.views.comparing.frame import draw_part


@repo_page()
def part(request: HttpRequest, repo: Repository, number: int, key: str) -> HttpResponse:
    """The part called `key`."""
    place = comparison_part(key)
    if place is None:
        raise NotFound("A comparison has no such part.")
    changed = rearranged(request)
    if changed is not None:
        return changed
    compared = read_compared(request, repo, number)
    found = place.context(request, repo, compared.runs, compared.baseline)
    if found is None:
        return draw_part(request, repo, compared, "tracking/_compared_nothing.html", key, {"place": place})
    return draw_part(request, repo, compared, place.template, key, dict(found))
