"""Registers the repos room."""

from __future__ import annotations

from django.apps import AppConfig


class ReposConfig(AppConfig):
    """The room of repositories."""

    name = "repos"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer accounts what tokens may be bound to, and pages the tabs of this room."""
        from accounts import places
        from accounts.levels import Level
        from repos import tabs
        from repos.places import RepositoryPlaces

        places.offer(RepositoryPlaces())
        for tab in (
            tabs.Tab("overview", "Overview", "book-open", "repos:overview", 10),
            tabs.Tab("files", "Files", "folder", "repos:files", 20),
            tabs.Tab("settings", "Settings", "settings", "repos:settings", 90, needs=Level.ADMIN),
        ):
            tabs.register(tab)
