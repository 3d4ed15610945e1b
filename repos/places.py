"""Which repositories an access token may be bound to: what this room offers to accounts."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from accounts.actor import Actor
from accounts.models import Membership
from repos.access import open_repo
from repos.models import Collaborator, Repository, TeamGrant

MOST = 200


class RepositoryPlaces:
    """Implements accounts.places.Places."""

    def find(self, actor: Actor, full_name: str) -> int:
        """The id of a repository that the actor may read; raises NotFound."""
        owner, _, name = full_name.strip().removesuffix(".git").partition("/")
        return open_repo(actor, owner, name).pk

    def names(self, ids: Iterable[int]) -> dict[int, str]:
        """Full names of those that exist."""
        rows = Repository.objects.filter(pk__in=ids).values_list("pk", "owner__slug", "name")
        return {pk: f"{owner}/{name}" for pk, owner, name in rows}

    def within_reach(self, actor: Actor) -> list[str]:
        """The latest repositories that the actor owns or was let into, at most 200."""
        user = actor.user
        if user is None:
            return []
        owned = user.memberships.filter(role=Membership.Role.OWNER).values("organization")
        rows = Repository.objects.filter(
            Q(owner__user=user)
            | Q(owner__organization__in=owned)
            | Q(pk__in=Collaborator.objects.filter(user=user).values("repository"))
            | Q(pk__in=TeamGrant.objects.filter(team__members=user).values("repository"))
        )
        latest = rows.order_by("-pushed_at", "-pk").values_list("owner__slug", "name")[:MOST]
        return [f"{owner}/{name}" for owner, name in latest]
