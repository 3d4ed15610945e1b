"""Where the bytes of a person or an organisation are, in their settings."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.access import owned_organization, signed_in
from accounts.models import Owner
from storage import usage

PER_PAGE = 50


@require_http_methods(["GET", "HEAD"])
def person_usage(request: HttpRequest) -> HttpResponse:
    """Of the person who looks."""
    return _page(request, signed_in(request).owner, {"frame": "accounts/settings.html"})


@require_http_methods(["GET", "HEAD"])
def group_usage(request: HttpRequest, slug: str) -> HttpResponse:
    """Of an organisation, for its owners."""
    organization = owned_organization(request, slug)
    return _page(request, organization.owner, {"frame": "accounts/organization.html", "organization": organization})


def _page(request: HttpRequest, owner: Owner, frame: dict[str, Any]) -> HttpResponse:
    page = Paginator(usage.of_owner(owner), PER_PAGE).get_page(request.GET.get("page"))
    percent = round(100 * owner.used_bytes / owner.quota, 1) if owner.quota else None
    context = {"place": "usage", "owner": owner, "page": page, "percent": percent, **frame}
    return render(request, "storage/owner_usage.html", context)
