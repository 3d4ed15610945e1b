"""The data of the demonstration: sketches of the birds kept by DVC, a new version each season, and field notes."""

from __future__ import annotations

import hashlib
import json

from accounts.actor import Actor
from repos.models import Repository
from storage.pointers.files import object_key
from storage.services import put_object
from storage.services.contents import put_content
from storage.spaces import DATA, DVC
from web.demo.birds import ISLANDS, SPECIES, as_csv, birds
from web.demo.drawing import scatter

SEASONS = (1, 2, 3)


def sketches(seasons: int) -> dict[str, bytes]:
    """One picture a species and island: bill length and depth of the birds of the first seasons, by path."""
    rows = birds(seasons)
    found = {}
    for species in SPECIES:
        for island in ISLANDS[species]:
            here = [bird for bird in rows if (bird.species, bird.island) == (species, island)]
            measured = [(bird.bill_length, bird.bill_depth) for bird in here]
            groups = [measured if name == species else [] for name in SPECIES]
            found[f"{species.lower()}/{island.lower()}.png"] = scatter(groups, width=420, height=280)
    return found


def pointers(seasons: int) -> dict[str, bytes]:
    """What Git holds in their place: the `.dvc` file and what to ignore."""
    files = sketches(seasons)
    text = (
        f"outs:\n- md5: {_md5(_listed(files))}.dir\n  size: {sum(map(len, files.values()))}\n"
        f"  nfiles: {len(files)}\n  hash: md5\n  path: sketches\n"
    )
    return {"data/sketches.dvc": text.encode(), "data/.gitignore": b"/sketches\n"}


def store(*, repository: Repository, actor: Actor) -> None:
    """What `dvc push` and an upload to the bucket would have stored is there: every season's sketches, field notes."""
    for seasons in SEASONS:
        files = sketches(seasons)
        for content in files.values():
            _keep(repository, object_key(_md5(content)), content, actor)
        listed = _listed(files)
        _keep(repository, f"{object_key(_md5(listed))}.dir", listed, actor)
        notes = as_csv(birds(seasons)).encode()
        for key in (f"field-notes/season-{seasons}.csv", "field-notes/newest.csv"):
            put_object(
                repository=repository, space=DATA, key=key, chunks=[notes], content_type="text/csv", want_md5=True,
                actor=actor,
            )  # fmt: skip


def _keep(repository: Repository, key: str, content: bytes, actor: Actor) -> None:
    put_content(repository=repository, space=DVC, key=key, chunks=[content], want_md5=True, actor=actor)


def _listed(files: dict[str, bytes]) -> bytes:
    return json.dumps([{"md5": _md5(content), "relpath": path} for path, content in sorted(files.items())]).encode()


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
