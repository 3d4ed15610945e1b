"""Setting, moving and removing aliases: programs load what an alias points at, so moving one is asked for twice."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import Forbidden, HubError, Invalid
from registry.forms import AliasForm
from registry.forms_promotions import ReasonForm
from registry.models import RegisteredModel, Target
from registry.models.promotions import shown_target
from registry.selectors.pages import aliases_of, model_of
from registry.selectors.promotions import rule_for
from registry.services.aliases import delete_alias, set_alias
from registry.views.addresses import TAB, home_of, page_of
from repos.models import Repository
from repos.views.frame import actor_of, draw, repo_page


@repo_page("POST", needs=Level.WRITE)
def aliases(request: HttpRequest, repo: Repository, model: str) -> HttpResponse:
    """Point an alias at a version; one that points at another version is moved only when that was confirmed."""
    found = model_of(repo, model)
    form = AliasForm(request.POST)
    back = page_of(repo, found) + "#aliases"
    if not form.is_valid():
        messages.error(request, "An alias needs a name and the number of a version. Nothing was changed.")
        return redirect(back)
    alias, number = form.cleaned_data["alias"], form.cleaned_data["version"]
    now = dict(aliases_of(found)).get(alias)
    if now != number and rule_for(found, Target.ALIAS, alias):
        return to_request(request, repo, found, Target.ALIAS, alias, number)
    if now not in (None, number, form.cleaned_data["was"]):
        return _ask(request, repo, found, alias, now=now, wanted=number)
    try:
        set_alias(repository=repo, name=model, alias=alias, version=str(number), actor=actor_of(request))
    except HubError as error:
        messages.error(request, f"{error.message} Nothing was changed.")
    else:
        messages.success(request, f"@{alias} points at version {number}.")
    return redirect(back)


@repo_page("POST", needs=Level.WRITE)
def removal(request: HttpRequest, repo: Repository, model: str) -> HttpResponse:
    """Remove an alias, when that was confirmed."""
    found = model_of(repo, model)
    alias = request.POST.get("alias", "")
    now = dict(aliases_of(found)).get(alias)
    back = page_of(repo, found) + "#aliases"
    if now is None:
        messages.error(request, "There is no such alias. Nothing was changed.")
        return redirect(back)
    if request.POST.get("was") != str(now):
        return _ask(request, repo, found, alias, now=now, wanted=None)
    reason = request.POST.get("reason", "")
    try:
        delete_alias(repository=repo, name=model, alias=alias, reason=reason, actor=actor_of(request))
    except (Forbidden, Invalid) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"@{alias} is removed.")
    return redirect(back)


def to_request(
    request: HttpRequest, repo: Repository, model: RegisteredModel, kind: Target, target: str, number: int
) -> HttpResponse:
    """What a rule governs is asked for: lead to the page for that."""
    messages.info(request, f"{shown_target(kind, target)} has a rule: it is moved by request. Nothing was changed.")
    page = home_of(repo, "ask", model=model.name, number=number)
    return redirect(f"{page}?{urlencode({kind.value: target})}")


def _ask(
    request: HttpRequest, repo: Repository, model: RegisteredModel, alias: str, *, now: int | None, wanted: int | None
) -> HttpResponse:
    """The page that asks before an alias leaves the version it points at now."""
    governed = wanted is None and rule_for(model, Target.ALIAS, alias) is not None
    context = {
        "model": model, "alias": alias, "now": now, "wanted": wanted, "back": page_of(repo, model),
        "governed": governed, "reason_form": ReasonForm(),
    }  # fmt: skip
    return draw(request, repo, "registry/alias.html", context, active=TAB)
