"""Named views of a runs table: saving the state that is looked at, choosing, changing and deleting one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import Conflict, Invalid
from repos.access import level_for
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page
from tracking.models import Experiment, NamedView
from tracking.selectors.named_views import view_of, views_of
from tracking.selectors.run_page import experiment_of
from tracking.services.named_views import change_view, clean_query, delete_view, save_view, set_default
from tracking.table_state import TableState
from tracking.views.experiments import TAB, home_of


def views_context(request: HttpRequest, repo: Repository, experiment: Experiment, query: str) -> dict[str, Any]:
    """What the menu of views needs (_runs_views.html); `query` is the state that is shown, without its page."""
    actor = actor_of(request)
    return {"saved": views_of(experiment, actor, query), "saved_query": query, "can_save": actor.user is not None}


@repo_page("GET", "HEAD", "POST")
def named_views(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """All views of the experiment, and a form that saves the state in the address as one."""
    experiment = experiment_of(repo, number)
    given = request.POST if request.method == "POST" else request.GET
    error = ""
    if request.method == "POST":
        try:
            made = save_view(
                repository=repo, experiment=experiment, name=given.get("name", ""), query=given.get("query", ""),
                shared="shared" in given, actor=actor_of(request),
            )  # fmt: skip
        except (Conflict, Invalid) as problem:
            error = f"{problem.message} {problem.next_step}".strip()
        else:
            messages.success(request, f"The view {made.name} is saved{' for the team' if made.shared else ''}.")
            return redirect(address_of(repo, number, made))
    return _page(request, repo, experiment, error)


def _page(request: HttpRequest, repo: Repository, experiment: Experiment, error: str) -> HttpResponse:
    posted = request.method == "POST"
    query = request.POST.get("query", "") if posted else request.GET.urlencode()
    menu = views_context(request, repo, experiment, _quietly_clean(query))
    context = {
        **menu,
        "state_words": words_of(menu["saved_query"]),
        "shown_views": [(view, words_of(view.query)) for view in (*menu["saved"].shared, *menu["saved"].own)],
        "experiment": experiment,
        "here": home_of(repo, "experiment", number=experiment.number),
        "name": request.POST.get("name", "").replace("\0", ""),
        "wants_shared": "shared" in request.POST if posted else True,
        "may_share": level_for(actor_of(request), repo) >= Level.WRITE,
        "error": error,
    }
    return draw(request, repo, "tracking/named_views.html", context, active=TAB, status=400 if error else 200)


def words_of(query: str) -> list[str]:
    """What a state shows, in words; empty for the usual one."""
    state = TableState.from_query(QueryDict(query))
    found = [f"Filter: {state.text}"] if state.text else []
    found += [f"{state.view.capitalize()} runs"] if state.view != state.usual_view else []
    found += [f"Grouped by {', '.join(state.groups)}"] if state.groups else []
    orders = [f"{sort.key} ({'largest' if sort.descending else 'smallest'} first)" for sort in state.sorts]
    found += [f"Ordered by {', '.join(orders)}"] if orders else []
    found += [f"{len(state.columns)} columns: {', '.join(state.columns)}"] if state.columns else []
    found += [f"With the runs of {len(state.experiments)} more experiments"] if state.experiments else []
    return found


def _quietly_clean(query: str) -> str:
    try:
        return clean_query(query)
    except Invalid:
        return ""


@repo_page("GET", "HEAD", "POST")
def named_view(request: HttpRequest, repo: Repository, number: int, view: int) -> HttpResponse:
    """Look at the table as the view has it; or change its name, its state or who sees it."""
    found = view_of(experiment_of(repo, number), actor_of(request), view)
    if request.method != "POST":
        return redirect(address_of(repo, number, found))
    given = request.POST
    changed = change_view(
        view=found, actor=actor_of(request), name=given.get("name"), query=given.get("query"),
        shared={"yes": True, "no": False}.get(given.get("shared", "")),
    )  # fmt: skip
    messages.success(request, f"The view {changed.name} is changed.")
    to_table = "query" in given
    return redirect(address_of(repo, number, changed) if to_table else home_of(repo, "named_views", number=number))


@repo_page("POST")
def deletion(request: HttpRequest, repo: Repository, number: int, view: int) -> HttpResponse:
    """Delete a view."""
    found = view_of(experiment_of(repo, number), actor_of(request), view)
    delete_view(view=found, actor=actor_of(request))
    messages.success(request, f"The view {found.name} is deleted. The runs it showed are untouched.")
    return redirect(home_of(repo, "named_views", number=number))


@repo_page("POST", needs=Level.WRITE)
def default(request: HttpRequest, repo: Repository, number: int, view: int) -> HttpResponse:
    """Make a shared view what everybody sees first, or no longer."""
    found = view_of(experiment_of(repo, number), actor_of(request), view)
    set_default(view=found, actor=actor_of(request), default="off" not in request.POST)
    opens = f"opens with {found.name}" if found.is_default else "opens as usual, the newest run first"
    messages.success(request, f"The table of this experiment {opens}.")
    return redirect(home_of(repo, "named_views", number=number))


def address_of(repo: Repository, number: int, view: NamedView) -> str:
    """The table as a view has it. A view of the usual state names it, so that no default takes its place."""
    return f"{home_of(repo, 'experiment', number=number)}?{view.query or 'view=active'}"
