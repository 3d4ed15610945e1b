"""Checks a presigned address of S3 (signature version 4) as the service would; written apart from the hub's own check."""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

SECRET = "secret"
now = time.time


def presigned_fault(method: str, target: str, headers: dict[str, str]) -> str:
    """S3's code for what is wrong with a request to a presigned address; "" when it is let in."""
    parts, found = urlsplit(target), {name.lower(): value.strip() for name, value in headers.items()}
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    signature, moment = query.pop("X-Amz-Signature"), query["X-Amz-Date"]
    began = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if now() >= began.timestamp() + int(query["X-Amz-Expires"]):
        return "AccessDenied"
    signed = query["X-Amz-SignedHeaders"].split(";")
    if any(name.startswith("x-amz-") and name not in signed for name in found):
        return "HeadersNotSigned"
    _, day, region, service, end = query["X-Amz-Credential"].split("/")
    words = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items()))
    lines = "".join(f"{name}:{found.get(name, '')}\n" for name in signed)
    request = "\n".join([method, parts.path, words, lines, ";".join(signed), "UNSIGNED-PAYLOAD"])
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for word in (day, region, service, end):
        key = hmac.digest(key, word.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{moment}\n{day}/{region}/{service}/{end}\n{digest}"
    real = hmac.new(key, text.encode(), "sha256").hexdigest()
    return "" if hmac.compare_digest(real, signature) else "SignatureDoesNotMatch"
