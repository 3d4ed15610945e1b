"""The pages on which administrators of a repository set up the endpoints that prompts are tried against."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.levels import Level
from hub.lib.errors import HubError
from hub.lib.http import posted
from registry.forms_playground import EndpointForm
from registry.models import ModelEndpoint
from registry.selectors.playground import endpoint_of, endpoints_of
from registry.services.endpoints import fetch_models, remove_endpoint, save_endpoint
from registry.views.addresses import TAB, home_of
from registry.views.snippets import serve_language_model
from repos.models import Repository
from repos.views.frame import actor_of, draw, refuse, repo_page

_FIELDS = ("name", "base_url", "default_model", "max_tokens", "calls_per_hour", "seconds", "input_price",
           "output_price")  # fmt: skip
_PRICES = ("input_price", "output_price")


@repo_page(needs=Level.ADMIN)
def endpoints(request: HttpRequest, repo: Repository) -> HttpResponse:
    """The endpoints of the repository."""
    rows = [(each, home_of(repo, "endpoint", number=each.pk)) for each in endpoints_of(repo)]
    context = {"rows": rows, "new": home_of(repo, "new_endpoint"), "snippets": serve_language_model()}
    return draw(request, repo, "registry/endpoints.html", context, active=TAB)


@repo_page("GET", "HEAD", "POST", needs=Level.ADMIN)
def new(request: HttpRequest, repo: Repository) -> HttpResponse:
    """Set up an endpoint."""
    return _edit(request, repo, None, EndpointForm(posted(request)))


@repo_page("GET", "HEAD", "POST", needs=Level.ADMIN)
def endpoint(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Change an endpoint; its key is kept unless another is typed."""
    found = endpoint_of(repo, number)
    initial = {field: getattr(found, field) for field in _FIELDS} | {"offered": "\n".join(found.offered)}
    prices = {field: f"{initial[field].normalize():f}" for field in _PRICES if initial[field] is not None}
    return _edit(request, repo, found, EndpointForm(posted(request), initial=initial | prices))


def _edit(request: HttpRequest, repo: Repository, found: ModelEndpoint | None, form: EndpointForm) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_endpoint(repository=repo, endpoint=found, actor=actor_of(request), **form.cleaned_data)
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{saved.name} is saved.")
            return redirect(home_of(repo, "endpoint", number=saved.pk))
    if found is None or not found.sealed_key:
        del form.fields["forget_key"]
    context: dict[str, Any] = {"form": form, "back": home_of(repo, "endpoints"), "endpoint": None}
    if found is not None:
        context |= {"endpoint": endpoint_of(repo, found.pk), "here": home_of(repo, "endpoint", number=found.pk)}
    return draw(request, repo, "registry/endpoint.html", context, active=TAB, status=400 if form.errors else 200)


@repo_page("POST", needs=Level.ADMIN)
def offered(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Ask the endpoint which models it has."""
    found = endpoint_of(repo, number)
    try:
        names = fetch_models(endpoint=found, actor=actor_of(request))
    except HubError as error:
        messages.error(request, f"{error.message} {error.next_step}".strip())
    else:
        messages.success(request, f"{found.name} offers {len(names)} model{'s' if len(names) > 1 else ''}.")
    return redirect(home_of(repo, "endpoint", number=number))


@repo_page("POST", needs=Level.ADMIN)
def removal(request: HttpRequest, repo: Repository, number: int) -> HttpResponse:
    """Remove an endpoint with its key, after its name was typed."""
    found = endpoint_of(repo, number)
    if request.POST.get("confirm", "") != found.name:
        messages.error(request, "This is not its name. Nothing was removed.")
        return redirect(home_of(repo, "endpoint", number=number))
    remove_endpoint(endpoint=found, actor=actor_of(request))
    messages.success(request, f"{found.name} is removed. Trials and runs are kept.")
    return redirect(home_of(repo, "endpoints"))
