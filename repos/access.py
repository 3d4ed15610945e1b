"""The doorman: the one place that decides who may do what with a repository."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from accounts.actor import Actor
from accounts.levels import Level
from hub.lib.errors import Forbidden, NotFound, Unauthenticated
from hub.lib.lookup import Lookup, expecting
from repos.models import FormerName, Repository, Visibility
from repos.selectors.forks import parent_of
from repos.tabs import tabs_for


def level_for(actor: Actor, repository: Repository) -> Level:
    """The smaller of what membership grants and what the token allows. One query for a signed-in stranger."""
    return min(_granted(actor, repository), actor.ceiling(repository.pk))


def _granted(actor: Actor, repository: Repository) -> Level:
    user = actor.user
    base = Level.READ if repository.visibility == Visibility.PUBLIC else Level.NONE
    if user is None:
        return base
    if user.is_superuser or repository.owner.user_id == user.pk:
        return Level.ADMIN
    if repository.visibility == Visibility.INTERNAL:
        base = Level.READ
    return max(base, _by_name(user.pk, repository))


def _by_name(user_id: int, repository: Repository) -> Level:
    """What collaborators, teams and organisation roles give, in one query."""
    sql = (
        "SELECT level FROM repos_collaborator WHERE repository_id = %s AND user_id = %s"
        " UNION ALL SELECT g.level FROM repos_teamgrant g"
        " JOIN accounts_team_members m ON m.team_id = g.team_id WHERE g.repository_id = %s AND m.user_id = %s"
        " UNION ALL SELECT 30 FROM accounts_membership WHERE organization_id = %s AND user_id = %s AND role = 'owner'"
    )
    pk, organization = repository.pk, repository.owner.organization_id or 0
    with connection.cursor() as cursor:
        cursor.execute(sql, [pk, user_id, pk, user_id, organization, user_id])
        return Level(max((row[0] for row in cursor.fetchall()), default=0))


def _with_owners() -> QuerySet[Repository]:
    return Repository.objects.select_related("owner", "owner__user", "owner__organization")


# As the unique indexes are made.
_addresses = Lookup(
    lambda owner, name: _with_owners().filter(owner__slug__lower=owner, name__lower=name), "an-owner", "a-name"
)


def expecting_repo(owner: str, name: str) -> expecting:
    """Within, the repository at an address is going to be opened: asking for it may go along with who calls."""
    return expecting(_addresses, owner.lower(), name.lower())


def find_repo(owner: str, name: str) -> Repository | None:
    """The repository at an address, names compared without case; also under a former name of it."""
    owner, name = owner.lower(), name.lower()
    here = _addresses.find(owner, name)
    if here is not None:
        return here
    former = FormerName.objects.filter(owner__slug__lower=owner, name__lower=name).first()
    return _with_owners().filter(pk=former.repository_id).first() if former else None


def open_repo(actor: Actor, owner: str, name: str, *, needs: Level = Level.READ) -> Repository:
    """Let an actor in and return the repository, or raise.

    Unseen is NotFound, seen but too low is Forbidden; an anonymous caller who may not is Unauthenticated, whether
    or not the repository exists.
    """
    repository = find_repo(owner, name)
    level = level_for(actor, repository) if repository is not None else Level.NONE
    if repository is not None and level >= needs:
        return repository
    # SECURITY: the same answer for "is not there" and "you may not know", or names of private repositories leak.
    if actor.is_anonymous:
        raise Unauthenticated("Sign in, or send a token, to go on.")
    if repository is None or level < Level.READ:
        raise NotFound(f"There is no repository {owner}/{name}, or you may not see it.")
    raise Forbidden(
        f"This needs {needs.label} access to {repository.full_name}; you have {level.label}.",
        next_step="Ask an administrator of the repository, or use a token with a wider scope.",
    )


def repo_context(actor: Actor, repository: Repository, active: str) -> dict[str, Any]:
    """What `repo.html` needs: the repository, the actor's level and the tabs to show."""
    level = level_for(actor, repository)
    return {
        "repo": repository,
        "actor_level": level,
        "can_write": level >= Level.WRITE,
        "can_admin": level >= Level.ADMIN,
        "repo_tabs": tabs_for(repository, level, active),
        "active_tab": active,
        "forked_from": parent_of(repository, actor),
    }
