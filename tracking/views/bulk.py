"""Changing many runs of a table at once: what it means first, then it is done, or seen to be under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import Conflict, Invalid
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page
from tracking.models import Action, BulkChange, Experiment
from tracking.search.errors import FilterError
from tracking.selectors.bulk import changes_under_way, latest_changes, reach_of
from tracking.selectors.run_page import experiment_of
from tracking.selectors.run_scope import Scope, scope_of
from tracking.services.bulk import ask_change, told
from tracking.table_state import TableState
from tracking.views.experiments import TAB, home_of
from tracking.views.filtering import experiments_asked

MOST_PICKED = 1000
_ARGUMENTS = ("key", "value", "experiment")


@repo_page("POST", needs=Level.WRITE)
def change(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Do `action` to the runs picked, or to `all` that match the address: asked first, done with `confirm`."""
    experiment = experiment_of(repo, number)
    action = _action(request)
    chosen = _chosen(request, repo, experiment)
    if "confirm" not in request.POST:
        return _ask(request, repo, experiment, action, chosen)
    given = {name: request.POST.get(name, "") for name in _ARGUMENTS}
    count = request.POST.get("count", "")
    expected = (
        int(count) if isinstance(chosen, Scope) and count.isascii() and count.isdecimal() and len(count) < 12 else None
    )
    try:
        made = ask_change(
            repository=repo, experiment=experiment, action=action, chosen=chosen, arguments=given, expected=expected,
            actor=actor_of(request),
        )  # fmt: skip
    except (Conflict, Invalid) as problem:
        return _ask(request, repo, experiment, action, chosen, f"{problem.message} {problem.next_step}".strip())
    _tell(request, made)
    return redirect(_table(repo, number, request.GET))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def _action(request: HttpRequest) -> Action:
    word = request.POST.get("action") or request.GET.get("action", "")
    if word not in Action.values:
        raise Invalid("There is no such thing to do to runs. Nothing was changed.")
    return Action(word)


def _chosen(request: HttpRequest, repo: Repository, experiment: Experiment) -> Sequence[str] | Scope:
    if "all" not in request.POST:
        picked = request.POST.getlist("run")
        if len(picked) > MOST_PICKED:
            raise Invalid(f"At most {MOST_PICKED:,} runs can be picked. Nothing was changed.",
                          next_step="Choose all that match the filter instead.")  # fmt: skip
        return picked
    usual = "deleted" if experiment.is_deleted else "active"
    state = replace(TableState.from_query(request.GET, usual_view=usual), tree=False)
    try:
        return scope_of(repo, experiments_asked(repo, experiment.number, request), state)
    except FilterError as error:
        raise Invalid(f"{error.message} Nothing was changed.", next_step="Correct the filter first.") from error


def _ask(
    request: HttpRequest, repo: Repository, experiment: Experiment, action: Action, chosen: Sequence[str] | Scope,
    error: str = "",
) -> HttpResponse:  # fmt: skip
    reach = reach_of(repo, chosen, nested=action is Action.MOVE)
    back = _table(repo, experiment.number, request.GET)
    if not reach.count:
        messages.warning(request, "No run was picked, so nothing was changed.")
        return redirect(back)
    context: dict[str, Any] = {
        "experiment": experiment,
        "action": action.value,
        "reach": reach,
        "everything": isinstance(chosen, Scope),
        "picked": [] if isinstance(chosen, Scope) else chosen,
        "given": {name: request.POST.get(name, "").replace("\0", "") for name in _ARGUMENTS},
        "targets": _targets(repo, experiment) if action is Action.MOVE else [],
        "query": _state(request.GET),
        "back": back,
        "here": home_of(repo, "experiment", number=experiment.number),
        "error": error,
    }
    return draw(request, repo, "tracking/bulk_change.html", context, active=TAB, status=400 if error else 200)


def _targets(repo: Repository, experiment: Experiment) -> list[Experiment]:
    others = Experiment.objects.filter(repository=repo, deleted_at__isnull=True).exclude(pk=experiment.pk)
    return list(others.order_by("name")[:500])


def _state(query: QueryDict) -> str:
    kept = query.copy()
    kept.pop("action", None)
    return kept.urlencode()


def _table(repo: Repository, number: int, query: QueryDict) -> str:
    state = _state(query)
    return home_of(repo, "experiment", number=number) + (f"?{state}" if state else "")


def _tell(request: HttpRequest, made: BulkChange) -> None:
    if made.finished_at is None:
        messages.info(request, f"{made.total:,} runs are being changed. This goes on without you.")
        return
    if made.done:
        messages.success(request, f"{told(made)}.")
    if made.refused:
        messages.warning(request, f"Left as they were: {reasons_of(made)}.")


def reasons_of(made: BulkChange) -> str:
    """Why runs were left as they were: `2 still running`, in words."""
    return "; ".join(f"{count:,} ({reason})" for reason, count in sorted(made.reasons.items()))


def changes_context(repo: Repository, experiment: Experiment, *, whole: bool = False) -> dict[str, Any]:
    """What the list of changes needs (_runs_changes.html): those under way, or `whole`: all of late."""
    found = latest_changes(experiment) if whole else changes_under_way(experiment)
    here = home_of(repo, "experiment", number=experiment.number)
    return {
        "changes": [(each, told(each), reasons_of(each)) for each in found],
        "changing": any(each.finished_at is None for each in found),
        "changes_url": f"{here}/changes" + ("" if whole else "?under-way=1"),
        "here": here,
    }


@repo_page()
def changes(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """The changes of many runs that go on or ended of late; asks for itself again while one goes on."""
    experiment = experiment_of(repo, number)
    context = {**changes_context(repo, experiment, whole="under-way" not in request.GET), "experiment": experiment}
    return draw(request, repo, "tracking/bulk_changes.html", context, part="tracking/_runs_changes.html", active=TAB)
