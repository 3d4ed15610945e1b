"""Registers the tracking room."""

from __future__ import annotations

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """The room of experiments and runs."""

    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for repositories that go away."""
        from tracking import receivers  # noqa: F401
