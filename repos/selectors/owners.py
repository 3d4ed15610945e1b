"""Under which names an actor may make or move repositories."""

from __future__ import annotations

from django.db.models import Q

from accounts.actor import Actor
from accounts.models import Membership, Owner


def owners_for(actor: Actor) -> list[tuple[str, str]]:
    """The actor's own name, then the organisations they own, as (slug, label)."""
    if actor.user is None:
        return []
    owned = Membership.objects.filter(user=actor.user, role=Membership.Role.OWNER).values("organization")
    rows = Owner.objects.filter(Q(user=actor.user) | Q(organization__in=owned)).order_by("organization_id", "slug")
    slugs = sorted((row.is_organization, row.slug) for row in rows)
    return [(slug, slug) for _, slug in slugs]
