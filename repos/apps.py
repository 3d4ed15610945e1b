"""Registers the repos room."""

from __future__ import annotations

from django.apps import AppConfig


class ReposConfig(AppConfig):
    """The room of repositories."""

    name = "repos"
    default_auto_field = "django.db.models.BigAutoField"
