"""What must be true before a hub can run: folders, a migrated database, static files, a free port."""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from hub.assets import build_assets

Say = Callable[[str], None]


def make_folders() -> None:
    """The home folder and its rooms exist; only the owner of the process may look in."""
    home = Path(settings.HUB_HOME)
    for folder in (home, Path(settings.REPOSITORIES_DIR), Path(settings.BLOBS_DIR), Path(settings.RUN_DIR)):
        folder.mkdir(parents=True, exist_ok=True)
    if settings.BROKER_DIR is not None:
        for name in ("messages", "control"):
            (Path(settings.BROKER_DIR) / name).mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)


def lock(part: str) -> int:
    """Hold the home folder's lock for `part` (`up` is the whole) until the process ends; returns its descriptor.

    Raises CommandError when another hub holds it.
    """
    descriptor = os.open(Path(settings.RUN_DIR) / f"{part}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CommandError(
            f"Another hub is running on {settings.HUB_HOME}. Stop it, or choose another folder with --home."
        ) from None
    return descriptor


def migrate(say: Say) -> None:
    """The database has every table this release needs; says so only when there was something to do."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    say("Preparing the database")
    call_command("migrate", interactive=False, verbosity=0)


def collect_static(say: Say) -> None:
    """Static files are built, gathered and compressed under an address that changes with their content."""
    root = Path(settings.STATIC_ROOT)
    if root.is_dir() and not os.access(root.parent, os.W_OK):
        return  # An image or a package, where all was gathered when it was built.
    root.parent.mkdir(parents=True, exist_ok=True)
    with (root.parent / "static.lock").open("w") as waiting:
        fcntl.flock(waiting, fcntl.LOCK_EX)  # Two hubs may start from one checkout; the second finds all done.
        build_assets()
        release = root.parent / "release.txt"
        fingerprint = static_fingerprint()
        if release.is_file() and release.read_text() == fingerprint and root.is_dir():
            return
        say("Gathering static files")
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        release.write_text(fingerprint)


def static_fingerprint() -> str:
    """Eight hex digits that change when any static file does (by name, size and time: a second's work less)."""
    from django.contrib.staticfiles.finders import get_finders

    seen = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            facts = Path(storage.path(path)).stat()
            seen.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return seen.hexdigest()[:8]


def check_port(host: str, port: int) -> None:
    """The address can be listened on; raises CommandError with the way out."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port}: {error.strerror}. Choose another port with --port."
            ) from None
