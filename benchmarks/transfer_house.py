"""What runs during a comparison of transfers, the content that is sent, and where readings go."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from client import Connection
from servers import HubHome, Server
from transfer_doors import Door, Peak, doors
from transfer_programs import s3_client
from work import new_run

MB = 1024 * 1024
SMALL = 3 * 1024  # bytes
Found = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Size:
    """How much is transferred."""

    large: int = 1024
    """MB of the large file."""
    files: int = 10_000


QUICK = Size(100, 500)


@dataclass
class House:
    """Everything that runs, and where readings go."""

    folder: Path
    home: HubHome
    pair: tuple[str, str]
    """Key and secret of S3."""
    hub: Server
    nginx: Server
    moto: Server | None
    size: Size
    found: Found
    turn: int = 0

    def note(self, work: str, server: str, value: float) -> None:
        """Add a reading."""
        self.found[work][server].append(value)

    @contextmanager
    def memory(self, work: str) -> Iterator[None]:
        """Watch the hub's memory meanwhile."""
        with Peak(self.hub).watched(lambda growth: self.note(f"memory added by {work}, MB", "hub", growth)):
            yield

    @cached_property
    def s3(self) -> Any:
        """boto3 on the hub, where buckets are repositories."""
        return s3_client(f"http://127.0.0.1:{self.hub.port}/api/v1/repo-buckets/s3/bench", *self.pair)

    @cached_property
    def moto_s3(self) -> Any:
        """boto3 on moto."""
        return s3_client(f"http://127.0.0.1:{self.moto.port}", "bench", "bench") if self.moto else None

    @cached_property
    def doors(self) -> list[Door]:
        """Every door that takes bytes."""
        main = Connection(replace(self.hub, prefix="/bench/work.mlflow"))
        run = new_run(main, "0")
        main.close()
        return doors(self.s3, run)

    @cached_property
    def large(self) -> Path:
        """A large file of noise."""
        file = self.folder / "large.bin"
        with file.open("wb") as target:
            for _ in range(self.size.large):
                target.write(os.urandom(MB))
        return file

    @property
    def files(self) -> str:
        """The number of small files, in words."""
        return f"{self.size.files:,} files"

    def fresh_large(self) -> Path:
        """The large file with another beginning, so that nobody has it."""
        with self.large.open("r+b") as target:
            target.write(secrets.token_bytes(64))
        return self.large

    def fresh_small(self, folder: Path, suffix: str = "") -> list[Path]:
        """Small files that nobody has."""
        folder.mkdir(parents=True)
        files = [folder / f"{number:06d}{suffix}" for number in range(self.size.files)]
        for file in files:
            file.write_bytes(secrets.token_bytes(SMALL))
        return files

    def forget_large(self) -> None:
        """Take large content out of all stores, or the disk would fill; and let the disk come to rest."""
        places = (self.home.home / "blobs", self.folder / "nginx" / "files")
        for file in (each for place in places for each in place.rglob("*") if each.is_file()):
            if file.stat().st_size >= MB:
                file.unlink()
        os.sync()

    def turned(self, items: list[Any]) -> list[Any]:
        """The items, another one first in each turn."""
        at = self.turn % len(items)
        return items[at:] + items[:at]
