"""The administrators' page of background work."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from hub.lib.errors import Forbidden, Unauthenticated
from hub.lib.http import render_page
from jobs import selectors, services
from jobs.models import Job

ROWS = 50


def _only_administrators(request: HttpRequest) -> None:
    # This room lies below accounts: it knows the actor by what the middleware put on the request.
    actor = request.actor  # type: ignore[attr-defined]
    if actor.is_anonymous:
        raise Unauthenticated("Sign in to go on.")
    if not actor.is_site_admin:
        raise Forbidden("Only administrators of the hub see this page.")


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """What waits, runs, has failed and was done."""
    _only_administrators(request)
    state = request.GET.get("state", "")
    page = Paginator(selectors.jobs_in(state), ROWS).get_page(request.GET.get("page"))
    counts = selectors.counts()
    tabs = [{"state": "", "label": "All", "count": sum(counts.values()), "active": state not in counts}]
    tabs += [
        {"state": word, "label": Job.State(word).label, "count": count, "active": word == state}
        for word, count in counts.items()
    ]
    context = {"place": "jobs", "page": page, "states": tabs, "busy": counts["waiting"] + counts["running"] > 0}
    return render_page(request, "jobs/jobs.html", "jobs/_jobs.html", context)


@require_POST
def retry(request: HttpRequest, number: int) -> HttpResponse:
    """Try a failed job again."""
    _only_administrators(request)
    job = services.retry(job=get_object_or_404(Job, pk=number))
    messages.success(request, f"Job {job.pk} waits for a worker again.")
    return redirect("jobs:jobs")
