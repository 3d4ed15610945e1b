"""What outside stores answer: their XML read without anything it could expand, their refusals in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn
from xml.etree import ElementTree

from hub.lib.errors import NotFound, Unavailable
from storage.connected.places import Place

_LONGEST = 300
_NEXT = {
    "AccessDenied": "The credentials must allow to list the bucket and to read its objects.",
    "AuthenticationFailed": "Check the account and its key, or make a new SAS token.",
    "AuthorizationFailure": "The credentials must allow to list the container and to read its blobs.",
    "ContainerNotFound": "Check the container's name and the account.",
    "InvalidAccessKeyId": "Check the key's ID.",
    "NoSuchBucket": "Check the bucket's name and the endpoint.",
    "PublicAccessNotPermitted": "The account allows no anonymous reading: connect it with a key or a SAS token.",
    "SignatureDoesNotMatch": "Check the key's secret.",
}


class StoreFault(Unavailable):
    """The outside store cannot be reached, refuses, or answers what is no answer; the hub has lost nothing."""

    code = "connected_store"


class KeyMissing(NotFound):
    """The outside bucket has no such object."""


class _Plain(ElementTree.TreeBuilder):
    def doctype(self, *_: object) -> NoReturn:
        # SECURITY: without a DTD there are no entities to expand.
        raise ElementTree.ParseError("a DTD")


def read_xml(body: bytes) -> ElementTree.Element:
    """The root of a document, names without their name space. Raises ElementTree.ParseError."""
    parser = ElementTree.XMLParser(target=_Plain())  # noqa: S314 -- no DTD passes, and the body is bounded
    parser.feed(body)
    root: ElementTree.Element = parser.close()
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def refusal(place: Place, status: int, headers: Mapping[str, str], body: bytes) -> StoreFault:
    """A store's refusal as an error that says which store, what it said and what to do."""
    code, said = headers.get("x-ms-error-code", ""), ""
    try:
        root = read_xml(body)
        code, said = root.findtext("Code") or code, root.findtext("Message") or ""
    except ElementTree.ParseError:
        pass
    region = headers.get("x-amz-bucket-region", "")
    if region and region != (place.region or "us-east-1"):
        return StoreFault(f"The bucket {place.bucket} is in the region {clean(region)}.", next_step="Set this region.")
    words = f"{code}: {said}" if code and said else code or said or f"status {status}"
    step = _NEXT.get(code, "")
    if not step and status in (401, 403):
        step = "Check the credentials; they must allow to list the bucket and to read its objects."
    if not step and 300 <= status < 400:
        step = "It points to another address, which is not followed. Check region and endpoint."
    return StoreFault(f"{place.words} refuses: {clean(words)}", next_step=step or "Try again later.")


def strange(place: Place) -> StoreFault:
    """What to raise for an answer that is none."""
    return StoreFault(
        f"{place.words} does not answer like such a store.", next_step="Check the kind, the endpoint and the region."
    )


def clean(words: str) -> str:
    """An outside store's words in one line, bounded, for a page."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"


def moment(text: str) -> datetime | None:
    """A time in the words of S3 (ISO) or of HTTP; None for anything else."""
    try:
        when = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def whole(text: str | None) -> int | None:
    """A number of bytes, or None."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else None
