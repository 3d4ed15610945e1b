"""Where an outside bucket is and what is found in it, in words that all kinds of stores share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.lib import outbound
from hub.lib.errors import HubError, Invalid

S3 = "s3"
GCS = "gcs"
AZURE = "azure"
KINDS = {S3: "S3", GCS: "Google Cloud Storage", AZURE: "Azure Blob Storage"}

Headers = Mapping[str, str]
Signed = Callable[[], tuple[str, Headers]]
"""Makes the URL and the headers of a request anew for each try: signatures hold a time."""

_bucket = re.compile(r"[A-Za-z0-9$][A-Za-z0-9._-]{2,221}")
_region = re.compile(r"[a-z0-9-]{1,40}")
_account = re.compile(r"[a-z0-9]{3,24}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An outside bucket, the part of it that is shown, and the credentials; without them it is asked anonymously.

    For Azure `bucket` is the container, `account` the storage account and `secret` its key or a SAS token.
    `prefix` is "" or ends in a slash. `endpoint` is a URL; "" for the kind's own.
    """

    kind: str
    bucket: str
    prefix: str = ""
    region: str = ""
    endpoint: str = ""
    account: str = ""
    key_id: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)

    @property
    def base(self) -> str:
        """The URL that the bucket's name follows, without a slash at its end."""
        if self.endpoint:
            return self.endpoint.rstrip("/")
        if self.kind == AZURE:
            return f"https://{self.account}.blob.core.windows.net"
        if self.kind == GCS:
            return "https://storage.googleapis.com"
        return f"https://s3.{self.region or 'us-east-1'}.amazonaws.com"

    @property
    def words(self) -> str:
        """The place as messages name it."""
        return f"{KINDS[self.kind]} ({self.bucket})"


@dataclass(frozen=True, slots=True)
class Found:
    """An object: its key below the place's prefix, bytes, when it was written, and the store's tag of this content."""

    key: str
    size: int
    modified: datetime | None = None
    etag: str = ""

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a folder: names of folders, objects, and the store's word for the next page ("" at the end)."""

    folders: tuple[str, ...]
    files: tuple[Found, ...]
    token: str = ""


def checked(place: Place) -> Place:
    """The place itself, when every part of it is one; else raises Invalid with the field.

    SECURITY: these parts become an address and signed text; nothing else may pass.
    """
    if place.kind not in KINDS:
        raise Invalid("Connected storage is S3, GCS or Azure.", field="kind")
    if not _bucket.fullmatch(place.bucket):
        raise Invalid("A bucket's name has 3 to 222 letters, digits, dots, hyphens or underscores.", field="bucket")
    if place.region and not _region.fullmatch(place.region):
        raise Invalid("A region is made of lower-case letters, digits and hyphens.", field="region")
    if place.endpoint:
        _check_endpoint(place.endpoint)
    if place.kind == AZURE and not _account.fullmatch(place.account):
        raise Invalid("A storage account has 3 to 24 lower-case letters and digits.", field="account")
    if not all(0x21 <= ord(letter) <= 0x7E for letter in place.key_id + place.secret):
        raise Invalid("Keys are letters, digits and signs without spaces.", field="secret")
    if place.kind != AZURE and bool(place.key_id) != bool(place.secret):
        lacking = "secret" if place.key_id else "key_id"
        raise Invalid(
            "A key has two parts: its ID and its secret. For a public bucket leave both empty.", field=lacking
        )
    return place


def _check_endpoint(endpoint: str) -> None:
    try:
        parts = outbound.check(endpoint).parts
    except HubError as error:
        raise Invalid(error.message, field="endpoint", next_step=error.next_step) from None
    if parts.query or parts.fragment:
        raise Invalid("An endpoint is a URL without ? and #.", field="endpoint")
