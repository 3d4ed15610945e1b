"""Registers the storage room."""

from __future__ import annotations

from django.apps import AppConfig


class StorageConfig(AppConfig):
    """The room of stored bytes."""

    name = "storage"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for pushes and for repositories that go away; lay data over code pages."""
        from repos import overlays, tabs
        from storage import checks, receivers  # noqa: F401
        from storage.views.overlay import DataOverlay

        overlays.register("data", DataOverlay())
        tabs.register(tabs.Tab("data", "Data", "database", "storage:data", 25))
