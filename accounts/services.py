"""Makes people, organisations and tokens."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.levels import Level
from accounts.models import AccessToken, Organization, Owner, Membership, User, fresh_nonce
from accounts.names import check_owner_name
from hub.lib.errors import Conflict, Invalid


def claim_address(*, user: User) -> Owner:
    """The user owns the first address word that is their name; raises Conflict when an organisation has it."""
    try:
        with transaction.atomic():
            return Owner.objects.create(slug=user.username, user=user)
    except IntegrityError:
        raise Conflict(f"The name {user.username} is taken.", field="username") from None


def create_user(*, username: str, password: str, email: str = "", is_admin: bool = False) -> User:
    """A person who can sign in, with their address; raises Invalid (name, password) or Conflict (name taken)."""
    check_owner_name(username)
    user = User(username=username, email=email, is_superuser=is_admin, is_staff=is_admin)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from None
    user.set_password(password)
    with transaction.atomic():
        if Owner.objects.filter(slug__lower=username.lower()).exists():
            raise Conflict(f"The name {username} is taken.", field="username", next_step="Choose another name.")
        user.save()
        claim_address(user=user)
    return user


def create_organization(*, creator: User, slug: str, display_name: str = "", description: str = "") -> Organization:
    """An organisation with `creator` as its first owner; raises Invalid (name) or Conflict (name taken)."""
    check_owner_name(slug)
    try:
        with transaction.atomic():
            organization = Organization.objects.create(display_name=display_name, description=description)
            Owner.objects.create(slug=slug, organization=organization)
            Membership.objects.create(organization=organization, user=creator, role=Membership.Role.OWNER)
    except IntegrityError:
        raise Conflict(f"The name {slug} is taken.", field="slug", next_step="Choose another name.") from None
    return organization


def create_token(
    *,
    user: User,
    name: str,
    scope: Level = Level.WRITE,
    repository_id: int | None = None,
    lifetime: dt.timedelta | None = None,
) -> AccessToken:
    """A token row; `accounts.authn.token_text` gives its text, to be shown once."""
    name = name.strip()
    if not name or len(name) > 100:
        raise Invalid("Give the token a name of at most 100 characters.", field="name")
    if scope not in (Level.READ, Level.WRITE, Level.ADMIN):
        raise Invalid("Choose read, write or admin.", field="scope")
    expires = timezone.now() + lifetime if lifetime else None
    return AccessToken.objects.create(
        user=user, name=name, scope=scope, repository_id=repository_id, expires_at=expires
    )


def revoke_token(*, token: AccessToken) -> None:
    """The token opens nothing any more, at once: its nonce is changed before the row goes."""
    with transaction.atomic():
        AccessToken.objects.filter(pk=token.pk).update(nonce=fresh_nonce())
        token.delete()
