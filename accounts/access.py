"""Who may see which page of the accounts room."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.actor import ANONYMOUS, Actor
from accounts.models import Membership, Organization, User
from accounts.selectors import organization_named
from hub.lib.errors import Forbidden, Unauthenticated


def actor_on(request: HttpRequest) -> Actor:
    """Who looks at a page."""
    actor = getattr(request, "actor", ANONYMOUS)
    assert isinstance(actor, Actor)
    return actor


def signed_in(request: HttpRequest) -> User:
    """The person who looks at a page; raises Unauthenticated when nobody has signed in."""
    user = actor_on(request).user
    if user is None:
        raise Unauthenticated("Sign in to go on.")
    return user


def administrator(request: HttpRequest) -> Actor:
    """The administrator who looks at a page; raises Unauthenticated or Forbidden."""
    signed_in(request)
    actor = actor_on(request)
    if not actor.is_site_admin:
        raise Forbidden("Only administrators of the hub see this page.")
    return actor


def owned_organization(request: HttpRequest, slug: str) -> Organization:
    """An organisation which the reader may administer; raises Unauthenticated, NotFound or Forbidden."""
    user = signed_in(request)
    organization = organization_named(slug)
    if actor_on(request).is_site_admin:
        return organization
    owners = Membership.objects.filter(organization=organization, user=user, role=Membership.Role.OWNER)
    if not owners.exists():
        raise Forbidden(
            f"Only owners of {organization.owner.slug} see its settings.",
            next_step="Ask one of them; they are listed on its page.",
        )
    return organization
