"""S3 credentials: which secret belongs to an access key, and whom a request signed with it acts for."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actor import Actor
from accounts.authn import actor_for_token, derive, looks_like_token, note_use
from accounts.models import AccessToken
from hub.lib.errors import Unauthenticated
from hub.lib.lookup import Lookup

PREFIX = "cairnkey"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An access key, the secret that signatures with it are made of, and who acts by it."""

    access_key: str
    secret: str
    actor: Actor
    is_token: bool
    """The access key is a token, so whoever sees it holds the secret too."""


def access_key_of(pair: AccessToken) -> str:
    """The public half of a key pair, `cairnkey_<id>`; it travels in clear with each request."""
    return f"{PREFIX}_{pair.pk}"


def secret_of(pair: AccessToken) -> str:
    """The secret half as its owner sees it once: 40 hex digits, recomputed from the row."""
    return derive("s3-key-pair", pair.pk, pair.nonce)


_pairs = Lookup(lambda pk: AccessToken.objects.select_related("user").filter(pk=pk, kind="pair"), -1)


def signing_key(access_key: str) -> SigningKey:
    """The key that a request claims to be signed with; nothing is proved before its signature is verified.

    Raises Unauthenticated: no such key pair or token, expired, or its user disabled.
    """
    if looks_like_token(access_key):
        # The text alone proves the token; it is its own secret, as in DagsHub's clients.
        return SigningKey(access_key, access_key, actor_for_token(access_key), is_token=True)
    prefix, _, number = access_key.partition("_")
    known = prefix == PREFIX and number.isascii() and number.isdigit() and len(number) <= 18
    pair = _pairs.find(int(number)) if known else None
    if pair is None or pair.is_expired or not pair.user.is_active or access_key_of(pair) != access_key:
        raise Unauthenticated(
            "This access key is unknown, revoked or expired.", next_step="Make a new key pair in settings."
        )
    return SigningKey(access_key, secret_of(pair), Actor(user=pair.user, token=pair), is_token=False)


def remember_use(key: SigningKey) -> None:
    """Note, to the minute, that the key was used; called once its signature is verified."""
    if key.actor.token is not None and not key.is_token:
        note_use(key.actor.token)
