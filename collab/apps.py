"""Registers the collab room."""

from __future__ import annotations

from django.apps import AppConfig


class CollabConfig(AppConfig):
    """The room of issues, pull requests and discussions."""

    name = "collab"
    default_auto_field = "django.db.models.BigAutoField"
