"""What must be true before a hub can run: folders, a migrated database, static files, a free port."""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from hub import restart
from hub.assets import build_assets

Say = Callable[[str], None]
_APPLIED = "SELECT app, name FROM django_migrations ORDER BY app, name"
_ADMINISTERED = "SELECT EXISTS (SELECT 1 FROM accounts_user WHERE is_superuser)"


def make_folders() -> None:
    """The home folder and its rooms exist; only the owner of the process may look in."""
    for folder in _folders():
        folder.mkdir(parents=True, exist_ok=True)
    Path(settings.HUB_HOME).chmod(0o700)


def _folders() -> list[Path]:
    home = [settings.HUB_HOME, settings.REPOSITORIES_DIR, settings.BLOBS_DIR, settings.RUN_DIR]
    broker = (
        [] if settings.BROKER_DIR is None else [Path(settings.BROKER_DIR) / name for name in ("messages", "control")]
    )
    return [Path(each) for each in (*home, *broker)]


def lock(part: str) -> int:
    """Hold the home folder's lock for `part` (`up` is the whole) until the process ends; returns its descriptor.

    Raises CommandError when another hub holds it.
    """
    descriptor = os.open(_lock_file(part), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CommandError(
            f"Another hub is running on {settings.HUB_HOME}. Stop it, or choose another folder with --home."
        ) from None
    return descriptor


def _lock_file(part: str) -> Path:
    return Path(settings.RUN_DIR) / f"{part}.lock"


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


def note_for_next_time(plan: dict[str, Any], host: str, port: int) -> None:
    """The next start on this home, if nothing has changed by then, need not look again. Only for SQLite."""
    # Installed packages are told by their versions; what is of the hub itself may be changed at any time.
    own = [app.path for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR]
    sources = [*own, *(str(folder) for _, folder in settings.STATICFILES_DIRS)]
    database = str(connection.settings_dict["NAME"])
    release = Path(settings.STATIC_ROOT).parent / "release.txt"
    prepared = restart.Prepared(
        plan=plan,
        listen=(host, port),
        lock=str(_lock_file("up")),
        folders=[str(folder) for folder in (*_folders(), settings.STATIC_ROOT)],
        sources=sorted(sources),
        texts={str(release): release.read_text()} if release.is_file() else {},
        database=database,
        questions=restart.ask(database, (_APPLIED, _ADMINISTERED)),
    )
    restart.note(Path(settings.RUN_DIR), sys.argv[1:], prepared)
