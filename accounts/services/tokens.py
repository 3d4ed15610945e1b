"""Makes and revokes access tokens."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from accounts.levels import Level
from accounts.models import AccessToken, User, fresh_nonce
from hub.lib.errors import Invalid

LONGEST = dt.timedelta(days=3650)


def create_token(
    *,
    user: User,
    name: str,
    scope: Level = Level.WRITE,
    repository_id: int | None = None,
    lifetime: dt.timedelta | None = None,
) -> AccessToken:
    """A token row; `accounts.authn.token_text` gives its text, to be shown once. Raises Invalid."""
    name = name.strip()
    if not name or len(name) > 100:
        raise Invalid("Give the token a name of at most 100 characters.", field="name")
    if scope not in (Level.READ, Level.WRITE, Level.ADMIN):
        raise Invalid("Choose read, write or admin.", field="scope")
    if lifetime is not None and not dt.timedelta(0) < lifetime <= LONGEST:
        raise Invalid(f"A token lives between 1 and {LONGEST.days} days.", field="days")
    expires = timezone.now() + lifetime if lifetime else None
    return AccessToken.objects.create(
        user=user, name=name, scope=scope, repository_id=repository_id, expires_at=expires
    )


def revoke_token(*, token: AccessToken) -> None:
    """The token opens nothing any more, at once: its nonce is changed before the row goes."""
    with transaction.atomic():
        AccessToken.objects.filter(pk=token.pk).update(nonce=fresh_nonce())
        token.delete()
