"""Setting, moving and removing aliases: programs load what an alias points at, so moving one is asked for twice."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import Invalid, NotFound
from registry.forms import AliasForm
from registry.models import RegisteredModel
from registry.selectors.pages import aliases_of, model_of
from registry.services.aliases import delete_alias, set_alias
from registry.views.addresses import TAB, page_of
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
    if now not in (None, number, form.cleaned_data["was"]):
        return _ask(request, repo, found, alias, now=now, wanted=number)
    try:
        set_alias(repository=repo, name=model, alias=alias, version=str(number), actor=actor_of(request))
    except (Invalid, NotFound) as error:
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
    delete_alias(repository=repo, name=model, alias=alias, actor=actor_of(request))
    messages.success(request, f"@{alias} is removed.")
    return redirect(back)


def _ask(
    request: HttpRequest, repo: Repository, model: RegisteredModel, alias: str, *, now: int | None, wanted: int | None
) -> HttpResponse:
    """The page that asks before an alias leaves the version it points at now."""
    context = {"model": model, "alias": alias, "now": now, "wanted": wanted, "back": page_of(repo, model)}
    return draw(request, repo, "registry/alias.html", context, active=TAB)
