"""Registers the tracking room."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class TrackingConfig(AppConfig):
    """The room of experiments and runs."""

    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for repositories that go away; teach SQLite what searches need; offer the tab of experiments."""
        from repos import overlays, subjects
        from repos.commit_parts import CommitPart, offer
        from repos.tabs import Tab, register
        from tracking import receivers  # noqa: F401
        from tracking.functions import teach
        from tracking.places import Place, offer_experiment_place, offer_run_place
        from tracking.selectors.commit_runs import runs_of_commit
        from tracking.selectors.experiment_list import experiment_count
        from tracking.selectors.run_logs import has_logs
        from tracking.selectors.subjects import runs_named
        from tracking.views.report_overlay import ReportOverlay

        subjects.offer(subjects.Subject("run", "Run", "flask-conical", ("point",), runs_named))
        connection_created.connect(teach, dispatch_uid="tracking.functions")
        overlays.register("reports", ReportOverlay())

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
        offer(CommitPart(template="tracking/_commit_runs.html", order=10, context=runs_of_commit))
        offer_experiment_place(Place("runs", "Runs", "list-tree", "tracking:experiment", 10, keeps_state=True))
        offer_experiment_place(Place("charts", "Charts", "chart-line", "tracking:charts", 20, keeps_state=True))
        offer_run_place(Place("overview", "Overview", "info", "tracking:run", 10))
        offer_run_place(Place("metrics", "Metrics", "chart-line", "tracking:run_metrics", 20))
        offer_run_place(Place("system", "System", "cpu", "tracking:run_system", 30))
        offer_run_place(Place("logs", "Logs", "scroll-text", "tracking:run_logs", 35, shown=has_logs))
        offer_run_place(Place("artifacts", "Artifacts", "files", "tracking:run_artifacts", 40))
