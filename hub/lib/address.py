"""Where this hub is reached from outside, for what is written without a request at hand: mails, webhooks, commands."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def public_address() -> str:
    """Where this hub is reached, without a slash at the end: HUB_URL, or the address that `up` listens on.

    A command that is told no port says the one with which the hub of this home was started last.
    """
    if settings.HUB_URL:
        return str(settings.HUB_URL).rstrip("/")
    if not settings.PORT_IS_SAID:
        try:
            return _note().read_text()
        except FileNotFoundError:
            pass
    return listening_address(settings.HUB_HOST, settings.HUB_PORT)


def listening_address(host: str, port: int) -> str:
    """The address of a server on this machine that listens there."""
    near = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    shown = f"[{near}]" if ":" in near and not near.startswith("[") else near
    return f"http://{shown}:{port}"


def note_listening(host: str, port: int) -> None:
    """The hub of this home is being started there."""
    _note().write_text(listening_address(host, port))


def _note() -> Path:
    return Path(settings.RUN_DIR) / "address"
