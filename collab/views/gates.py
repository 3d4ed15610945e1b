"""Settings of metric gates: added, changed, tried on open pull requests, removed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from accounts.levels import Level
from collab.forms.gates import GateForm
from collab.gate_rules import read_rule
from collab.models import MetricGate
from collab.selectors.gates import Tried, gates_of, try_gate
from collab.services.gates import gate_of, remove_gate, save_gate
from hub.lib.errors import HubError
from hub.lib.http import posted
from repos.models import Repository
from repos.views.frame import READING, actor_of, draw, refuse, repo_page

MOST_NAMES = 200


@repo_page(*READING, "POST", needs=Level.ADMIN)
def gates(request: HttpRequest, repo: Repository) -> HttpResponseBase:
    """The gates; POST adds one, or with `try` says what it would make of the open pull requests."""
    form = GateForm(posted(request))
    tried = _tried(request, repo, form)
    if request.method == "POST" and tried is None and _saved(request, repo, form):
        return redirect("collab:gates", repo.owner.slug, repo.name)
    return _page(request, repo, form, tried)


@repo_page(*READING, "POST", needs=Level.ADMIN)
def gate(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """One gate to be changed or tried."""
    row = gate_of(repo, pk)
    values = {"name": row.name, "rule": row.rule, "branches": row.branches, "experiment": row.experiment}
    form = GateForm(posted(request), initial=values)
    tried = _tried(request, repo, form)
    if request.method == "POST" and tried is None and _saved(request, repo, form, row):
        return redirect("collab:gates", repo.owner.slug, repo.name)
    return _page(request, repo, form, tried, row)


@repo_page(*READING, "POST", needs=Level.ADMIN)
def gate_removal(request: HttpRequest, repo: Repository, pk: int) -> HttpResponseBase:
    """Ask, and remove a gate."""
    row = gate_of(repo, pk)
    if request.method == "POST":
        remove_gate(actor=actor_of(request), gate=row)
        messages.success(request, f"The gate {row.name} is gone.")
        return redirect("collab:gates", repo.owner.slug, repo.name)
    required = [rule.pattern for rule in repo.protected_branches.all() if f"gate/{row.name}" in rule.required_checks]
    context = {"gate": row, "required": required, "section": "gates"}
    return draw(request, repo, "collab/gate_removal.html", context, active="settings")


def _saved(request: HttpRequest, repo: Repository, form: GateForm, row: MetricGate | None = None) -> bool:
    if not form.is_valid():
        return False
    try:
        saved = save_gate(actor=actor_of(request), repository=repo, gate=row, **form.cleaned_data)
    except HubError as error:
        refuse(form, error)
        return False
    messages.success(request, f"The gate {saved.name} holds. Open pull requests are checked now.")
    return True


def _tried(request: HttpRequest, repo: Repository, form: GateForm) -> list[Tried] | None:
    """What the rule makes of open pull requests; None when that was not asked, or the rule is wrong."""
    if request.POST.get("do") != "try" or not form.is_valid():
        return None
    try:
        read_rule(form.cleaned_data["rule"])
    except HubError as error:
        refuse(form, error)
        return None
    values = form.cleaned_data
    return try_gate(
        MetricGate(
            repository=repo, name=values["name"], rule=values["rule"],
            branches=values["branches"].strip() or "*", experiment=values["experiment"].strip(),
        )
    )  # fmt: skip


def _page(
    request: HttpRequest, repo: Repository, form: GateForm, tried: list[Tried] | None, row: MetricGate | None = None
) -> HttpResponse:
    experiments = repo.experiments.filter(deleted_at=None).order_by("name")
    context: dict[str, Any] = {
        "gates": gates_of(repo),
        "form": form,
        "tried": tried,
        "was_tried": tried is not None,
        "gate": row,
        "experiments": experiments.values_list("name", flat=True)[:MOST_NAMES],
        "section": "gates",
    }
    status = 400 if form.is_bound and form.errors else 200
    return draw(request, repo, "collab/gates.html", context, active="settings", status=status)
