"""Registers the tracking room."""

from __future__ import annotations

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """The room of experiments and runs."""

    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for repositories that go away; offer the tab of experiments."""
        from repos.tabs import Tab, register
        from tracking import receivers  # noqa: F401
        from tracking.selectors.experiment_list import experiment_count

        register(
            Tab(
                key="experiments",
                label="Experiments",
                icon="flask-conical",
                url_name="tracking:experiments",
                order=30,
                count=experiment_count,
            )
        )
