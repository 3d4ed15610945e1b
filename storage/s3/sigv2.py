"""AWS Signature Version 2 in links: what boto3 still presigns with when it knows no region but us-east-1."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import quote

from storage.s3.errors import S3Error
from storage.s3.signable import Signable
from storage.s3.sigv4 import LONGEST, UNSIGNED

_IN_QUERY = ("AWSAccessKeyId", "Signature", "Expires")
# Parameters that are part of what is signed; others are not.
_SIGNED = frozenset(
    [
        "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle", "location",
        "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment",
        "response-cache-control", "response-content-disposition", "response-content-encoding",
        "response-content-language", "response-content-type", "response-expires", "restore", "select", "select-type",
        "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LinkClaim:
    """A signature that is not verified yet, and the text that it must be of."""

    access_key: str
    signature: bytes
    text: bytes
    payload: str = UNSIGNED
    is_link: bool = True
    names: tuple[str, ...] = ()

    def is_proved_by(self, secret: str) -> bool:
        """Whether this secret made the signature; compared in constant time."""
        right = base64.b64encode(hmac.digest(secret.encode(), self.text, hashlib.sha1))
        return hmac.compare_digest(right, self.signature)


def claim_in_link(asked: Signable, now: float) -> LinkClaim:
    """The claim of a link. Raises S3Error when it cannot be read, has expired or lives longer than seven days."""
    words = asked.parameters(_IN_QUERY)
    if len(words) != len(_IN_QUERY):
        raise S3Error("InvalidArgument", "A presigned link needs " + ", ".join(_IN_QUERY) + ".")
    expires = words["Expires"]
    if not expires.isascii() or not expires.isdigit() or len(expires) > 12:
        raise S3Error("InvalidArgument", "Expires is a number of seconds since 1970.")
    if int(expires) < now:
        raise S3Error("AccessDenied", "This link has expired.")
    if int(expires) > now + LONGEST:
        raise S3Error("AccessDenied", "A link may live for seven days at most.")
    return LinkClaim(words["AWSAccessKeyId"], words["Signature"].encode(), _text(asked, expires))


def _text(asked: Signable, expires: str) -> bytes:
    headers = asked.headers
    amz = sorted((name, value) for name, value in headers.items() if name.startswith("x-amz-"))
    lines = [asked.method, headers.get("content-md5", ""), headers.get("content-type", ""), expires]
    lines += [f"{name}:{value.strip()}" for name, value in amz]
    return "\n".join([*lines, _resource(asked)]).encode("utf-8", "replace")


def _resource(asked: Signable) -> str:
    """`/bucket/key` without the endpoint's own path, and the parameters that count."""
    found = []
    for name, value in asked.query:
        word = name.decode("latin-1")
        if word in _SIGNED:
            found.append((word, word if name in asked.bare else f"{word}={value.decode('utf-8', 'replace')}"))
    query = "&".join(text for _, text in sorted(found))
    return quote(asked.resource, safe="/-_.~") + ("?" + query if query else "")
