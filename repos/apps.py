"""Registers the repos room."""

from __future__ import annotations

from django.apps import AppConfig


class ReposConfig(AppConfig):
    """The room of repositories."""

    name = "repos"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer accounts what tokens may be bound to."""
        from accounts import places
        from repos.places import RepositoryPlaces

        places.offer(RepositoryPlaces())
