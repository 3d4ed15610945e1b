"""Copies a repository: its branches and tags, and the objects by hard links where that is safe. No alternates."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from repos.git.init import create_bare
from repos.git.maintenance import Busy, alone
from repos.git.process import run
from repos.git.refs import BRANCHES, TAGS, snapshot
from repos.git.taking import take_objects

TIMEOUT = 600.0
# Files beside a pack that belong to it alone. What spans packs is made anew by maintenance.
_PACK_FILES = (".pack", ".idx", ".rev", ".bitmap")


def copy_bare(source: Path, target: Path, *, default_branch: str, only_default: bool = False) -> None:
    """Make a bare repository with the branches and tags of another, or with its default branch alone.

    The two share no file that either may change. Refs of the hub's own (pull requests) stay behind.
    Raises GitError; what was made is removed then.
    """
    refs = {name: oid for name, oid in snapshot(source).items() if name.startswith((BRANCHES, TAGS))}
    if only_default:
        refs = {name: oid for name, oid in refs.items() if name == BRANCHES + default_branch}
    try:
        create_bare(target, default_branch)
        if only_default or not _linked(source, target):
            take_objects(target, source / "objects", list(dict.fromkeys(refs.values())))
        commands = b"".join(b"create " + name.encode() + b"\0" + oid.encode() + b"\0" for name, oid in refs.items())
        run(target, "update-ref", "-z", "--stdin", input=commands, timeout=TIMEOUT)
    except BaseException:  # Also when the process is asked to end: a folder of no repository would stay.
        shutil.rmtree(target, ignore_errors=True)
        raise


def _linked(source: Path, target: Path) -> bool:
    """Whether all objects could be linked: not while packs are being replaced, nor across file systems."""
    try:
        with alone(source):
            for folder in _loose_folders(source / "objects"):
                _link_all(folder, target / "objects" / folder.name)
            _link_all(source / "objects" / "pack", target / "objects" / "pack", _PACK_FILES)
    except (Busy, OSError):
        return False
    return True


def _loose_folders(objects: Path) -> list[Path]:
    return [entry for entry in objects.iterdir() if len(entry.name) == 2 and entry.is_dir()]


def _link_all(source: Path, target: Path, endings: tuple[str, ...] = ("",)) -> None:
    target.mkdir(exist_ok=True)
    for entry in os.scandir(source):
        if entry.is_file(follow_symlinks=False) and entry.name.endswith(endings) and not entry.name.startswith("tmp_"):
            with contextlib.suppress(FileExistsError):
                os.link(entry.path, target / entry.name, follow_symlinks=False)
