"""The lists of models and of prompts."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from hub.lib.render.markdown import render_plain_summary
from registry.selectors.pages import SORTS, ListQuery, has_any, lines_of, models_listed
from registry.selectors.pages_promotions import waiting_count
from registry.views.addresses import TAB, home_of, page_of
from registry.views.snippets import first_model, first_prompt
from repos.models import Repository
from repos.views.frame import draw, repo_page

PER_PAGE = 50


@repo_page()
def listed(request: HttpRequest, repo: Repository, prompts: bool = False) -> HttpResponse:
    """All models, or all prompts, narrowed and sorted; while there is none, how to register the first."""
    query = ListQuery(request.GET.get("q", "").strip(), request.GET.get("sort") or "updated")
    page = Paginator(models_listed(repo, query, prompts=prompts), PER_PAGE).get_page(request.GET.get("page"))
    lines = lines_of(list(page))
    waiting = not lines and not has_any(repo, prompts=prompts)
    context = {
        "prompts": prompts,
        "places": [("Models", home_of(repo), not prompts), ("Prompts", home_of(repo, "prompts"), prompts)],
        "query": query,
        "sorts": SORTS,
        "page": page,
        "rows": [(line, page_of(repo, line.model), render_plain_summary(line.model.description)) for line in lines],
        "waiting": waiting,
        "requests": 0 if prompts else waiting_count(repo),
        "snippets": _first(request, repo, prompts=prompts) if waiting else [],
    }
    return draw(request, repo, "registry/models.html", context, part="registry/_models.html", active=TAB)


def _first(request: HttpRequest, repo: Repository, *, prompts: bool) -> list[dict[str, str]]:
    return first_prompt(request, repo) if prompts else first_model(request, repo)
