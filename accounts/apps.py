"""Registers the accounts room."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models import CharField
from django.db.models.functions import Lower


class AccountsConfig(AppConfig):
    """The room of people, organisations and tokens."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let names be compared without case the way their unique indexes are made: `slug__lower="alice"`."""
        CharField.register_lookup(Lower)
        from accounts import checks  # noqa: F401  (registers itself)
