"""What the filter box of a runs table asks for while somebody types."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse

from repos.models import Repository
from repos.views.frame import repo_page
from tracking.models import Experiment
from tracking.search.hints import MOST_TEXT
from tracking.selectors.completions import complete
from tracking.selectors.run_page import experiment_of
from tracking.table_state import TableState


@repo_page()
def completions(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """What may stand at the cursor `at` (in characters) of the filter `q`, as JSON."""
    text = request.GET.get("q", "").replace("\0", "")[: MOST_TEXT + 1]
    at = request.GET.get("at", "")
    cursor = int(at) if at.isascii() and at.isdecimal() and len(at) < 8 else len(text)
    found = complete(experiments_asked(repo, number, request), text, cursor)
    response = JsonResponse(asdict(found))
    response["Cache-Control"] = "private, max-age=10"
    return response


def experiments_asked(repo: Repository, number: int, request: HttpRequest) -> list[Experiment]:
    """The experiment of the address and those that its table shows besides; numbers of none are passed over."""
    first = experiment_of(repo, number)
    others = [each for each in TableState.from_query(request.GET).experiments if each != number]
    if not others:
        return [first]
    return [first, *Experiment.objects.filter(repository=repo, number__in=others).order_by("number")]
