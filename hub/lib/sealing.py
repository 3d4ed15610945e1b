"""Keeps secrets that must be read again (a webhook's key) sealed in the database, under a key of the server.

HMAC-SHA256 in counter mode hides the text, a second HMAC over nonce and ciphertext shows tampering (encrypt, then
authenticate). Keys are derived from TOKEN_SECRET and the purpose, so what is sealed for one use opens for no other.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from django.conf import settings

_VERSION = "s1."
_NONCE = 16
_TAG = 32
_BLOCK = hashlib.sha256().digest_size


class Unreadable(ValueError):
    """The sealed text was changed, sealed for another purpose, or under another server secret."""


def seal(text: str, *, purpose: str) -> str:
    """`text` as printable characters that only this server can read; sealing twice gives two results."""
    nonce = secrets.token_bytes(_NONCE)
    hidden = _mix(text.encode(), nonce, _key(purpose, "hide"))
    return _VERSION + base64.urlsafe_b64encode(nonce + hidden + _tag(nonce + hidden, purpose)).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """The text that was sealed for this purpose; raises Unreadable for anything else."""
    try:
        data = base64.b64decode(sealed.removeprefix(_VERSION), altchars=b"-_", validate=True)
    except ValueError:
        raise Unreadable("This is no sealed text.") from None
    body, tag = data[:-_TAG], data[-_TAG:]
    # SECURITY: judged before a byte is opened, and in constant time.
    if not sealed.startswith(_VERSION) or len(body) < _NONCE or not hmac.compare_digest(tag, _tag(body, purpose)):
        raise Unreadable("The sealed text was changed, or the server's secret was.")
    return _mix(body[_NONCE:], body[:_NONCE], _key(purpose, "hide")).decode()


def _key(purpose: str, use: str) -> bytes:
    return hmac.digest(settings.TOKEN_SECRET.encode(), f"seal:{use}:{purpose}".encode(), "sha256")


def _tag(body: bytes, purpose: str) -> bytes:
    return hmac.digest(_key(purpose, "guard"), body, "sha256")


def _mix(data: bytes, nonce: bytes, key: bytes) -> bytes:
    """Exclusive or with the key stream: hides what is plain, shows what is hidden."""
    blocks = range(-(-len(data) // _BLOCK))
    stream = b"".join(hmac.digest(key, nonce + number.to_bytes(8, "big"), "sha256") for number in blocks)
    return bytes(left ^ right for left, right in zip(data, stream, strict=False))
