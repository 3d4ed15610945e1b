"""Choosing the columns of a runs table: those that are shown, and others found by words in their keys."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from repos.models import Repository
from repos.views.frame import draw, repo_page
from tracking.selectors.run_columns import LABELS, column, find_columns
from tracking.selectors.run_keyset import page_of_runs
from tracking.selectors.run_scope import scope_of
from tracking.table_state import TableState, is_column
from tracking.views.experiments import TAB, experiment_context
from tracking.views.filtering import experiments_asked
from tracking.views.runs import state_of

LONGEST_WORDS = 250
NAMES = {"metrics": "Metrics", "params": "Parameters", "tags": "Tags"}
EXAMINED = 200
"""Runs whose parameters and tags are looked through: the newest."""


@repo_page()
def columns(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """The columns shown (`now`, else those chosen), and those that `find` finds."""
    shown = experiments_asked(repo, number, request)
    state = state_of(request, shown[0])
    words = request.GET.get("find", "").replace("\0", "").strip()[:LONGEST_WORDS]
    newest = TableState(size=EXAMINED, view=state.view, tree=False)
    runs = page_of_runs(scope_of(repo, shown, newest), newest).keys
    found = find_columns(repo, runs, words)
    now = [column(key) for key in dict.fromkeys(request.GET.getlist("now") or state.columns) if is_column(key)]
    known = {each.key for each in now}
    of_runs = [column(key) for key in LABELS if words.lower() in LABELS[key].lower()]
    groups = [("Of the run", of_runs), *((NAMES[kind], found[kind]) for kind in NAMES)]
    context = {
        **experiment_context(repo, shown[0], "runs"),
        "state": state,
        "now": now,
        "words": words,
        "groups": [(name, [each for each in some if each.key not in known]) for name, some in groups],
        "kept": [pair for pair in state.changed().pairs() if pair[0] not in ("cols", "hide")],
    }
    part = "tracking/_runs_found.html" if "find" in request.GET else "tracking/_runs_columns.html"
    return draw(request, repo, "tracking/columns.html", context, part=part, active=TAB)
