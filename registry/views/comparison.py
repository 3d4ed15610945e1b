"""The page that lays versions of a model side by side."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from hub.lib.errors import Invalid
from registry.forms import BIGGEST_NUMBER
from registry.selectors.pages import model_of
from registry.selectors.pages_comparison import compare_versions
from registry.views.addresses import TAB, page_of
from registry.views.models import versions_named
from repos.models import Repository
from repos.views.frame import draw, repo_page

MOST = 10


@repo_page()
def compare(request: HttpRequest, repo: Repository, model: str) -> HttpResponse:
    """Two to ten versions, what differs first. `?versions=1,2`, or `versions` once for each."""
    found = model_of(repo, model)
    words = ",".join(request.GET.getlist("versions")).split(",")
    numbers = {int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 11}
    asked = sorted(number for number in numbers if number <= BIGGEST_NUMBER)
    versions = sorted(versions_named(found, asked[: MOST + 1]), key=lambda version: version.number)
    if not 2 <= len(versions) <= MOST or found.is_prompt:
        raise Invalid(
            f"Pick 2 to {MOST} versions of {found.name} to compare.",
            next_step="Go back to the model and tick the boxes at their left.",
        )
    home = page_of(repo, found)
    context = {"model": found, "home": home, "compared": compare_versions(repo, versions), "count": len(versions)}
    return draw(request, repo, "registry/compare.html", context, active=TAB)
