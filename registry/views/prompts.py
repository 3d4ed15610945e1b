"""The page of a prompt: its text at a version, the variables in it, and what changed since another version."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from hub.lib.errors import Invalid
from registry import prompts, rules
from registry.models import ModelVersion
from registry.selectors.pages import aliases_of, model_of, version_of, versions_of
from registry.selectors.pages_versions import alias_names
from registry.views.addresses import TAB, page_of
from registry.views.models import model_context, rendered
from registry.views.snippets import load_prompt
from repos.models import Repository
from repos.views.frame import draw, repo_page

PER_PAGE = 25
_OWN = {rules.IS_PROMPT, rules.PROMPT_TEXT, rules.PROMPT_TYPE}


@repo_page()
def prompt(request: HttpRequest, repo: Repository, model: str, number: int | None = None) -> HttpResponse:
    """A prompt at a version (the newest when none is named); `?against=1` shows what changed since that one."""
    found = model_of(repo, model)
    if not found.is_prompt:
        return redirect(page_of(repo, found, number))
    page = Paginator(versions_of(found), PER_PAGE).get_page(request.GET.get("page"))
    version = versions_of(found).first() if number is None else version_of(found, number)
    against = _other(request, found_version=version) if version else None
    aliases = aliases_of(found)
    names = alias_names(list(page))
    context = {
        **model_context(repo, found, aliases),
        "page": page,
        "rows": [(each, names[each.pk], page_of(repo, found, each.number)) for each in page],
        "description": rendered(found.description),
        "version": version,
        "against": against,
    }
    if version is not None:
        tags = dict(version.tags.values_list("key", "value"))
        text, kind = tags.get(rules.PROMPT_TEXT, ""), tags.get(rules.PROMPT_TYPE, "text")
        variables = prompts.variables_of(text)
        pointers = [name for name, pointed in aliases if pointed == version.number]
        which = f"@{pointers[0]}" if pointers else f"/{version.number}"
        context |= {
            "version_url": page_of(repo, found, version.number),
            "version_aliases": pointers,
            "messages_shown": prompts.messages_of(text, kind),
            "is_chat": kind == "chat",
            "variables": variables,
            "version_tags": [(key, value) for key, value in sorted(tags.items()) if key not in _OWN],
            "difference": prompts.difference(_lines_of(against), prompts.as_lines(text, kind)) if against else None,
            "snippets": load_prompt(request, found, which, variables),
        }
    return draw(request, repo, "registry/prompt.html", context, active=TAB)


def _other(request: HttpRequest, *, found_version: ModelVersion) -> ModelVersion | None:
    """The version that `against` names; raises Invalid, NotFound."""
    word = request.GET.get("against", "")
    if not word:
        return None
    if not (word.isascii() and word.isdigit() and len(word) < 11):
        raise Invalid("`against` is the number of a version.", field="against")
    return version_of(found_version.model, int(word))


def _lines_of(version: ModelVersion) -> list[str]:
    tags = dict(version.tags.filter(key__in=_OWN).values_list("key", "value"))
    return prompts.as_lines(tags.get(rules.PROMPT_TEXT, ""), tags.get(rules.PROMPT_TYPE, "text"))
