"""Tickets: addresses that work without a login, each for one method, one path and a short time.

The client sends parts of an upload, and fetches parts of a file, by plain requests that carry no credentials.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote

from django.core import signing
from django.http import HttpRequest

from accounts.actor import Actor
from accounts.models import AccessToken, User
from hub.lib.errors import Unauthenticated
from hub.lib.lookup import Lookup
from repos.models import Repository

_tokens = Lookup(lambda pk: AccessToken.objects.select_related("user").filter(pk=pk), -1)
_users = Lookup(lambda pk: User.objects.filter(pk=pk), -1)


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whom an address was given to, and for which repository."""

    actor: Actor
    repository_id: int


def signed_path(actor: Actor, repository: Repository, method: str, path: str, *, seconds: int) -> str:
    """The path and query with which `actor` may do this without a login, for so many seconds."""
    # SECURITY: the method and the path are part of what is signed, so a ticket opens nothing else. It says who asked
    # and by which token; rights are not in it: the doorman asks anew, and a revoked token ends it at once.
    claim = [
        actor.user.pk if actor.user else 0,
        actor.token.pk if actor.token else 0,
        repository.pk,
        int(time.time()) + seconds,
    ]
    # In the query, since paths are logged where something fails.
    return f"{quote(path)}?ticket={signing.dumps(claim, salt=_salt(method, path))}"


def ticket_of(request: HttpRequest) -> Ticket | None:
    """The ticket in the request's query, None without one. Raises Unauthenticated for one that is not good."""
    query = request.META.get("QUERY_STRING", "")
    if "ticket=" not in query:
        return None
    text = parse_qs(query).get("ticket", [""])[0]
    method = "GET" if request.method == "HEAD" else request.method or ""
    refusal = Unauthenticated("This address is for something else, or too old.", next_step="Ask for a new one.")
    try:
        claim: Any = signing.loads(text, salt=_salt(method, request.path_info))
    except signing.BadSignature:
        raise refusal from None
    user_id, token_id, repository_id, until = claim
    actor = _actor(user_id, token_id)
    if time.time() > until or actor is None:
        raise refusal
    return Ticket(actor, repository_id)


def _salt(method: str, path: str) -> str:
    return f"tracking.mlflow.ticket {method} {path}"


def _actor(user_id: int, token_id: int) -> Actor | None:
    """Who was meant, if they are still there; 0 stands for nobody."""
    if token_id:
        token = _tokens.find(token_id)
        if token is None or token.is_expired or token.user_id != user_id or not token.user.is_active:
            return None
        return Actor(user=token.user, token=token)
    if not user_id:
        return Actor()
    user = _users.find(user_id)
    return Actor(user=user) if user is not None and user.is_active else None
