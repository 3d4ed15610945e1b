"""Azure's Blob service: requests signed with an account's key or with a SAS token; no connection is made here."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from hub.lib.errors import Invalid

VERSION = "2021-08-06"
"""Of the protocol; Azure answers as it did then for as long as it is asked so."""
_STANDARD = (
    "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
    "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
)  # fmt: skip


def is_sas(secret: str) -> bool:
    """Whether this is a SAS token, not an account's key (which is base64)."""
    return "sig=" in secret


def account_key(secret: str) -> bytes:
    """The key of an account, from base64. Raises Invalid."""
    try:
        return base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("An account's key is base64; a SAS token holds “sig=”.", field="secret") from None


def request(
    base: str,
    path: str,
    query: Mapping[str, str],
    *,
    method: str,
    headers: Mapping[str, str] | None = None,
    account: str = "",
    secret: str = "",
) -> tuple[str, dict[str, str]]:
    """URL and headers of a request to `base`/`path` (not quoted yet), signed; anonymous without a secret."""
    url = f"{base}/{quote(path, safe='/~')}"
    sent = {"x-ms-version": VERSION, "x-ms-date": format_datetime(datetime.now(UTC), usegmt=True), **(headers or {})}
    query = dict(query)
    if is_sas(secret):
        query |= dict(parse_qsl(secret.lstrip("?"), keep_blank_values=True))
    elif secret:
        to_sign = _string_to_sign(method, urlsplit(url).path, query, sent, account)
        signature = base64.b64encode(hmac.digest(account_key(secret), to_sign.encode(), hashlib.sha256)).decode()
        sent["Authorization"] = f"SharedKey {account}:{signature}"
    if query:
        url += "?" + urlencode(query, quote_via=quote, safe="~")
    return url, sent


def _string_to_sign(method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], account: str) -> str:
    """The protocol's "Authorize with Shared Key", for the Blob service from version 2015-02-21 on."""
    named = {name.lower(): value.strip() for name, value in headers.items()}
    standard = [
        "" if name == "content-length" and named.get(name) == "0" else named.get(name, "") for name in _STANDARD
    ]
    own = [f"{name}:{named[name]}" for name in sorted(named) if name.startswith("x-ms-")]
    resource = [f"/{account}{path}", *(f"{name.lower()}:{query[name]}" for name in sorted(query, key=str.lower))]
    return "\n".join([method, *standard, *own, *resource])
