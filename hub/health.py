"""`GET /healthz`: whether database, disk and broker work."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from hub import VERSION


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 with a word on each part, or 503 naming what does not work and why."""
    parts = {name: _told(check) for name, check in CHECKS.items()}
    healthy = all(word == "ok" for word in parts.values())
    body = {"status": "ok" if healthy else "failing", "version": VERSION, **parts}
    return JsonResponse(body, status=200 if healthy else 503, headers={"Cache-Control": "no-store"})


def _told(check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:  # Whatever is wrong, the caller shall read it here and not as a 500.
        return f"{type(error).__name__}: {error}"[:300]
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM django_content_type LIMIT 1")


def _disk() -> None:
    _write_and_remove(Path(settings.HUB_HOME))


def _broker() -> None:
    if settings.BROKER_DIR is not None:
        folder = Path(settings.BROKER_DIR) / "messages"
        folder.mkdir(parents=True, exist_ok=True)
        _write_and_remove(folder)
        return
    import redis

    redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2).ping()


def _write_and_remove(folder: Path) -> None:
    probe = folder / f".health-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        probe.write_bytes(b"ok")
    finally:
        probe.unlink(missing_ok=True)


CHECKS: dict[str, Callable[[], None]] = {"database": _database, "disk": _disk, "broker": _broker}
