"""Milestones: listed with their progress, looked at with their issues, made, changed, closed and deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from accounts.levels import Level
from collab.forms.sorting import MilestoneForm
from collab.models import Kind, Milestone
from collab.search_language import Query, Term, quoted
from collab.selectors import milestones as selectors
from collab.selectors.topic_lists import topic_list
from collab.services import milestones as services
from collab.text import render_text
from hub.lib.errors import HubError
from repos.models import Repository
from repos.views.frame import READING, actor_of, draw, refuse, repo_page


@repo_page()
def milestones(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """The open ones, or with ?state=closed the closed ones."""
    closed, sort = request.GET.get("state") == "closed", request.GET.get("sort", "due")
    sort = sort if sort in selectors.SORTS else "due"
    lines = selectors.milestone_lines(repo, timezone.now().date(), closed=closed, sort=sort)
    open_count, closed_count = selectors.milestone_counts(repo)
    context = {
        "lines": lines,
        "is_closed": closed,
        "sort": sort,
        "sorts": selectors.SORTS,
        "open_count": open_count,
        "closed_count": closed_count,
    }
    return draw(request, repo, "collab/milestones.html", context, active="issues")


@repo_page()
def milestone(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """A milestone: how far it is, and what leads to it, open or with ?state=closed closed."""
    line = selectors.milestone_line(repo, number, timezone.now().date())
    state = "closed" if request.GET.get("state") == "closed" else "open"
    terms = [Term("is", (state,)), Term("is", ("issue", "pr")), Term("milestone", (line.milestone.title,))]
    page = request.GET.get("page", "1")
    found = topic_list(
        Query(tuple(terms)),
        repository=repo,
        actor=actor_of(request),
        kind=Kind.ISSUE,
        number=int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1,
    )
    context = {
        "line": line,
        "milestone": line.milestone,
        "list": found,
        "state": state,
        "about": render_text(line.milestone.description, repository=repo, actor=actor_of(request)),
        "query": f"is:open milestone:{quoted(line.milestone.title)}",
    }
    return draw(request, repo, "collab/milestone.html", context, active="issues")


@repo_page(*READING, "POST", needs=Level.WRITE)
def new(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Make a milestone."""
    form = MilestoneForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = services.create_milestone(actor=actor_of(request), repository=repo, **form.cleaned_data)
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, f"The milestone {made.title} was made.")
            return redirect("collab:milestone", repo.owner.slug, repo.name, made.number)
    return _form(request, repo, form, None)


@repo_page(*READING, "POST", needs=Level.WRITE)
def edit(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Change a milestone."""
    goal = selectors.find_milestone(repo, number)
    form = MilestoneForm.of(goal, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.edit_milestone(actor=actor_of(request), milestone=goal, **form.cleaned_data)
        except HubError as error:
            refuse(form, error)
            goal.refresh_from_db()
        else:
            return redirect("collab:milestone", repo.owner.slug, repo.name, goal.number)
    return _form(request, repo, form, goal)


def _form(request: HttpRequest, repo: Repository, form: MilestoneForm, goal: Milestone | None) -> HttpResponseBase:
    context: dict[str, Any] = {"form": form, "milestone": goal}
    status = 400 if form.is_bound else 200
    return draw(request, repo, "collab/milestone_form.html", context, active="issues", status=status)


@repo_page("POST", needs=Level.WRITE)
def closure(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Close a milestone, or open it again (`state` is "open")."""
    goal, actor = selectors.find_milestone(repo, number), actor_of(request)
    if request.POST.get("state") == "open":
        services.reopen_milestone(actor=actor, milestone=goal)
    else:
        services.close_milestone(actor=actor, milestone=goal)
    messages.success(request, f"The milestone {goal.title} is {'closed' if goal.closed_at else 'open'}.")
    return redirect("collab:milestone", repo.owner.slug, repo.name, goal.number)


@repo_page(*READING, "POST", needs=Level.WRITE)
def deletion(request: HttpRequest, repo: Repository, number: int) -> HttpResponseBase:
    """Ask whether the milestone shall go; POST with its title deletes it."""
    line, error = selectors.milestone_line(repo, number, timezone.now().date()), ""
    goal = line.milestone
    if request.method == "POST":
        if request.POST.get("confirm", "").strip() == goal.title:
            count = services.delete_milestone(actor=actor_of(request), milestone=goal)
            messages.success(request, f"The milestone {goal.title} was deleted; {count} things led to it.")
            return redirect("collab:milestones", repo.owner.slug, repo.name)
        error = f"Type {goal.title} to delete it. Nothing was deleted."
    context = {"line": line, "milestone": goal, "error": error}
    status = 400 if error else 200
    return draw(request, repo, "collab/milestone_deletion.html", context, active="issues", status=status)
