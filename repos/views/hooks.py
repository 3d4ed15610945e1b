"""Webhooks in the settings of a repository, a person or an organisation: the list, one of them, its log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import owned_organization, signed_in
from accounts.levels import Level
from accounts.models import Owner
from hub.lib.errors import Conflict, HubError
from hub.lib.http import posted
from repos import hook_events
from repos.access import repo_context
from repos.hook_forms import WebhookForm
from repos.models import Repository, Webhook, WebhookDelivery
from repos.selectors.webhooks import deliveries_of, webhooks_of
from repos.services import webhooks as services
from repos.views.frame import READING, actor_of, refuse, repo_page

PER_PAGE = 50
Core = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Door:
    """Whose webhooks are looked at, the frame to draw them in, and how their addresses begin."""

    place: Repository | Owner
    frame: dict[str, Any]
    names: str
    args: tuple[str, ...]

    def url(self, page: str, *rest: object) -> str:
        """The address of one of these pages."""
        return reverse(f"{self.names}{page}", args=[*self.args, *rest])


@dataclass(frozen=True, slots=True)
class Views:
    """One page at its three doors."""

    of_repo: Core
    of_person: Core
    of_group: Core


def hook_view(*methods: str) -> Callable[[Core], Views]:
    """Let in who may administer the place, and hand a Door to the view."""

    def bind(core: Core) -> Views:
        @repo_page(*methods, needs=Level.ADMIN)
        @wraps(core)
        def of_repo(request: HttpRequest, repo: Repository, **rest: Any) -> HttpResponseBase:
            frame = {"frame": "repos/settings_frame.html", "section": "webhooks"}
            context = {**repo_context(actor_of(request), repo, "settings"), **frame}
            return core(request, Door(repo, context, "repos:webhook", (repo.owner.slug, repo.name)), **rest)

        @require_http_methods(list(methods))
        @wraps(core)
        def of_person(request: HttpRequest, **rest: Any) -> HttpResponseBase:
            owner = signed_in(request).owner
            frame = {"frame": "accounts/settings.html", "place": "webhooks"}
            return core(request, Door(owner, frame, "repos_owner:person_webhook", ()), **rest)

        @require_http_methods(list(methods))
        @wraps(core)
        def of_group(request: HttpRequest, slug: str, **rest: Any) -> HttpResponseBase:
            group = owned_organization(request, slug)
            frame = {"frame": "accounts/organization.html", "place": "webhooks", "organization": group}
            context = {**frame, "owner": group.owner}
            return core(request, Door(group.owner, context, "repos_owner:group_webhook", (slug,)), **rest)

        return Views(of_repo, of_person, of_group)

    return bind


def _draw(request: HttpRequest, door: Door, page: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    shared = {"door": door, "whose": str(door.place), "list_url": door.url("s"), "new_url": door.url("_new")}
    return render(request, f"repos/{page}.html", {**door.frame, **shared, **context}, status=status)


def _hook(door: Door, pk: int) -> Webhook:
    return get_object_or_404(door.place.webhooks.select_related("repository__owner", "owner"), pk=pk)


@hook_view(*READING)
def hooks(request: HttpRequest, door: Door) -> HttpResponseBase:
    """All of them, with how the latest delivery of each went."""
    rows = [(hook, door.url("", hook.pk)) for hook in webhooks_of(door.place)]
    labels = {event.key: event.label for event in hook_events.events()}
    return _draw(request, door, "hooks", {"rows": rows, "labels": labels})


@hook_view(*READING, "POST")
def new_hook(request: HttpRequest, door: Door) -> HttpResponseBase:
    """Add one."""
    form = WebhookForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            hook = services.create_webhook(actor=actor_of(request), place=door.place, **form.values())
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, "The webhook is there. Send a test to see that it is heard.")
            return redirect(door.url("", hook.pk))
    return _draw(request, door, "hook_new", {"form": form}, 400 if form.errors else 200)


@hook_view(*READING, "POST")
def hook(request: HttpRequest, door: Door, pk: int) -> HttpResponseBase:
    """One webhook: what it is told, and its log."""
    row = _hook(door, pk)
    form = WebhookForm(posted(request), webhook=row)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_webhook(actor=actor_of(request), webhook=row, **form.values())
        except HubError as error:
            row.refresh_from_db()
            refuse(form, error)
        else:
            messages.success(request, "The webhook was saved.")
            return redirect(door.url("", pk))
    page = Paginator(deliveries_of(row), PER_PAGE).get_page(request.GET.get("page"))
    log = [(delivery, door.url("_delivery", pk, delivery.pk)) for delivery in page]
    urls = {"test_url": door.url("_test", pk), "deletion_url": door.url("_deletion", pk)}
    context = {"hook": row, "form": form, "page": page, "log": log, **urls}
    return _draw(request, door, "hook", context, 400 if form.errors else 200)


@hook_view("POST")
def hook_test(request: HttpRequest, door: Door, pk: int) -> HttpResponseBase:
    """Send a greeting now."""
    delivery = services.send_test(actor=actor_of(request), webhook=_hook(door, pk))
    if delivery.state == WebhookDelivery.State.DELIVERED:
        messages.success(request, f"The test was delivered: the target answered {delivery.response_status}.")
    else:
        messages.error(request, f"The test was not delivered. {delivery.error}")
    return redirect(door.url("_delivery", pk, delivery.pk))


@hook_view("POST")
def hook_deletion(request: HttpRequest, door: Door, pk: int) -> HttpResponseBase:
    """The webhook goes with its log."""
    services.delete_webhook(actor=actor_of(request), webhook=_hook(door, pk))
    messages.success(request, "The webhook and its log are gone.")
    return redirect(door.url("s"))


@hook_view(*READING)
def hook_delivery(request: HttpRequest, door: Door, pk: int, number: int) -> HttpResponseBase:
    """One message: what was sent, what came back."""
    row = _hook(door, pk)
    delivery = get_object_or_404(row.deliveries.all(), pk=number)
    urls = {"hook_url": door.url("", pk), "again_url": door.url("_redelivery", pk, number)}
    return _draw(request, door, "hook_delivery", {"hook": row, "delivery": delivery, **urls})


@hook_view("POST")
def hook_redelivery(request: HttpRequest, door: Door, pk: int, number: int) -> HttpResponseBase:
    """Send the same message again."""
    delivery = get_object_or_404(_hook(door, pk).deliveries.all(), pk=number)
    try:
        copy = services.redeliver(delivery=delivery)
    except Conflict as error:
        messages.error(request, f"{error.message} {error.next_step}")
        return redirect(door.url("_delivery", pk, number))
    messages.success(request, "The message is on its way again; reload to see how it went.")
    return redirect(door.url("_delivery", pk, copy.pk))
