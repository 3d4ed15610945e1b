"""The trail of a model, or of all models of a repository: page by page, narrowed, and as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from hub.lib.errors import Invalid
from hub.lib.http import attachment
from registry.models import Door, RegisteredModel
from registry.selectors.history_words import KINDS
from registry.selectors.pages import model_of, names_of
from registry.selectors.pages_history import HistoryQuery, history_as_csv, history_as_json, history_of
from registry.views.addresses import TAB, home_of, page_of
from repos.models import Repository
from repos.views.frame import draw, repo_page

_LABELS = {
    "versions": "Models and versions",
    "aliases": "Aliases and stages",
    "promotions": "Promotions and rules",
    "texts": "Descriptions and tags",
}
_FORMS = {"csv": ("text/csv; charset=utf-8", history_as_csv), "json": ("application/json", history_as_json)}


@repo_page()
def history(request: HttpRequest, repo: Repository, model: str | None = None) -> HttpResponse:
    """Everything that was done, the latest first."""
    found, query = _asked(request, repo, model)
    word = request.GET.get("before", "")
    if word and not (word.isascii() and word.isdigit() and len(word) < 19):
        raise Invalid("`before` is the number of an event.", field="before")
    events, more = history_of(found or repo, query, before=int(word) if word else None)
    names = {} if found else names_of({event.model_key for event in events})
    here = home_of(repo, "model_history", model=found.name) if found else home_of(repo, "all_history")
    context = {
        "model": found,
        "home": page_of(repo, found) if found else home_of(repo),
        "here": here,
        "rows": [
            (event, _pages(repo, event.version, event.request, names.get(event.model_key, found))) for event in events
        ],
        "oldest": events[-1].key if events else 0,
        "more": more,
        "paged": bool(word),
        "query": query,
        "kinds": [(kind, _LABELS[kind]) for kind in KINDS],
        "doors": Door.choices,
        "exports": [(form, form.upper()) for form in _FORMS],
    }
    return draw(request, repo, "registry/history.html", context, active=TAB)


@repo_page()
def export(request: HttpRequest, repo: Repository, model: str | None = None) -> HttpResponseBase:
    """The same as a file, the oldest first: `?form=csv` or `?form=json`."""
    found, query = _asked(request, repo, model)
    form = request.GET.get("form", "csv")
    if form not in _FORMS:
        raise Invalid("The history is given as csv or json.", field="form")
    kind, write = _FORMS[form]
    name = f"{found.name if found else repo.name}-history.{form}"
    headers = {"Content-Disposition": attachment(name), "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(write(found or repo, query), content_type=kind, headers=headers)


def _asked(request: HttpRequest, repo: Repository, model: str | None) -> tuple[RegisteredModel | None, HistoryQuery]:
    found = model_of(repo, model) if model is not None else None
    asked = {name: request.GET.get(name, "").strip() for name in ("kind", "who", "door")}
    return found, HistoryQuery(**asked)


def _pages(repo: Repository, version: int | None, request: int, model: RegisteredModel | None) -> dict[str, str]:
    """Where an event leads: to its model, which may be gone, and the request it belongs to."""
    if model is None:
        return {}
    found = {"model": page_of(repo, model)}
    if request:
        found["request"] = home_of(repo, "request", model=model.name, number=request)
    return found
