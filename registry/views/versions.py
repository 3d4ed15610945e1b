"""The page of one version of a model, and what can be changed about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import HubError
from hub.lib.http import posted
from registry.forms import AliasForm, DescriptionForm, StageForm, TagForm
from registry.forms_promotions import ReasonForm
from registry.lineage import lay_out
from registry.models import ModelVersion, Target
from registry.selectors.lineage import graph_of, version_key
from registry.selectors.pages import aliases_of, model_of, version_of
from registry.selectors.pages_version import lineage_of, made_of, metrics_of
from registry.selectors.promotions import holdings_under_rule
from registry.services import tags as tag_services
from registry.services.governing import Governed
from registry.services.versions import delete_model_version, describe_model_version, transition_stage
from registry.views.addresses import TAB, home_of, page_of
from registry.views.aliases import to_request
from registry.views.models import promotion_context, rendered
from registry.views.snippets import load_model
from repos.models import Repository
from repos.views.frame import actor_of, draw, refuse, repo_page


@repo_page()
def version(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """What a version was made of, what it takes and gives, and how to load it."""
    found = version_of(model_of(repo, model), number)
    if found.model.is_prompt:
        return redirect(page_of(repo, found.model, number))
    lineage = lineage_of(repo, found)
    pointers = [name for name, pointed in aliases_of(found.model) if pointed == number]
    promotion = promotion_context(repo, found.model, found)
    governed = any((rule.kind, rule.target) == (Target.STAGE, found.stage) for rule in promotion["in_force"])
    context = {
        **version_context(repo, found, pointers, "overview"),
        **promotion,
        "ask_url": home_of(repo, "ask", model=model, number=number),
        "description": rendered(found.description),
        "lineage": lineage,
        "drawing": lay_out(graph_of(repo, [found], here=version_key(found.model, found))),
        "metrics": metrics_of(lineage),
        "made": made_of(repo, found, lineage.run),
        "tags": list(found.tags.order_by("key").values_list("key", "value")),
        "tag_form": TagForm(),
        "alias_form": AliasForm(initial={"version": number}),
        "stage_form": StageForm(initial={"stage": found.stage}, governed=governed),
        "snippets": load_model(request, found.model, f"@{pointers[0]}" if pointers else f"/{number}"),
    }
    return draw(request, repo, "registry/version.html", context, active=TAB)


def version_context(repo: Repository, version: ModelVersion, aliases: list[str], page: str) -> dict[str, Any]:
    """What the head of every page of a version shows."""
    here = home_of(repo, "model_version", model=version.model.name, number=version.number)
    places = [("overview", "Overview", here, "info"), ("files", "Files", f"{here}/files", "files")]
    return {
        "version": version,
        "model": version.model,
        "model_url": page_of(repo, version.model),
        "here": here,
        "crumb": f"Version {version.number}",
        "version_aliases": aliases,
        "places": [(label, url, icon, key == page) for key, label, url, icon in places],
    }


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def description(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """Write the description of a version."""
    found = version_of(model_of(repo, model), number)
    form = DescriptionForm(posted(request), initial={"description": found.description})
    back = page_of(repo, found.model, number)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["description"]
        try:
            describe_model_version(
                repository=repo, name=model, version=str(number), description=words, actor=actor_of(request)
            )
        except HubError as error:
            refuse(form, error)
        else:
            return redirect(back)
    heading = f"Describe {model}, version {number}"
    context = {"form": form, "heading": heading, "verb": "Save description", "back": back, "wide": True}
    return draw(request, repo, "registry/form.html", context, active=TAB, status=400 if form.errors else 200)


@repo_page("POST", needs=Level.WRITE)
def tags(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """Set a tag of a version, or remove the one that is named in `remove`."""
    found = version_of(model_of(repo, model), number)
    removed, form = request.POST.get("remove", ""), TagForm(request.POST)
    where: dict[str, Any] = {"repository": repo, "name": model, "version": str(number), "actor": actor_of(request)}
    if removed:
        tag_services.delete_version_tag(**where, key=removed)
    elif form.is_valid():
        tag_services.set_version_tag(**where, **form.cleaned_data)
    else:
        messages.error(request, "A tag needs a key of at most 250 characters. Nothing was changed.")
    return redirect(page_of(repo, found.model, number) + "#tags")


@repo_page("POST", needs=Level.WRITE)
def stage(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """Move a version to another stage."""
    found = version_of(model_of(repo, model), number)
    form = StageForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Pick one of the stages. Nothing was changed.")
        return redirect(page_of(repo, found.model, number))
    wanted, archive = form.cleaned_data["stage"], form.cleaned_data["archive"]
    try:
        transition_stage(
            repository=repo, name=model, version=str(number), stage=wanted, archive_existing=archive,
            actor=actor_of(request), reason=form.cleaned_data["reason"],
        )  # fmt: skip
    except Governed as error:
        if error.version:
            return to_request(request, repo, found.model, Target.STAGE, wanted, number)
        messages.error(request, error.message)
    except HubError as error:
        messages.error(request, f"{error.message} Nothing was changed.")
    else:
        messages.success(request, f"Version {number} is in stage {wanted}.")
    return redirect(page_of(repo, found.model, number))


@repo_page("GET", "HEAD", "POST", needs=Level.WRITE)
def deletion(request: HttpRequest, repo: Repository, model: str, number: int) -> HttpResponse:
    """Delete a version with its aliases, after a look at what is lost."""
    found = version_of(model_of(repo, model), number)
    if request.method == "POST":
        where: dict[str, Any] = {"repository": repo, "name": model, "version": str(number)}
        delete_model_version(**where, reason=request.POST.get("reason", ""), actor=actor_of(request))
        messages.success(request, f"Version {number} is deleted. Its number is not given again.")
        return redirect(page_of(repo, found.model))
    governed, lost = (
        holdings_under_rule(found.model, found),
        [name for name, pointed in aliases_of(found.model) if pointed == number],
    )
    context = {
        "version": found, "model": found.model, "lost": lost, "back": page_of(repo, found.model, number),
        "governed": governed, "reason_form": ReasonForm(),
    }  # fmt: skip
    return draw(request, repo, "registry/version_deletion.html", context, active=TAB)
