"""The edge of a page of runs as text for an address: what the run there is ordered by. Reading it is total."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tracking.search.ordering import Key
from tracking.search.vocabulary import Sort
from tracking.table_state import MOST_CURSOR

_WHOLE = 2**63
_MOST_PLACE = 10**9


@dataclass(frozen=True, slots=True)
class Cursor:
    """The run with this key stands at the edge. `at`: runs before the edge; `about`: the order it belongs to.

    `edge` is empty where it would be too long for an address: then it is looked up.
    """

    about: str
    run: int
    at: int
    edge: list[Any]


class _Written(msgspec.Struct, array_like=True):
    order: int
    run: int
    at: int
    edge: list[bool | int | float | str | None] = []


def write_cursor(cursor: Cursor) -> str:
    """The cursor as letters, digits, minus and underscore."""
    text = _text(_Written(_mark(cursor.about), cursor.run, cursor.at, cursor.edge))
    return text if len(text) <= MOST_CURSOR else _text(_Written(_mark(cursor.about), cursor.run, cursor.at))


def read_cursor(text: str, about: str, keys: Sequence[Key]) -> Cursor | None:
    """The cursor, or None when it is broken, or of another order than `about` with its `keys`."""
    try:
        given = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Written)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return None
    sound = given.order == _mark(about) and 0 <= given.run < _WHOLE and 0 <= given.at < _MOST_PLACE
    fits = len(given.edge) == len(keys) and all(map(_fits, keys, given.edge))
    return Cursor(about, given.run, given.at, given.edge) if sound and (fits or not given.edge) else None


def _text(written: _Written) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(written)).decode().rstrip("=")


def _mark(about: str) -> int:
    return zlib.crc32(about.encode(errors="replace"))


def _fits(key: Key, value: Any) -> bool:
    """SECURITY: the address is anybody's; a value of another kind would be an error of the database."""
    if value is None:
        return True
    if key.sort is None:
        return isinstance(value, bool)
    if key.sort is Sort.TEXT:
        return isinstance(value, str) and "\0" not in value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return key.sort is Sort.METRIC or (isinstance(value, int) and -_WHOLE <= value < _WHOLE)
