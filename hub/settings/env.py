"""Reads every HUB_* variable in one place, so that a wrong value is told at start and all of them are documented."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Variable:
    """One documented setting: its name, default (as text) and what it does."""

    name: str
    default: str
    help: str


KNOWN: dict[str, Variable] = {}

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str = "", *, help: str) -> str:
    """The value of a variable, or its default; remembers it for the documentation."""
    KNOWN[name] = Variable(name, default, help)
    # Empty counts as not said: container files and makefiles pass on variables that nobody has set.
    return os.environ.get(name, "").strip() or default


def said(name: str) -> bool:
    """Whether a variable has a value of its own."""
    return bool(os.environ.get(name, "").strip())


def flag(name: str, default: bool, *, help: str) -> bool:
    """A yes/no variable. Anything that is neither stops the start, naming the variable."""
    value = text(name, "1" if default else "0", help=help).lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise SystemExit(f"{name}={value!r} is neither yes nor no. Use 1 or 0.")


def number(name: str, default: int, *, help: str, low: int = 0, high: int = 2**62) -> int:
    """A whole number within bounds; anything else stops the start, naming the variable."""
    value = text(name, str(default), help=help)
    try:
        found = int(value)
    except ValueError:
        raise SystemExit(f"{name}={value!r} is not a whole number.") from None
    if not low <= found <= high:
        raise SystemExit(f"{name}={found} is out of range: use {low} to {high}.")
    return found


def words(name: str, default: str = "", *, help: str) -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default, help=help).split(",") if word.strip()]


def secret(name: str, file: Path, *, help: str) -> str:
    """The variable, or a random secret kept in `file` (mode 0600), made on first use."""
    value = text(name, "", help=help)
    if value:
        return value
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        pass
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = secrets.token_urlsafe(48)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(fresh + "\n")
    try:
        os.link(draft, file)  # Two processes may start at once: the first link wins, both read the same.
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return file.read_text().strip()


def database(url: str, home: Path) -> dict[str, object]:
    """Django's DATABASES["default"] for `sqlite:///path`, `postgres://…`, or an SQLite file in the home folder."""
    if not url:
        return _sqlite(home / "hub.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path)))
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or dict(parse_qsl(parts.query)).get("host", ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"prepare_threshold": 5},  # hub.lib.prepared may; what the ORM asks is never prepared.
        }
    raise SystemExit(
        f"HUB_DATABASE starts with {parts.scheme!r}. Use sqlite:///path or postgres://user:password@host/name."
    )


def mail(url: str) -> dict[str, object]:
    """Django's EMAIL_* settings for `smtp://user:password@host:port` (STARTTLS) or `smtps://…`; the log without one."""
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SystemExit("HUB_EMAIL is not understood. Use smtp://user:password@host:587 or smtps://….")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),
        "EMAIL_TIMEOUT": 20,
    }


def _sqlite(file: Path) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA temp_store=MEMORY;"
                "PRAGMA mmap_size=134217728;PRAGMA cache_size=-8000;PRAGMA journal_size_limit=67108864;"
            ),
        },
        # Tests use a file, not memory, so that threads of a live server see the same database.
        "TEST": {"NAME": str(file.with_name(f"test-{file.name}"))},
    }
