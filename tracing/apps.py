"""Registers the tracing room."""

from __future__ import annotations

from django.apps import AppConfig


class TracingConfig(AppConfig):
    """The room of traces and evaluation."""

    name = "tracing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for repositories that go away; add this room to the MLflow door, to purges and to pages of runs."""
        from tracing import receivers  # noqa: F401
        from tracing.mlflow import routes
        from tracing.selectors.traces import runs_with_traces
        from tracing.services import purge
        from tracing.views.evaluations import comparison_part
        from tracing.views.traces import experiment_facts
        from tracking.belongings import Belonging, register, register_bound
        from tracking.comparison_places import ComparisonPart, offer_comparison_part
        from tracking.models import Thing
        from tracking.places import Place, offer_experiment_facts, offer_experiment_place, offer_run_place

        routes.serve()
        register(Belonging(Thing.EXPERIMENT, "trace", purge.free_traces, purge.count_traces))
        register(Belonging(Thing.EXPERIMENT, "scorer", purge.free_scorers))
        register(Belonging(Thing.EXPERIMENT, "dataset link", purge.free_dataset_links))
        register(Belonging(Thing.RUN, "trace link", purge.free_run_links))
        register_bound("its traces are kept in this experiment", runs_with_traces)
        offer_experiment_place(Place("traces", "Traces", "waypoints", "tracing:traces", 40))
        offer_experiment_place(Place("evaluations", "Evaluations", "list-checks", "tracing:evaluations", 50))
        offer_run_place(Place("traces", "Traces", "waypoints", "tracing:run_traces", 50))
        offer_experiment_facts(experiment_facts)
        offer_comparison_part(
            ComparisonPart(
                "evaluations", "Evaluations", "list-checks", "tracing/_compared_evaluations.html", 50, comparison_part
            )
        )
