"""Registers the jobs room."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The room of background work."""

    name = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
