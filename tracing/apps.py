"""Registers the tracing room."""

from __future__ import annotations

from django.apps import AppConfig


class TracingConfig(AppConfig):
    """The room of traces and evaluation."""

    name = "tracing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for repositories that go away; add the rows of this room to the MLflow door and to purges."""
        from tracing import receivers  # noqa: F401
        from tracing.mlflow import routes
        from tracing.services import purge
        from tracking.belongings import Belonging, register
        from tracking.models import Thing

        routes.serve()
        register(Belonging(Thing.EXPERIMENT, "trace", purge.free_traces, purge.count_traces))
        register(Belonging(Thing.EXPERIMENT, "scorer", purge.free_scorers))
        register(Belonging(Thing.EXPERIMENT, "dataset link", purge.free_dataset_links))
        register(Belonging(Thing.RUN, "trace link", purge.free_run_links))
