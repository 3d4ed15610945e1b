"""Object keys: which ones objects may have, and the column that orders them byte by byte."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from hub.lib.errors import Invalid

if TYPE_CHECKING:
    _TextColumn = models.CharField[str, str]  # The type of its values is known to the checker only.
else:
    _TextColumn = models.CharField

LONGEST_KEY = 1024
"""Bytes of UTF-8 that a key may have, the same as in S3."""


class KeyField(_TextColumn):
    """A key, compared byte by byte on every database, so that a prefix is one range of the index."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        """The column's type with the collation which that database calls "as bytes"."""
        collation = "C" if connection.vendor == "postgresql" else "BINARY"
        return {**super().db_parameters(connection), "collation": collation}


def checked_key(key: str) -> str:
    """The key itself when objects may have it; else raises Invalid with the reason.

    SECURITY: clients turn keys into file names; `..`, absolute ones, backslashes and controls stay out.
    """
    reason = _fault(key)
    if reason:
        raise Invalid(f"Invalid path: {reason}.", field="path")
    return key


def checked_prefix(prefix: str) -> str:
    """A folder's prefix, "" for the root, else ending in one slash. Raises Invalid like checked_key."""
    folder = prefix.removesuffix("/")
    return checked_key(folder) + "/" if folder else ""


def _fault(key: str) -> str:
    if not key:
        return "it is empty"
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    if length > LONGEST_KEY:
        return f"it has {length} bytes, at most {LONGEST_KEY} are allowed"
    if "\\" in key:
        return "it has a backslash; folders are separated by /"
    if any(unicodedata.category(letter) == "Cc" for letter in key):
        return "it has a control character"
    if any(part in ("", ".", "..") for part in key.split("/")):
        return "it has an empty, '.' or '..' part"
    return ""
