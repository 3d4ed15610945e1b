"""The pages that say what it takes to move an alias or stage: of one model, or of all models of a repository."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import HubError
from registry.forms_promotions import PlaceForm, RuleForm
from registry.models import RegisteredModel
from registry.selectors.pages import model_of
from registry.selectors.promotions import default_rules, rules_in_force
from registry.services.promotion_rules import remove_rule, set_rule
from registry.views.addresses import TAB, home_of, page_of
from repos.models import Repository
from repos.views.frame import actor_of, draw, refuse, repo_page


@repo_page()
def rules(request: HttpRequest, repo: Repository, model: str | None = None) -> HttpResponse:
    """Which rules hold, and for administrators a form for another."""
    return _draw(request, repo, _named(repo, model), RuleForm())


@repo_page("POST", needs=Level.ADMIN)
def setting(request: HttpRequest, repo: Repository, model: str | None = None) -> HttpResponse:
    """Make a rule, or write another over the one for the same alias or stage."""
    found, form = _named(repo, model), RuleForm(request.POST)
    if form.is_valid():
        try:
            rule = set_rule(repository=repo, name=model, actor=actor_of(request), **form.cleaned_data)
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{rule} is moved by request from now on.")
            return redirect(_address(repo, found))
    return _draw(request, repo, found, form, status=400)


@repo_page("POST", needs=Level.ADMIN)
def removal(request: HttpRequest, repo: Repository, model: str | None = None) -> HttpResponse:
    """Remove a rule."""
    found, form = _named(repo, model), PlaceForm(request.POST)
    if form.is_valid():
        remove_rule(repository=repo, name=model, actor=actor_of(request), **form.cleaned_data)
        messages.success(request, "The rule is removed: whoever may write moves it again.")
    else:
        messages.error(request, "Name the alias or stage whose rule is to go. Nothing was changed.")
    return redirect(_address(repo, found))


def _named(repo: Repository, name: str | None) -> RegisteredModel | None:
    return model_of(repo, name) if name is not None else None


def _address(repo: Repository, model: RegisteredModel | None) -> str:
    return home_of(repo, "rules", model=model.name) if model else home_of(repo, "default_rules")


def _draw(
    request: HttpRequest, repo: Repository, model: RegisteredModel | None, form: RuleForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "model": model,
        "home": page_of(repo, model) if model else home_of(repo),
        "here": _address(repo, model),
        "rules": rules_in_force(model) if model else default_rules(repo),
        "form": form,
    }
    return draw(request, repo, "registry/rules.html", context, active=TAB, status=status)
