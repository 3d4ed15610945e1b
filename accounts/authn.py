"""Credentials → Actor: Bearer and Basic for programs, the session for browsers."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from functools import lru_cache

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest
from django.utils import timezone

from accounts.actor import ANONYMOUS, Actor
from accounts.limits import Attempts, client_address
from accounts.models import AccessToken, User
from hub.lib.errors import Invalid, Unauthenticated
from hub.lib.lookup import Lookup, forget

TOKEN_PREFIX = "cairn"  # noqa: S105  (not a password)
USED_EVERY = dt.timedelta(minutes=1)
PASSWORD_MEMORY = 300.0  # seconds


def token_text(token: AccessToken) -> str:
    """The token as its owner sees it once: `cairn_<id>_<40 hex digits>`, recomputed from the row."""
    return f"{TOKEN_PREFIX}_{token.pk}_{derive('access-token', token.pk, token.nonce)}"


def derive(purpose: str, number: int, nonce: str) -> str:
    """40 hex digits only this server can compute: HMAC-SHA256 of a row's id and nonce under its secret."""
    # SECURITY: the row alone is worthless without the server's secret, and a new nonce revokes.
    return hmac.digest(_key(purpose, settings.TOKEN_SECRET), f"{number}:{nonce}".encode(), "sha256").hex()[:40]


@lru_cache(maxsize=16)
def _key(purpose: str, secret: str) -> bytes:
    return hashlib.sha256(f"{purpose}:{secret}".encode()).digest()


def looks_like_token(text: str) -> bool:
    """Whether a user name or password has the form of a token."""
    return text.startswith(TOKEN_PREFIX + "_")


# SECURITY: a row of another kind has another secret, which must not pass for a token nor a token for it.
_tokens = Lookup(lambda pk: AccessToken.objects.select_related("user").filter(pk=pk, kind="token"), -1)


def actor_for_token(text: str) -> Actor:
    """The actor behind a token; raises Unauthenticated: unknown, expired, or its user disabled."""
    _, _, rest = text.partition("_")
    number, _, proof = rest.partition("_")
    refusal = Unauthenticated(
        "This access token is unknown, revoked or expired.", next_step="Make a new one in settings."
    )
    if not text.isascii() or not looks_like_token(text) or not number.isdigit() or len(number) > 18:
        raise refusal
    token = _tokens.find(int(number))
    if token is None or not hmac.compare_digest(derive("access-token", token.pk, token.nonce), proof):
        raise refusal
    if token.is_expired or not token.user.is_active:
        raise refusal
    note_use(token)
    return Actor(user=token.user, token=token)


def note_use(token: AccessToken) -> None:
    """Remember the use, to the minute: a write per request would cost more than the request."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        AccessToken.objects.filter(pk=token.pk).update(last_used_at=now)
        forget()


class PasswordMemory:
    """Remembers for some minutes that a password was right: checking one costs a third of a second by design.

    Holds only an HMAC under the server's secret, with the stored hash: a changed password is forgotten.
    """

    def __init__(self, *, most: int = 1000) -> None:
        self._key = hashlib.sha256(f"password-memory:{settings.TOKEN_SECRET}".encode()).digest()
        self._seen: OrderedDict[bytes, float] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def _digest(self, user: User, password: str) -> bytes:
        return hmac.new(self._key, f"{user.pk}\0{user.password}\0{password}".encode(), hashlib.sha256).digest()

    def is_right(self, user: User, password: str) -> bool:
        """Whether this is the user's password."""
        digest = self._digest(user, password)
        with self._lock:
            if self._seen.get(digest, 0.0) > time.monotonic():
                return True
        if not user.check_password(password):
            return False
        digest = self._digest(user, password)  # check_password may have upgraded the stored hash
        with self._lock:
            self._seen[digest] = time.monotonic() + PASSWORD_MEMORY
            while len(self._seen) > self._most:
                self._seen.popitem(last=False)
        return True


_memory: PasswordMemory | None = None


def actor_for_password(username: str, password: str, *, address: str = "") -> Actor:
    """The actor with this name and password; raises Unauthenticated, after the same time for unknown names.

    Failures are counted by name and `address`; past the limit every password is refused for some minutes.
    """
    global _memory
    attempts = Attempts(username, address)
    attempts.check()
    if _memory is None:
        _memory = PasswordMemory()
    user = User.objects.filter(username__lower=username.lower()).first()
    if user is None:
        # SECURITY: spend the same time as for a known name, or names can be told by the clock.
        check_password(password, _decoy())
    elif user.is_active and _memory.is_right(user, password):
        return Actor(user=user)
    attempts.note_failure()
    raise Unauthenticated("User name and password do not match.", next_step="Use an access token as the password.")


def check_own_password(request: HttpRequest, user: User, password: str) -> None:
    """Raise Invalid unless this is the password of the person who is signed in; failures are counted as above."""
    attempts = Attempts(user.username, client_address(request))
    try:
        attempts.check()
    except Unauthenticated as error:
        raise Invalid(error.message, field="password", next_step="Wait five minutes.") from None
    if not user.check_password(password):
        attempts.note_failure()
        raise Invalid("This is not your current password.", field="password")


_decoy_hash = ""


def _decoy() -> str:
    global _decoy_hash
    if not _decoy_hash:
        _decoy_hash = make_password("no such user")
    return _decoy_hash


def actor_of(request: HttpRequest) -> Actor:
    """The actor that the Authorization header proves, ANONYMOUS without one; raises Unauthenticated.

    Bearer token; Basic with the token as password (any user name) or as user name; Basic user and password.
    Cookies are not looked at: a wire door must not be steered by a browser's session.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        return ANONYMOUS
    scheme, _, value = header.partition(" ")
    kind, value = scheme.lower(), value.strip()
    if kind in {"bearer", "token"}:
        return actor_for_token(value)
    if kind == "basic":
        return _actor_for_basic(value, request)
    raise Unauthenticated(f"The hub does not know the {scheme[:20]!r} scheme. Use Bearer or Basic.")


def _actor_for_basic(value: str, request: HttpRequest) -> Actor:
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthenticated("The Basic credentials cannot be read.") from None
    for part in (password, name):
        if looks_like_token(part):
            return actor_for_token(part)
    if "\0" in name:
        raise Unauthenticated("The Basic credentials hold a name that nobody can have.")
    if not name and not password:
        return ANONYMOUS
    return actor_for_password(name, password, address=client_address(request))
