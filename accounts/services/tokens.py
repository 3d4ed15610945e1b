"""Makes and revokes access tokens and S3 key pairs."""

from __future__ import annotations

import datetime as dt
from typing import Any

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
    kind: AccessToken.Kind = AccessToken.Kind.TOKEN,
) -> AccessToken:
    """A row whose text is to be shown once: `authn.token_text`, or for a key pair `keys.secret_of`. Raises Invalid."""
    name = name.strip()
    if not name or len(name) > 100:
        raise Invalid("Give it a name of at most 100 characters.", field="name")
    if scope not in (Level.READ, Level.WRITE, Level.ADMIN):
        raise Invalid("Choose read, write or admin.", field="scope")
    if lifetime is not None and not dt.timedelta(0) < lifetime <= LONGEST:
        raise Invalid(f"A token lives between 1 and {LONGEST.days} days.", field="days")
    expires = timezone.now() + lifetime if lifetime else None
    return AccessToken.objects.create(
        user=user, name=name, scope=scope, repository_id=repository_id, expires_at=expires, kind=kind
    )


def create_key_pair(*, user: User, **options: Any) -> AccessToken:
    """An access key and its secret for S3 clients, with the same options as a token. Raises Invalid."""
    return create_token(user=user, kind=AccessToken.Kind.KEY_PAIR, **options)


def revoke_token(*, token: AccessToken) -> None:
    """The token or key pair opens nothing any more, at once: its nonce is changed before the row goes."""
    with transaction.atomic():
        AccessToken.objects.filter(pk=token.pk).update(nonce=fresh_nonce())
        token.delete()
