"""Makes, renames, moves, opens up and deletes repositories."""

from __future__ import annotations

import shutil

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import Membership, Owner
from accounts.names import check_repo_name
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound
from repos import signals
from repos.git.init import create_bare
from repos.models import FormerName, Repository, Visibility
from repos.paths import git_dir
from repos.services import activity
from repos.services.families import check_width, hand_on_family, part_wider_forks


def may_create_for(actor: Actor, owner: Owner) -> bool:
    """Whether the actor may make repositories under an owner: their own name, or an organisation they own."""
    if actor.user is None or actor.ceiling(None) < Level.WRITE:
        return False
    if owner.user_id == actor.user.pk or actor.is_site_admin:
        return True
    return Membership.objects.filter(
        organization=owner.organization_id, user=actor.user, role=Membership.Role.OWNER
    ).exists()


def create_repository(
    *,
    actor: Actor,
    owner: Owner,
    name: str,
    description: str = "",
    visibility: str = Visibility.PRIVATE,
    default_branch: str = "main",
) -> Repository:
    """An empty repository with its bare Git folder; raises Forbidden, Invalid (name) or Conflict (name taken)."""
    if not may_create_for(actor, owner):
        raise Forbidden(f"You may not create repositories under {owner.slug}.")
    check_repo_name(name)
    if visibility not in Visibility.values:
        raise Invalid("Visibility is public, internal or private.", field="visibility")
    with transaction.atomic():
        repository = Repository(
            owner=owner, name=name, description=description, visibility=visibility, default_branch=default_branch
        )
        save_under_free_name(repository)
        FormerName.objects.filter(owner=owner, name__lower=name.lower()).delete()
        create_bare(git_dir(repository), default_branch)
        activity.record(actor=actor, repository=repository, verb="created repository", subject=repository.full_name)
    return repository


def save_under_free_name(repository: Repository) -> None:
    """Save a row whose name or owner is new; raises Conflict when its address is taken."""
    try:
        with transaction.atomic():
            repository.save()
    except IntegrityError:
        raise Conflict(
            f"{repository.full_name} exists already.", field="name", next_step="Choose another name."
        ) from None


def change_repository(
    *, actor: Actor, repository: Repository, description: str | None = None, visibility: str | None = None
) -> Repository:
    """Change the words or the visibility; what is None stays."""
    if visibility is not None and visibility not in Visibility.values:
        raise Invalid("Visibility is public, internal or private.", field="visibility")
    if description is not None and len(description) > 500:
        raise Invalid("A description has at most 500 characters.", field="description")
    if visibility is not None and repository.parent is not None:
        check_width(repository.parent, visibility)
    with transaction.atomic():
        if description is not None:
            repository.description = description
        if visibility is not None and visibility != repository.visibility:
            data = {"from": repository.visibility, "to": visibility}
            repository.visibility = visibility
            activity.record(actor=actor, repository=repository, verb="changed visibility", data=data)
        repository.save(update_fields=["description", "visibility"])
        part_wider_forks(repository=repository)
    return repository


def set_merging(*, actor: Actor, repository: Repository, **wishes: bool) -> None:
    """How pull requests may be merged: `allow_merge_commit`, `allow_squash`, … and `delete_merged_branches`.

    Raises Invalid when no way would be left.
    """
    for name, value in wishes.items():
        setattr(repository, name, value)
    ways = ("allow_merge_commit", "allow_squash", "allow_rebase", "allow_fast_forward")
    if not any(getattr(repository, way) for way in ways):
        raise Invalid("Allow one way of merging at least.", field="allow_merge_commit")
    with transaction.atomic():
        repository.save(update_fields=list(wishes))
        activity.record(actor=actor, repository=repository, verb="changed merging", data=dict(wishes))


def move_repository(
    *, actor: Actor, repository: Repository, name: str | None = None, owner: Owner | None = None
) -> Repository:
    """Rename, or hand to another owner; the old address leads on until it is taken by another repository.

    Raises Forbidden when the actor may not create under the new owner, Conflict when the name is taken there.
    """
    new_owner, new_name = owner or repository.owner, name or repository.name
    check_repo_name(new_name)
    if owner is not None and owner.pk != repository.owner_id and not may_create_for(actor, owner):
        raise Forbidden(f"You may not move repositories to {owner.slug}.")
    old_owner, old_name, old_full = repository.owner, repository.name, repository.full_name
    if (new_owner.pk, new_name) == (old_owner.pk, old_name):
        return repository
    with transaction.atomic():
        repository.owner, repository.name = new_owner, new_name
        save_under_free_name(repository)
        FormerName.objects.filter(owner=new_owner, name__lower=new_name.lower()).delete()
        if (new_owner.pk, new_name.lower()) != (old_owner.pk, old_name.lower()):
            FormerName.objects.filter(owner=old_owner, name__lower=old_name.lower()).delete()
            FormerName.objects.create(owner=old_owner, name=old_name, repository=repository)
        if new_owner.pk != old_owner.pk:
            signals.moving.send(sender=Repository, repository=repository, old_owner=old_owner, new_owner=new_owner)
            count_bytes(owner=old_owner, size=-repository.size_bytes)
            count_bytes(owner=new_owner, size=repository.size_bytes)
            repository.team_grants.exclude(team__organization=new_owner.organization_id or 0).delete()
        data = {"from": old_full, "to": repository.full_name}
        activity.record(actor=actor, repository=repository, verb="moved repository", data=data)
    return repository


def delete_repository(*, actor: Actor, repository: Repository, confirmation: str) -> None:
    """Delete the repository with all that hangs on it; `confirmation` must be its full name.

    The Git folder is removed after the commit: a failure before keeps both, one after leaves only unused bytes.
    """
    if confirmation != repository.full_name:
        raise Invalid(f"Type {repository.full_name} to confirm.", field="confirmation")
    folder = git_dir(repository)
    with transaction.atomic():
        signals.deleting.send(sender=Repository, repository=repository)
        activity.record(actor=actor, owner=repository.owner, verb="deleted repository", subject=repository.full_name)
        count_bytes(owner=repository.owner, size=-repository.size_bytes)
        hand_on_family(repository=repository)
        repository.delete()
        transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def count_bytes(*, owner: Owner, size: int) -> None:
    """Add to the bytes an owner uses, in the caller's transaction."""
    if size:
        Owner.objects.filter(pk=owner.pk).update(used_bytes=F("used_bytes") + size)


def owner_named(slug: str) -> Owner:
    """The owner of a first address word; raises NotFound."""
    owner = Owner.objects.select_related("user", "organization").filter(slug__lower=slug.lower()).first()
    if owner is None:
        raise NotFound(f"There is no user or organisation called {slug}.")
    return owner
