"""Questions that pages joining several rooms ask; every answer holds only what the actor may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.actor import Actor
from accounts.models import Membership, Owner, User
from collab.models import Watch
from collab.verbs import VERBS
from hub.lib.errors import Invalid, NotFound
from repos.models import Activity, Collaborator, Repository, Star, TeamGrant
from tracking.models import Run

SORTS = {"recent": "Recently active", "stars": "Most stars", "created": "Newest", "name": "Name"}
KINDS = {"": "All", "public": "Public", "internal": "Internal", "private": "Private"}
LONGEST_SEARCH = 200
NOT_IN_FEEDS = [verb for verb, known in VERBS.items() if not known.in_feed]


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What somebody looks for in a list of repositories; raises Invalid when made from words it does not know."""

    text: str = ""
    kind: str = ""
    sort: str = "recent"

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_SEARCH or "\x00" in self.text:
            raise Invalid(f"Search for at most {LONGEST_SEARCH} characters of text.", field="q")
        if self.kind not in KINDS:
            raise Invalid("Filter by public, internal or private.", field="kind")
        if self.sort not in SORTS:
            raise Invalid("Sort by recent, stars, created or name.", field="sort")


def repositories_matching(actor: Actor, query: ListQuery) -> QuerySet[Repository]:
    """Visible repositories whose owner, name or description hold every word, in the order asked for."""
    rows = Repository.objects.visible_to(actor).select_related("owner")
    if query.kind:
        rows = rows.filter(visibility=query.kind)
    for word in query.text.replace("/", " ").split():
        rows = rows.filter(Q(name__icontains=word) | Q(owner__slug__icontains=word) | Q(description__icontains=word))
    return _sorted(rows, query.sort)


def _sorted(rows: QuerySet[Repository], sort: str) -> QuerySet[Repository]:
    if sort == "name":
        return rows.order_by("owner__slug", "name")
    if sort == "stars":
        return rows.order_by("-stars_count", Coalesce("pushed_at", "created_at").desc(), "-pk")
    if sort == "created":
        return rows.order_by("-created_at", "-pk")
    return rows.order_by(Coalesce("pushed_at", "created_at").desc(), "-pk")


def own_repositories(actor: Actor) -> QuerySet[Repository]:
    """Repositories the actor works on: owned, of their organisations, or shared by name; most recently active first."""
    user = actor.user
    if user is None:
        return Repository.objects.none()
    rows = Repository.objects.visible_to(actor).select_related("owner")
    mine = rows.filter(
        Q(owner__user=user)
        | Q(owner__organization__in=user.memberships.values("organization"))
        | Q(pk__in=Collaborator.objects.filter(user=user).values("repository"))
        | Q(pk__in=TeamGrant.objects.filter(team__members=user).values("repository"))
    )
    return _sorted(mine, "recent")


def recent_activity(actor: Actor, repositories: QuerySet[Repository], *, limit: int) -> Sequence[Activity]:
    """The latest things that happened in these repositories, as far as the actor may see them."""
    rows = shown_activity(actor).filter(repository__in=repositories.order_by().values("pk"))
    return list(rows[:limit])


def shown_activity(actor: Actor, *, before: int = 0) -> QuerySet[Activity]:
    """What feeds tell of repositories that the actor may see, the latest first; `before` is a row's number."""
    # SECURITY: in the query itself, so that no feed can forget it.
    rows = Activity.objects.filter(repository__in=Repository.objects.visible_to(actor).values("pk"))
    rows = rows.exclude(verb__in=NOT_IN_FEEDS)
    if before:
        rows = rows.filter(pk__lt=before)
    return rows.select_related("user", "repository__owner").order_by("-id")


def activity_of(actor: Actor, owner: Owner, *, before: int = 0) -> QuerySet[Activity]:
    """What a person did, or what happened in an organisation's repositories, as far as the actor may see it."""
    rows = shown_activity(actor, before=before)
    return rows.filter(user=owner.user) if owner.user_id is not None else rows.filter(repository__owner=owner)


def followed_repositories(actor: Actor) -> QuerySet[Repository]:
    """Repositories that the actor works on or watches, as keys for a query."""
    watched = Watch.objects.filter(user=actor.user_id or 0).exclude(level=Watch.Level.IGNORE).values("repository")
    return Repository.objects.filter(Q(pk__in=own_repositories(actor).order_by().values("pk")) | Q(pk__in=watched))


def starred_by(actor: Actor, user: User) -> QuerySet[Repository]:
    """The repositories that somebody stars and the actor may see, the latest star first."""
    stars = Star.objects.filter(user=user, repository=OuterRef("pk"))
    rows = Repository.objects.visible_to(actor).filter(Exists(stars)).select_related("owner")
    return rows.order_by(Subquery(stars.values("pk")[:1]).desc(), "-pk")


def latest_runs(actor: Actor, repositories: QuerySet[Repository], *, limit: int) -> Sequence[Run]:
    """The runs that started last in these repositories, trash aside."""
    seen = repositories.order_by().values("pk") & Repository.objects.visible_to(actor).values("pk")
    rows = Run.objects.filter(repository__in=seen, deleted_at__isnull=True, experiment__deleted_at__isnull=True)
    return list(rows.select_related("experiment", "repository__owner").order_by("-start_time", "-pk")[:limit])


def find_owner(slug: str) -> Owner:
    """The user or organisation of this name, compared without case; raises NotFound."""
    found = Owner.objects.select_related("user", "organization").filter(slug__lower=slug.lower()).first()
    if found is None or (found.user is not None and not found.user.is_active):
        raise NotFound(f"Nobody here is called {slug}.")
    return found


def members_of(actor: Actor, owner: Owner) -> Sequence[Membership]:
    """The people of an organisation, owners first; nobody is told to anonymous readers."""
    if actor.is_anonymous or owner.organization_id is None:
        return []
    rows = Membership.objects.filter(organization=owner.organization_id, user__is_active=True)
    return list(rows.select_related("user").order_by(F("role").desc(), "user__username"))


def is_run_by(actor: Actor, owner: Owner, members: Sequence[Membership]) -> bool:
    """Whether the owner is the actor, or an organisation (with these members) of which the actor is an owner."""
    if actor.user_id is None:
        return False
    if owner.user_id == actor.user_id or (owner.is_organization and actor.is_site_admin):
        return True
    return any(row.user_id == actor.user_id and row.role == Membership.Role.OWNER for row in members)


def organizations_of(user: User | None) -> Sequence[Owner]:
    """The organisations that a user belongs to, by name."""
    if user is None:
        return []
    return list(
        Owner.objects.filter(organization__memberships__user=user).select_related("organization").order_by("slug")
    )


def hub_is_empty() -> bool:
    """Whether nobody has made a repository yet."""
    return not Repository.objects.exists()
