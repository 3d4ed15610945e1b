"""The labels of a repository: listed, made, changed, deleted, and the usual ones in one click."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.levels import Level
from collab.access import check_triage
from collab.forms.sorting import LabelForm
from collab.search_language import quoted
from collab.selectors.labels import find_label, labels_counted
from collab.services import labels as services
from hub.lib.errors import HubError
from repos.models import Repository
from repos.views.frame import READING, actor_of, draw, refuse, repo_page

FIRST_COLOUR = "#4a7bd0"


@repo_page(*READING, "POST")
def labels(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Every label with what has it; POST makes one."""
    if request.method != "POST":
        return _listed(request, repo, LabelForm(initial={"colour": FIRST_COLOUR}))
    check_triage(actor_of(request), repo)
    form = LabelForm(request.POST)
    if form.is_valid():
        try:
            made = services.create_label(actor=actor_of(request), repository=repo, **form.cleaned_data)
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, f"The label {made.name} was made.")
            return redirect("collab:labels", repo.owner.slug, repo.name)
    return _listed(request, repo, form, status=400)


def _listed(request: HttpRequest, repo: Repository, form: LabelForm, *, status: int = 200) -> HttpResponse:
    words = request.GET.get("q", "").replace("\0", "")[:100]
    here = reverse("collab:issues", args=[repo.owner.slug, repo.name])
    rows = [{"label": label, "query": f"is:open label:{quoted(label.name)}"} for label in labels_counted(repo, words)]
    context = {"rows": rows, "words": words, "form": form, "issues_url": here}
    return draw(request, repo, "collab/labels.html", context, active="issues", status=status)


@repo_page("POST", needs=Level.WRITE)
def usual(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """Make the usual labels that are not there yet."""
    made = services.add_usual_labels(actor=actor_of(request), repository=repo)
    words = f"{len(made)} labels were made." if made else "All of the usual labels are there already."
    messages.success(request, words)
    return redirect("collab:labels", repo.owner.slug, repo.name)


@repo_page(*READING, "POST", needs=Level.WRITE)
def edit(request: HttpRequest, repo: Repository, key: int) -> HttpResponseBase:
    """Change a label."""
    label = find_label(repo, key)
    form = LabelForm.of(label, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.edit_label(actor=actor_of(request), label=label, **form.cleaned_data)
        except HubError as error:
            refuse(form, error)
            label.refresh_from_db()
        else:
            messages.success(request, f"The label {label.name} was changed.")
            return redirect("collab:labels", repo.owner.slug, repo.name)
    context: dict[str, Any] = {"label": label, "form": form}
    status = 400 if form.is_bound else 200
    return draw(request, repo, "collab/label.html", context, active="issues", status=status)


@repo_page(*READING, "POST", needs=Level.WRITE)
def deletion(request: HttpRequest, repo: Repository, key: int) -> HttpResponseBase:
    """Ask whether the label shall go; POST with its name deletes it."""
    label, error = find_label(repo, key), ""
    if request.method == "POST":
        if request.POST.get("confirm", "").strip() == label.name:
            count = services.delete_label(actor=actor_of(request), label=label)
            messages.success(request, f"The label {label.name} was deleted; {count} things had it.")
            return redirect("collab:labels", repo.owner.slug, repo.name)
        error = f"Type {label.name} to delete it. Nothing was deleted."
    context = {"label": label, "error": error}
    status = 400 if error else 200
    return draw(request, repo, "collab/label_deletion.html", context, active="issues", status=status)
