"""The web room as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Home, explore, search, owner pages."""

    name = "web"
