"""Registers the registry room."""

from __future__ import annotations

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """The room of registered models."""

    name = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for repositories that go away; add the registry's rows to the MLflow door; keep what versions need."""
        from registry import receivers  # noqa: F401
        from registry.mlflow import routes
        from registry.selectors.origins import needed_by_versions
        from tracking.belongings import register_need

        routes.serve()
        register_need(needed_by_versions)
