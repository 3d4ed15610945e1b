"""The whole door, row by row: which request is which operation, and what it needs.

A path is `` (the service), `{bucket}` or `{bucket}/{key}`; behind `?` stand the parameters that must be there.
"""

from __future__ import annotations

from accounts.levels import Level
from hub.lib.routing import Route
from storage.s3 import buckets, copies, listings, objects, parts

READ, WRITE = Level.READ, Level.WRITE
BUCKET, KEY = "{bucket}", "{bucket}/{key}"
COPY = "copy"  # Stands for the header x-amz-copy-source.

ROUTES = (
    # Each bucket is asked for by itself: a caller sees those that they may read.
    Route("GET", "", buckets.list_buckets, needs=Level.NONE),
    Route("HEAD", BUCKET, buckets.head_bucket, needs=READ),
    Route("PUT", BUCKET, buckets.create_bucket, needs=WRITE),
    Route("DELETE", BUCKET, buckets.delete_bucket, needs=WRITE),
    Route("GET", f"{BUCKET}?location", buckets.location, needs=READ),
    Route("GET", f"{BUCKET}?versioning", buckets.versioning, needs=READ),
    Route("GET", f"{BUCKET}?versions", listings.list_versions, needs=READ),
    Route("GET", f"{BUCKET}?uploads", listings.list_uploads, needs=READ),
    Route("GET", BUCKET, listings.list_objects, needs=READ),
    Route("POST", f"{BUCKET}?delete", objects.delete_many, needs=WRITE),
    Route("GET", f"{KEY}?uploadId", parts.list_parts, needs=READ),
    Route("GET", KEY, objects.read_object, needs=READ),
    Route("HEAD", KEY, objects.read_object, needs=READ),
    Route("PUT", f"{KEY}?partNumber&uploadId&copy", parts.copy, needs=WRITE),
    Route("PUT", f"{KEY}?partNumber&uploadId", parts.put, needs=WRITE),
    Route("PUT", f"{KEY}?copy", copies.copy, needs=WRITE),
    Route("PUT", KEY, objects.put, needs=WRITE),
    Route("POST", f"{KEY}?uploads", parts.start, needs=WRITE),
    Route("POST", f"{KEY}?uploadId", parts.complete, needs=WRITE),
    Route("DELETE", f"{KEY}?uploadId", parts.abort, needs=WRITE),
    Route("DELETE", KEY, objects.delete, needs=WRITE),
)

# Sub-resources of S3 that have no counterpart here: asking for one must not be taken for reading or writing the object.
ELSEWHERE = frozenset(
    [
        "accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering", "inventory",
        "legal-hold", "lifecycle", "logging", "metrics", "notification", "object-lock", "ownershipControls", "policy",
        "policyStatus", "publicAccessBlock", "replication", "requestPayment", "restore", "retention", "select",
        "tagging", "torrent", "website",
    ]
)  # fmt: skip
KNOWN = frozenset(["delete", "location", "partNumber", "uploadId", "uploads", "versioning", "versions"])
_NOT_OFFERED = {
    verb: Route(verb, "", buckets.not_implemented, needs=READ if verb in ("GET", "HEAD") else WRITE)
    for verb in ("GET", "HEAD", "PUT", "POST", "DELETE")
}


def find(method: str, shape: str, words: frozenset[str]) -> Route | None:
    """The row of a request: `shape` is a path without parameters, `words` its parameters, COPY for a copy source."""
    if words & ELSEWHERE:
        return _NOT_OFFERED.get(method)
    asked = words & (KNOWN | {COPY})
    for route in ROUTES:
        path, _, needed = route.path.partition("?")
        if route.method == method and path == shape and set(filter(None, needed.split("&"))) <= asked:
            return _NOT_OFFERED[method] if _is_more(route, asked, needed) else route
    return None


def _is_more(route: Route, asked: frozenset[str], needed: str) -> bool:
    """Whether more was asked than the row answers: a put with `uploads` is none of an object."""
    harmless = {"partNumber"} if route.method in ("GET", "HEAD") else set()
    return bool(asked - set(needed.split("&")) - harmless - {COPY})


def methods(shape: str) -> list[str]:
    """The verbs that an address takes."""
    return sorted({route.method for route in ROUTES if route.path.partition("?")[0] == shape})
