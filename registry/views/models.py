"""The page of a model, and what can be changed about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString, mark_safe

from accounts.levels import Level
from hub.lib.errors import HubError, Invalid
from hub.lib.http import posted
from hub.lib.render import markdown
from registry.forms import AliasForm, DescriptionForm, ModelNameForm, TagForm
from registry.forms_promotions import ReasonForm
from registry.models import ModelVersion, RegisteredModel
from registry.rules import IS_PROMPT
from registry.selectors.pages import aliases_of, model_of, versions_of
from registry.selectors.pages_history import latest_of
from registry.selectors.pages_promotions import waiting_of
from registry.selectors.pages_versions import version_table
from registry.selectors.promotions import rules_at_stake, rules_in_force
from registry.services import tags as tag_services
from registry.services.models import delete_registered_model, describe_registered_model, rename_registered_model
from registry.views.addresses import TAB, home_of, page_of
from registry.views.snippets import load_model
from repos.models import Repository
from repos.views.frame import actor_of, draw, refuse, repo_page

PER_PAGE = 25
EVENTS = 6


@repo_page()
def model(request: HttpRequest, repo: Repository, model: str) -> HttpResponse:
    """What a model is, its versions and aliases, how to load it, and what was done to it last."""
    found = model_of(repo, model)
    if found.is_prompt:
        return redirect(page_of(repo, found))
    page = Paginator(versions_of(found), PER_PAGE).get_page(request.GET.get("page"))
    aliases = aliases_of(found)
    newest = page[0].number if len(page) else 1
    context = {
        **model_context(repo, found, aliases),
        **promotion_context(repo, found),
        "page": page,
        "table": version_table(repo, list(page)),
        "description": rendered(found.description),
        "snippets": load_model(request, found, _which(aliases, newest)) if len(page) else [],
    }
    return draw(request, repo, "registry/model.html", context, active=TAB)


def model_context(repo: Repository, model: RegisteredModel, aliases: list[tuple[str, int]]) -> dict[str, object]:
    """What the pages of a model and of a prompt share."""
    return {
        "model": model,
        "here": home_of(repo, "model", model=model.name),
        "home": page_of(repo, model),
        "aliases": [(name, number, page_of(repo, model, number)) for name, number in aliases],
        "alias_form": AliasForm(),
        "tags": [pair for pair in model.tags.order_by("key").values_list("key", "value") if pair[0] != IS_PROMPT],
        "tag_form": TagForm(),
        "events": latest_of(model, most=EVENTS),
    }


def promotion_context(repo: Repository, model: RegisteredModel, version: ModelVersion | None = None) -> dict[str, Any]:
    """The rules in force for a model, and the requests that wait: for the version, where one is given."""
    waiting = [
        (each, home_of(repo, "request", model=model.name, number=each.number)) for each in waiting_of(model, version)
    ]
    asked = [each.place for each, _ in waiting] if version else []
    return {"in_force": rules_in_force(model), "waiting": waiting, "asked": asked}


def _which(aliases: list[tuple[str, int]], newest: int) -> str:
    """What follows a model's name in an address: an alias rather than a number, since it stays true."""
    return f"@{aliases[0][0]}" if aliases else f"/{newest}"


def rendered(text: str) -> SafeString | None:
    """A description as HTML, None when there is none."""
    return mark_safe(markdown.render(text)) if text else None  # noqa: S308 (hub.lib.render gives safe HTML only)


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def name(request: HttpRequest, repo: Repository, model: str) -> HttpResponse:
    """Rename a model or prompt."""
    found = model_of(repo, model)
    form = ModelNameForm(posted(request), initial={"name": found.name}, governed=bool(rules_at_stake(found)))
    if request.method == "POST" and form.is_valid():
        try:
            renamed = rename_registered_model(
                repository=repo, name=model, new_name=form.cleaned_data["name"], actor=actor_of(request),
                reason=form.cleaned_data.get("reason", ""),
            )  # fmt: skip
        except HubError as error:
            form.add_error("name", error.message)
        else:
            return redirect(page_of(repo, renamed))
    context = {"form": form, "heading": f"Rename {found.name}", "verb": "Rename", "back": page_of(repo, found)}
    return draw(request, repo, "registry/form.html", context, active=TAB, status=400 if form.errors else 200)


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def description(request: HttpRequest, repo: Repository, model: str) -> HttpResponse:
    """Write the description of a model or prompt."""
    found = model_of(repo, model)
    form = DescriptionForm(posted(request), initial={"description": found.description})
    if request.method == "POST" and form.is_valid():
        try:
            describe_registered_model(
                repository=repo, name=model, description=form.cleaned_data["description"], actor=actor_of(request)
            )
        except HubError as error:
            refuse(form, error)
        else:
            return redirect(page_of(repo, found))
    heading, back = f"Describe {found.name}", page_of(repo, found)
    context = {"form": form, "heading": heading, "verb": "Save description", "back": back, "wide": True}
    return draw(request, repo, "registry/form.html", context, active=TAB, status=400 if form.errors else 200)


@repo_page("POST", needs=Level.WRITE)
def tags(request: HttpRequest, repo: Repository, model: str) -> HttpResponse:
    """Set a tag, or remove the one that is named in `remove`."""
    found = model_of(repo, model)
    removed, form = request.POST.get("remove", ""), TagForm(request.POST)
    if removed == IS_PROMPT or request.POST.get("key") == IS_PROMPT:
        raise Invalid("Whether this is a model or a prompt is not changed by a tag here.", field="key")
    if removed:
        tag_services.delete_model_tag(repository=repo, name=model, key=removed, actor=actor_of(request))
    elif form.is_valid():
        tag_services.set_model_tag(repository=repo, name=model, actor=actor_of(request), **form.cleaned_data)
    else:
        messages.error(request, "A tag needs a key of at most 250 characters. Nothing was changed.")
    return redirect(page_of(repo, found) + "#tags")


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def deletion(request: HttpRequest, repo: Repository, model: str) -> HttpResponse:
    """Delete a model or prompt for ever, after its name was typed."""
    found = model_of(repo, model)
    typed = request.POST.get("confirm", "")
    if request.method == "POST" and typed == found.name:
        reason = request.POST.get("reason", "")
        delete_registered_model(repository=repo, name=model, reason=reason, actor=actor_of(request))
        messages.success(request, f"{found.name} is deleted.")
        return redirect(home_of(repo, "prompts" if found.is_prompt else "models"))
    versions = versions_of(found)
    context = {
        "model": found,
        "versions": versions.count(),
        "aliases": aliases_of(found),
        "back": page_of(repo, found),
        "governed": rules_at_stake(found),
        "reason_form": ReasonForm(),
        "error": "This is not its name. Nothing was deleted." if request.method == "POST" else "",
    }
    status = 400 if request.method == "POST" else 200
    return draw(request, repo, "registry/deletion.html", context, active=TAB, status=status)


def versions_named(model: RegisteredModel, numbers: list[int]) -> QuerySet[ModelVersion]:
    """Those of a model's versions that have these numbers."""
    return versions_of(model).filter(number__in=numbers)
