"""A folder of files as one zip archive, written while it is sent: nothing is gathered, on disk or in memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import IO, cast

Packed = tuple[str, datetime, Iterable[bytes]]


class _Outlet:
    """What a zip writer writes into: takes bytes, and hands out what it holds. It cannot go back, as a line cannot."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        self._size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def tell(self) -> int:
        """Bytes so far."""
        return self._size

    def taken(self) -> bytes:
        """What has come since this was asked last."""
        data = b"".join(self._held)
        self._held.clear()
        return data


def zipped(files: Iterable[Packed]) -> Iterator[bytes]:
    """The archive of files: path, time of change, content in blocks. They are stored as they are, not compressed:
    models and pictures are so already, and whoever waits for a line does not wait for this machine as well.
    """
    outlet = _Outlet()
    with zipfile.ZipFile(cast(IO[bytes], outlet), "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for path, changed, blocks in files:
            entry = zipfile.ZipInfo(path, _moment(changed))
            entry.external_attr = 0o644 << 16
            # How long a file is stands behind it, since it is not known before: room for any length.
            with archive.open(entry, "w", force_zip64=True) as target:
                for block in blocks:
                    target.write(block)
                    yield outlet.taken()
            yield outlet.taken()
    yield outlet.taken()


def _moment(when: datetime) -> tuple[int, int, int, int, int, int]:
    """As zip archives can say it: from 1980 on, in whole seconds."""
    when = when.astimezone(UTC)
    return (max(1980, min(when.year, 2107)), when.month, when.day, when.hour, when.minute, when.second)
