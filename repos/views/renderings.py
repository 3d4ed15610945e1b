"""The drawing of a notebook: asked for by its page, watched until it is there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from hub.lib.errors import NotFound
from repos.models import Repository
from repos.selectors.renderings import drawing
from repos.services.renderings import request_drawing
from repos.views.frame import READING, draw, locate, repo_page

MOST_ASKED = 40


@repo_page(*READING, "POST")
def rendering(request: HttpRequest, repo: Repository, place: str) -> HttpResponseBase:
    """POST has the notebook drawn; GET tells how that stands, and asks again a while later."""
    here, entry = locate(repo, place)
    if entry.kind != "file" or not entry.name.lower().endswith(".ipynb"):
        raise NotFound("That is no notebook.")
    if request.method == "POST":
        found = request_drawing(repository=repo, blob_id=entry.id)
    else:
        found = drawing(repo, entry.id)
    asked = _asked(request) + 1
    context = {"place": here, "drawing": found, "asked": asked, "is_late": asked > MOST_ASKED}
    response: HttpResponse = draw(request, repo, "repos/rendering.html", context, part="repos/_rendering.html")
    return response


def _asked(request: HttpRequest) -> int:
    word = request.GET.get("asked", "")
    return int(word) if word.isdecimal() and len(word) < 4 else 0
