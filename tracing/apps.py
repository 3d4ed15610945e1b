"""Registers the tracing room."""

from __future__ import annotations

from django.apps import AppConfig


class TracingConfig(AppConfig):
    """The room of traces and evaluation."""

    name = "tracing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for repositories that go away; add the rows of this room to the MLflow door."""
        from tracing import receivers  # noqa: F401
        from tracing.mlflow import routes

        routes.serve()
