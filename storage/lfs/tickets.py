"""Tickets: what a batch hands out in place of the caller's password, good for one object, one way, one hour."""

from __future__ import annotations

from typing import Any, Literal

from django.core import signing
from django.http import HttpRequest

from accounts.actor import ANONYMOUS, Actor
from accounts.models import AccessToken, User
from hub.lib.errors import Unauthenticated
from hub.lib.lookup import Lookup
from repos.models import Repository

Operation = Literal["download", "upload"]
LIFETIME = 3600
"""Seconds that a client has to begin a transfer; git-lfs asks for another ticket afterwards."""

SCHEME = "CairnLFS"
_SALT = "storage.lfs.ticket"

_tokens = Lookup(lambda pk: AccessToken.objects.select_related("user").filter(pk=pk), -1)
_users = Lookup(lambda pk: User.objects.filter(pk=pk), -1)


def header_for(actor: Actor, repository: Repository, operation: Operation, oid: str) -> dict[str, str]:
    """The headers with which `actor` may transfer this object; none for anonymous, who needs none."""
    if actor.user is None:
        return {}
    # SECURITY: names who asked and for what, nothing that opens anything else. The token's row is named, not its text.
    claim = [repository.pk, operation, oid, actor.user.pk, actor.token.pk if actor.token else 0]
    return {"Authorization": f"{SCHEME} {signing.dumps(claim, salt=_SALT)}"}


def is_ticket(request: HttpRequest) -> bool:
    """Whether the request comes with a ticket, good or not."""
    return str(request.META.get("HTTP_AUTHORIZATION", "")).startswith(f"{SCHEME} ")


def actor_behind(request: HttpRequest, repository_id: int | None, operation: Operation, oid: str) -> Actor:
    """Who the ticket was given to, with the token they came with then. Raises Unauthenticated.

    Rights are not in the ticket: the doorman asks anew, so that a revoked token or a lost right ends it at once.
    """
    refusal = Unauthenticated("This ticket is for something else, or too old.", next_step="Ask for the batch again.")
    text = str(request.META["HTTP_AUTHORIZATION"]).removeprefix(f"{SCHEME} ")
    try:
        claim: Any = signing.loads(text, salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        raise refusal from None
    *thing, user_id, token_id = claim
    if thing != [repository_id, operation, oid]:
        raise refusal
    actor = _actor(user_id, token_id)
    if actor.user is None or not actor.user.is_active:
        raise refusal
    return actor


def _actor(user_id: int, token_id: int) -> Actor:
    if not token_id:
        return Actor(user=_users.find(user_id))
    token = _tokens.find(token_id)
    if token is None or token.is_expired or token.user_id != user_id:
        return ANONYMOUS
    return Actor(user=token.user, token=token)
