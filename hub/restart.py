"""A start of which nothing has changed since the last: what that one prepared still holds, so most of it is saved.

`manage.py up` notes what it found. The next one looks whether all of it is still so, before Django is loaded, which
takes most of a start; in any doubt everything is prepared as the first time. Only with SQLite, which is asked at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RECORD = "start.json"
_MEANT = ("HUB_", "DJANGO_", "PYTHON")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a start found: the supervisor's plan, and what must still be so for the next to take it over.

    `folders` must exist; `sources` are files and folders that must not have changed; `questions` are asked of the
    SQLite file `database` and must have the same answers; `texts` are files with their content.
    """

    plan: dict[str, Any]
    listen: tuple[str, int]
    lock: str
    folders: list[str]
    sources: list[str]
    texts: dict[str, str]
    database: str
    questions: dict[str, list[Any]]


def ask(database: str, questions: Iterable[str]) -> dict[str, list[Any]]:
    """What the SQLite file answers; raises sqlite3.Error where it cannot."""
    with closing(sqlite3.connect(f"{Path(database).as_uri()}?mode=rw", uri=True, timeout=2)) as connection:
        return {each: [list(row) for row in connection.execute(each)] for each in questions}


def note(run: Path, words: Sequence[str], prepared: Prepared) -> None:
    """Keep what was found, for the next start with the same words, program and environment."""
    salt = secrets.token_hex(16)
    record = {**asdict(prepared), "salt": salt, "fingerprint": fingerprint(words, prepared.sources, salt)}
    draft = run / f"{RECORD}.{os.getpid()}"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(record))
    draft.replace(run / RECORD)


def forget(run: Path | None = None) -> None:
    """The next start prepares everything."""
    ((run or _run_folder()) / RECORD).unlink(missing_ok=True)


def _run_folder() -> Path:
    return Path(os.environ.get("HUB_HOME", "").strip() or ROOT / "data").resolve() / "run"


def plan_again(words: Sequence[str]) -> dict[str, Any] | None:
    """The supervisor's plan, with the home's lock held, when nothing has changed; else None, and nothing was done."""
    # SECURITY: only what lies in the home itself is believed: who can write there can do all that the hub can.
    try:
        record = json.loads((_run_folder() / RECORD).read_text())
        salt, known = record.pop("salt"), record.pop("fingerprint")
        found = Prepared(**record)
        if fingerprint(words, found.sources, salt) != known or not _holds(found):
            return None
        held = os.open(found.lock, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(held)
            return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, sqlite3.Error):
        return None  # Whatever is wrong, the long way says it better.
    return {**found.plan, "locks": [held]}


def _holds(found: Prepared) -> bool:
    host, port = found.listen
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
    return (
        all(Path(each).is_dir() for each in found.folders)
        and all(Path(name).read_text() == text for name, text in found.texts.items())
        and ask(found.database, found.questions) == found.questions
        and shutil.which("git") is not None
    )


def fingerprint(words: Sequence[str], sources: Iterable[str], salt: str) -> str:
    """Changes with the command's words, the environment, the interpreter, installed packages and the sources."""
    seen = hashlib.sha256()
    surroundings = sorted(pair for pair in os.environ.items() if pair[0].startswith(_MEANT))
    packages = sorted(entry.name for folder in sys.path for entry in Path(folder).glob("*.dist-info"))
    for part in (list(words), sys.executable, sys.version, surroundings, packages):
        seen.update(json.dumps(part).encode())
    for source in sources:
        for path, size, changed in _files(source):
            seen.update(f"{path}\0{size}\0{changed}\n".encode())
    # SECURITY: the environment may hold passwords that can be guessed; the record must not help in trying them.
    return hashlib.scrypt(seen.digest(), salt=bytes.fromhex(salt), n=1 << 11, r=8, p=1).hex()


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    """Path, size and time of change of each file below, in an order that stays."""
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as found:
            for entry in sorted(found, key=lambda each: each.name):
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__":
                        waiting.append(entry.path)
                else:
                    facts = entry.stat()
                    yield entry.path, facts.st_size, facts.st_mtime_ns
