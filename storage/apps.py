"""Registers the storage room."""

from __future__ import annotations

from django.apps import AppConfig


class StorageConfig(AppConfig):
    """The room of stored bytes."""

    name = "storage"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for pushes and for repositories that go away; lay data over code pages."""
        from accounts import settings_menu
        from repos import overlays, subjects, tabs
        from storage import checks, receivers  # noqa: F401
        from storage.api import buckets
        from storage.api.connected import connected_of
        from storage.subjects import is_tracked, objects_named
        from storage.views.overlay import DataOverlay

        buckets.offer("connected", connected_of)
        subjects.offer(subjects.Subject("object", "Stored file", "database", ("row", "area"), objects_named))
        subjects.offer_holder(is_tracked)
        overlays.register("data", DataOverlay())
        settings_menu.register(
            settings_menu.SettingsPlace("usage", "Storage", "hard-drive", "storage_owner:person", "storage_owner:group")
        )
        tabs.register(tabs.Tab("data", "Data", "database", "storage:data", 25))
