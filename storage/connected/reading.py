"""The three questions that connected storage asks of any kind of store: a folder, an object's size, a range of it."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from hub.lib.errors import Invalid
from storage.connected import azure, s3
from storage.connected.answers import KeyMissing, StoreFault, moment, read_xml, refusal, strange, whole
from storage.connected.places import AZURE, Found, Listing, Place

if TYPE_CHECKING:  # urllib3 takes a third of a second to import, which hubs without connected storage do without.
    from storage.connected.web import Answer, RangeBlocks

LONGEST_KEY = 1024
LONGEST_TOKEN = 4096


def list_folder(place: Place, prefix: str = "", token: str = "", limit: int = 100) -> Listing:
    """One page of the folder `prefix` ("" or ending in a slash), at most `limit` entries; `token` asks for the next.

    Raises Invalid for what is no folder or token, StoreFault.
    """
    from storage.connected.web import ask, small_body

    if len(token) > LONGEST_TOKEN or not token.isprintable():
        raise Invalid("This is no word for a next page.", field="after")
    whole_prefix = place.prefix + _checked(prefix)
    language = _language(place)
    answer = ask(place, "GET", language.listing(place, whole_prefix, token, limit))
    body = small_body(place, answer)
    if answer.status != 200:
        raise refusal(place, answer.status, answer.headers, body)
    try:
        listing: Listing = language.read_listing(read_xml(body), whole_prefix)
    except (ParseError, ValueError):
        raise strange(place) from None
    if len(listing.folders) + len(listing.files) > limit:  # A page of the hub shows no more than it asked for.
        raise strange(place)
    return listing


def find(place: Place, key: str) -> Found:
    """What is known of an object. Raises Invalid, KeyMissing, StoreFault."""
    from storage.connected.web import ask

    answer = ask(place, "HEAD", _language(place).reading(place, "HEAD", place.prefix + _checked(key), {}))
    answer.release_conn()
    _judge(place, answer, {200})
    size = whole(answer.headers.get("Content-Length"))
    if size is None:
        raise strange(place)
    modified = moment(answer.headers.get("Last-Modified", ""))
    return Found(key, size, modified, answer.headers.get("ETag", "").strip('"'))


def open_range(place: Place, key: str, offset: int, length: int, etag: str = "") -> RangeBlocks:
    """The bytes of an object from `offset`, `length` of them, which must be there, in blocks.

    With `etag` only of that very content. Raises at once: Invalid, KeyMissing, StoreFault; later StoreFault when the
    store ends too early.
    """
    from storage.connected.web import RangeBlocks, ask

    if offset < 0 or length < 1:
        raise Invalid("A range has at least one byte.")
    headers = {"Range": f"bytes={offset}-{offset + length - 1}"}
    if etag:
        headers["If-Match"] = f'"{etag}"'
    answer = ask(place, "GET", _language(place).reading(place, "GET", place.prefix + _checked(key), headers))
    try:
        _judge(place, answer, {206} if offset else {200, 206})
    except BaseException:
        answer.close()
        raise
    return RangeBlocks(place, answer, length)


def _judge(place: Place, answer: Answer, good: set[int]) -> None:
    if answer.status in good:
        return
    if answer.status == 404:
        raise KeyMissing("There is no such object in the connected bucket.")
    if answer.status == 412:
        raise StoreFault(f"{place.words}: the object was changed while it was read.", next_step="Open it again.")
    if answer.status == 200:
        raise StoreFault(f"{place.words} does not give parts of objects.", next_step="Download the whole object.")
    from storage.connected.web import small_body

    body = b"" if answer.closed else small_body(place, answer)
    raise refusal(place, answer.status, answer.headers, body)


def _language(place: Place) -> ModuleType:
    return azure if place.kind == AZURE else s3


def _checked(key: str) -> str:
    """SECURITY: a key becomes a path; `..` would lead out of the prefix, or of the bucket, as some servers read it."""
    if not addressable(key) and key:
        raise Invalid("The hub does not open keys with empty, '.' or '..' parts or control characters.", field="key")
    return key


def addressable(key: str) -> bool:
    """Whether pages of the hub can open this key (a folder's may end in a slash)."""
    try:
        long = len(key.encode()) > LONGEST_KEY
    except UnicodeEncodeError:
        return False
    parts = key.removesuffix("/").split("/")
    return not long and key.isprintable() and not any(part in ("", ".", "..") for part in parts) and "\\" not in key
