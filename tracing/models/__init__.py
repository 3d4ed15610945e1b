"""The tables of tracing: integer keys inside, the ids that clients see outside."""

from __future__ import annotations

from tracing.models.assessments import Assessment, AssessmentKind
from tracing.models.datasets import DatasetExperiment, DatasetRecord, DatasetTag, EvaluationDataset
from tracing.models.scorers import OnlineConfig, Scorer, ScorerVersion
from tracing.models.spans import Span
from tracing.models.traces import Trace, TraceMetadata, TracePrompt, TraceRunLink, TraceState, TraceTag

__all__ = [
    "Assessment",
    "AssessmentKind",
    "DatasetExperiment",
    "DatasetRecord",
    "DatasetTag",
    "EvaluationDataset",
    "OnlineConfig",
    "Scorer",
    "ScorerVersion",
    "Span",
    "Trace",
    "TraceMetadata",
    "TracePrompt",
    "TraceRunLink",
    "TraceState",
    "TraceTag",
]
