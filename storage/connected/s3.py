"""Requests in S3's language: for S3 itself and what is compatible with it, and for GCS, whose XML API takes them too.

Addresses are in path style, signatures are version 4; GCS takes them with HMAC keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote_plus, urlencode
from xml.etree.ElementTree import Element

from storage.connected.answers import moment, whole
from storage.connected.places import GCS, Found, Headers, Listing, Place, Signed

MOST = 1000
"""Entries that a store gives at once."""


def listing(place: Place, prefix: str, token: str, limit: int) -> Signed:
    """The request for one page of what begins with `prefix`, by ListObjectsV2."""
    query = {
        "list-type": "2", "delimiter": "/", "encoding-type": "url", "prefix": prefix, "max-keys": str(min(limit, MOST)),
    }  # fmt: skip
    if token:
        query["continuation-token"] = token
    return _signed(place, "GET", "", query, {})


def reading(place: Place, method: str, key: str, headers: Mapping[str, str]) -> Signed:
    """The request for an object, or with HEAD for what is known of it."""
    return _signed(place, method, f"/{quote(key, safe='/~')}", {}, headers)


def read_listing(root: Element, prefix: str) -> Listing:
    """What ListObjectsV2 answers, names below `prefix`. Raises ValueError for what is no such answer."""
    if root.tag != "ListBucketResult":
        raise ValueError(root.tag)
    decode = unquote_plus if root.findtext("EncodingType") == "url" else str
    files = []
    for entry in root.iter("Contents"):
        key, size = decode(entry.findtext("Key") or ""), whole(entry.findtext("Size"))
        if size is None or not key.startswith(prefix):
            raise ValueError("an entry without a size")
        if key != prefix:  # Some programs keep an empty object for a folder itself.
            tag = (entry.findtext("ETag") or "").strip('"')
            files.append(Found(key.removeprefix(prefix), size, moment(entry.findtext("LastModified") or ""), tag))
    folders = (decode(entry.findtext("Prefix") or "") for entry in root.iter("CommonPrefixes"))
    more = root.findtext("NextContinuationToken") if root.findtext("IsTruncated") == "true" else ""
    return Listing(tuple(each.removeprefix(prefix).rstrip("/") for each in folders), tuple(files), more or "")


def _signed(place: Place, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Signed:
    url = f"{place.base}/{place.bucket}{path}"
    if query:
        url += "?" + urlencode(query, quote_via=quote, safe="~")
    region = "auto" if place.kind == GCS else place.region or "us-east-1"

    def sign() -> tuple[str, Headers]:
        # SECURITY: signed with what was given for this place or with nothing, never with keys of the server itself.
        if not place.secret:
            return url, headers
        # Here, since they take a tenth of a second to load and few hubs have such a place.
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        request = AWSRequest(method, url, headers=dict(headers))
        S3SigV4Auth(Credentials(place.key_id, place.secret), "s3", region).add_auth(request)
        return url, dict(request.headers.items())

    return sign
