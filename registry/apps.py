"""Registers the registry room."""

from __future__ import annotations

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """The room of registered models."""

    name = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for repositories that go away; serve our part of MLflow; keep what versions need; offer the tab."""
        from registry import receivers  # noqa: F401
        from registry.mlflow import routes
        from registry.selectors.origins import needed_by_versions
        from registry.selectors.pages import model_count
        from repos.tabs import Tab, register
        from tracking.belongings import register_need

        routes.serve()
        register_need(needed_by_versions)
        register(Tab(key="models", label="Models", icon="box", url_name="registry:models", order=40, count=model_count))
