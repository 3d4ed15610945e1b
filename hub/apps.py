"""Registers the frame of the house: system checks, template tags and commands."""

from __future__ import annotations

from django.apps import AppConfig


class HubConfig(AppConfig):
    """What belongs to no room."""

    name = "hub"

    def ready(self) -> None:
        """Load the system checks, and the Celery application that `shared_task` binds to."""
        from hub import celery, checks  # noqa: F401
