"""Addresses of the pages of traces and evaluations, below /<owner>/<repo>/."""

from __future__ import annotations

from django.urls import path

from tracing.views import datasets, evaluations, feedback, scorers, selection, trace, traces
from tracking.views.moved import following

app_name = "tracing"

_EXPERIMENT = "experiments/<int:number>"
_TRACE = f"{_EXPERIMENT}/traces/<str:trace>"
_ASSESSMENT = f"{_TRACE}/assessments/<str:assessment_id>"
_DATASET = "experiments/datasets/<str:dataset>"

urlpatterns = [
    path(f"{_EXPERIMENT}/traces", traces.traces, name="traces"),
    path(f"{_EXPERIMENT}/runs/<slug:run>/traces", following(traces.traces), name="run_traces"),
    path(f"{_EXPERIMENT}/tracing/series", traces.series, name="tracing_series"),
    path(f"{_EXPERIMENT}/tracing/pulse", traces.pulse, name="pulse"),
    path(f"{_EXPERIMENT}/tracing/selection/tag", selection.tag, name="tag_selection"),
    path(f"{_EXPERIMENT}/tracing/selection/dataset", selection.dataset, name="dataset_selection"),
    path(f"{_EXPERIMENT}/tracing/selection/deletion", selection.deletion, name="delete_selection"),
    path(_TRACE, trace.trace, name="trace"),
    path(f"{_TRACE}/spans/<str:span>", trace.span, name="span"),
    path(f"{_TRACE}/json", trace.document, name="trace_json"),
    path(f"{_TRACE}/tags", trace.tags, name="trace_tags"),
    path(f"{_TRACE}/deletion", trace.deletion, name="delete_trace"),
    path(f"{_TRACE}/assessments", feedback.feedback, name="feedback"),
    path(_ASSESSMENT, feedback.change, name="change_assessment"),
    path(f"{_ASSESSMENT}/override", feedback.override, name="override_assessment"),
    path(f"{_ASSESSMENT}/deletion", feedback.removal, name="delete_assessment"),
    path(f"{_EXPERIMENT}/evaluations", evaluations.evaluations, name="evaluations"),
    path(f"{_EXPERIMENT}/evaluations/compare", evaluations.compared, name="compare_evaluations"),
    path(f"{_EXPERIMENT}/scorers", scorers.scorers, name="scorers"),
    path("experiments/datasets", datasets.datasets, name="datasets"),
    path("experiments/datasets/new", datasets.new, name="new_dataset"),
    path(_DATASET, datasets.dataset, name="dataset"),
    path(f"{_DATASET}/tags", datasets.tags, name="dataset_tags"),
    path(f"{_DATASET}/deletion", datasets.deletion, name="delete_dataset"),
    path(f"{_DATASET}/records/deletion", datasets.records_deletion, name="delete_records"),
    path(f"{_DATASET}/records/<str:record>", datasets.expectations, name="expectations"),
]
