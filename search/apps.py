"""Registers the search room."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SearchConfig(AppConfig):
    """The room of the index."""

    name = "search"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the full-text tables with the others."""
        from search.engine import prepare

        post_migrate.connect(prepare, sender=self, dispatch_uid="search.prepare")
