"""Registers the registry room."""

from __future__ import annotations

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """The room of registered models."""

    name = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for repositories that go away; add the registry's rows to the MLflow door."""
        from registry import receivers  # noqa: F401
        from registry.mlflow import routes

        routes.serve()
