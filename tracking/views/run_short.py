"""Short addresses of runs: `/<owner>/<repo>/runs/<beginning of the id>`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from hub.lib.errors import NotFound
from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracking.selectors.run_ids import MOST_LISTED, SHORTEST, is_short_id, runs_beginning
from tracking.views.experiments import TAB
from tracking.views.runs import run_url


@repo_page()
def short(request: HttpRequest, repo: Repository, digits: str) -> HttpResponseBase:
    """The run whose id begins so; the candidates where several do."""
    digits = digits.lower()
    if not is_short_id(digits):
        raise NotFound(
            "This is no run id.", next_step=f"Give at least the first {SHORTEST} of its 32 hexadecimal digits."
        )
    found = runs_beginning(repo, digits)
    if not found:
        raise NotFound(f"No run of this repository has an id that begins with {digits}.")
    if len(found) == 1:
        return redirect(run_url(repo, found[0].experiment.number, found[0].uuid))
    context = {
        "digits": digits,
        "runs": [(run, run_url(repo, run.experiment.number, run.uuid)) for run in found],
        "more": len(found) == MOST_LISTED,
    }
    return draw(request, repo, "tracking/run_candidates.html", context, active=TAB)
