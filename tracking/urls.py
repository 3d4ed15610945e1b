"""Addresses of tracking's pages, below /<owner>/<repo>/."""

from __future__ import annotations

from django.urls import path

from tracking.table_urls import TABLE
from tracking.views import (
    artifacts,
    boards,
    columns,
    experiments,
    panels,
    report_blocks,
    report_edits,
    reports,
    run,
    run_charts,
    run_logs,
    run_notes,
    run_overview,
    run_short,
    runs,
    series,
    trash,
)
from tracking.views.comparing import charts as compare_charts
from tracking.views.comparing import code as compare_code
from tracking.views.comparing import environment as compare_environment
from tracking.views.comparing import files as compare_files
from tracking.views.comparing import images as compare_images
from tracking.views.comparing import more as compare_more
from tracking.views.comparing import values as compare_values
from tracking.views.moved import following

app_name = "tracking"

_EXPERIMENT = "experiments/<int:number>"
_RUN = f"{_EXPERIMENT}/runs/<slug:run>"
_MODEL = f"{_RUN}/models/<slug:model>"

urlpatterns = [
    path("experiments", experiments.experiments, name="experiments"),
    path("experiments/new", experiments.new_experiment, name="new_experiment"),
    path("experiments/trash", trash.trash, name="trash"),
    path("experiments/trash/restoration", trash.restoration, name="restore_trash"),
    path("experiments/trash/purge", trash.purge, name="purge"),
    path(_EXPERIMENT, runs.experiment, name="experiment"),
    path(f"{_EXPERIMENT}/columns", columns.columns, name="run_columns"),
    path(f"{_EXPERIMENT}/name", experiments.rename, name="rename_experiment"),
    path(f"{_EXPERIMENT}/deletion", experiments.deletion, name="delete_experiment"),
    path(f"{_EXPERIMENT}/restoration", trash.experiment_restoration, name="restore_experiment"),
    path(f"{_EXPERIMENT}/compare", compare_values.compare, name="compare"),
    path(f"{_EXPERIMENT}/compare/charts", compare_charts.charts, name="compare_charts"),
    path(f"{_EXPERIMENT}/compare/series", compare_charts.series, name="compare_series"),
    path(f"{_EXPERIMENT}/compare/images", compare_images.images, name="compare_images"),
    path(f"{_EXPERIMENT}/compare/files", compare_files.files, name="compare_files"),
    path(f"{_EXPERIMENT}/compare/code", compare_code.code, name="compare_code"),
    path(f"{_EXPERIMENT}/compare/environment", compare_environment.environment, name="compare_environment"),
    path(f"{_EXPERIMENT}/compare/more/<slug:key>", compare_more.part, name="compare_part"),
    path(f"{_EXPERIMENT}/series", series.compared_series, name="compared_series"),
    path(f"{_EXPERIMENT}/charts", boards.charts, name="charts"),
    path(f"{_EXPERIMENT}/charts/panel", boards.panel, name="charts_panel"),
    path(f"{_EXPERIMENT}/charts/edit", boards.edit, name="edit_charts"),
    path(f"{_EXPERIMENT}/charts/boards", boards.save, name="save_board"),
    path(f"{_EXPERIMENT}/charts/boards/<int:board>/deletion", boards.deletion, name="delete_board"),
    path(f"{_EXPERIMENT}/charts/live", series.live, name="charts_live"),
    path(f"{_EXPERIMENT}/charts/values", panels.values, name="chart_values"),
    path(f"{_EXPERIMENT}/charts/importance", panels.importance, name="chart_importance"),
    path("runs/<slug:digits>", run_short.short, name="run_short"),
    path(_RUN, following(run_overview.overview), name="run"),
    path(f"{_RUN}/params", following(run_overview.params), name="run_params"),
    path(f"{_RUN}/metrics", following(run_charts.metrics), name="run_metrics"),
    path(f"{_RUN}/system", following(run_charts.metrics), {"system": True}, name="run_system"),
    path(f"{_RUN}/series", following(series.run_series), name="run_series"),
    path(f"{_RUN}/latest", following(series.run_latest), name="run_latest"),
    path(f"{_RUN}/logs", following(run_logs.logs), name="run_logs"),
    path(f"{_RUN}/logs/<path:place>", following(run_logs.logs), name="run_log"),
    path(f"{_RUN}/artifacts", following(artifacts.artifacts), name="run_artifacts"),
    path(f"{_RUN}/artifacts/<path:place>", following(artifacts.artifacts), name="run_artifact"),
    path(f"{_RUN}/files/<path:place>", following(artifacts.download), name="run_file"),
    path(f"{_RUN}/frame/<path:place>", following(artifacts.framed), name="run_frame"),
    path(f"{_RUN}/zip", following(artifacts.packed), name="run_zip"),
    path(f"{_RUN}/zip/<path:place>", following(artifacts.packed), name="run_folder_zip"),
    path(_MODEL, following(artifacts.artifacts), name="model_artifacts"),
    path(f"{_MODEL}/zip", following(artifacts.packed), name="model_zip"),
    path(f"{_MODEL}/zip/<path:place>", following(artifacts.packed), name="model_folder_zip"),
    path(f"{_MODEL}/files/<path:place>", following(artifacts.download), name="model_file"),
    path(f"{_MODEL}/frame/<path:place>", following(artifacts.framed), name="model_frame"),
    path(f"{_MODEL}/artifacts/<path:place>", following(artifacts.artifacts), name="model_artifact"),
    path(f"{_RUN}/name", following(run.name), name="rename_run"),
    path(f"{_RUN}/notes", following(run_notes.notes), name="run_notes"),
    path(f"{_RUN}/ending", following(run.ending), name="end_run"),
    path(f"{_RUN}/tags", following(run.tags), name="run_tags"),
    path(f"{_RUN}/deletion", following(run.deletion), name="delete_run"),
    path(f"{_RUN}/restoration", following(run.restoration), name="restore_run"),
    path(f"{_EXPERIMENT}/report-block", report_edits.report_snippet, name="report_snippet"),
    path("reports", reports.reports, name="reports"),
    path("new-report", report_edits.new_report, name="new_report"),
    path("report-preview", report_edits.report_preview, name="report_preview"),
    path("report-block", report_blocks.report_block, name="report_block"),
    path("reports/<str:report>", reports.report, name="report"),
    path("reports/<str:report>/edit", report_edits.edit_report, name="edit_report"),
    path("reports/<str:report>/versions", reports.versions, name="report_versions"),
    *TABLE,
]
