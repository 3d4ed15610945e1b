"""Slows down whoever guesses passwords: counts failures by name and address in the cache."""

from __future__ import annotations

import hashlib
import ipaddress

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from hub.lib.errors import Unauthenticated

WINDOW = 5 * 60  # seconds after the last failure
MOST_FOR_A_NAME = 10
MOST_FROM_AN_ADDRESS = 100


def client_address(request: HttpRequest) -> str:
    """Where a request comes from; IPv6 addresses are cut to their /64, since one customer has all of it."""
    text = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    if settings.TRUST_PROXY and forwarded:
        # SECURITY: only the last entry was written by our own proxy; those before it are the client's words.
        text = forwarded.rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return text


class Attempts:
    """Failed passwords for one user name from one address, and from that address for any name."""

    def __init__(self, username: str, address: str) -> None:
        self._keys = {
            _key("name", username.lower(), address): MOST_FOR_A_NAME,
            _key("address", address): MOST_FROM_AN_ADDRESS,
        }

    def check(self) -> None:
        """Raise Unauthenticated when there were too many, without looking at the password."""
        # SECURITY: before the password is looked at, or guessing would go on at full speed.
        failures = cache.get_many(self._keys)
        if any(count >= self._keys[key] for key, count in failures.items()):
            raise Unauthenticated(
                "There were too many wrong passwords from this address.",
                next_step=f"Wait {WINDOW // 60} minutes, or use an access token.",
            )

    def note_failure(self) -> None:
        """One more; the count is forgotten five minutes after the last failure."""
        for key in self._keys:
            cache.add(key, 0, WINDOW)
            try:
                cache.incr(key)
                cache.touch(key, WINDOW)
            except ValueError:  # It expired between the two.
                cache.set(key, 1, WINDOW)


def _key(*words: str) -> str:
    return "password-failures:" + hashlib.sha256("\0".join(words).encode()).hexdigest()
