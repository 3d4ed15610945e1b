"""Addresses of what only an ML hub reviews: experiments of a pull request, and metric gates."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from collab.views import experiments, gates, marks

_PULL = "pulls/<int:number>"

PATHS: list[URLPattern | URLResolver] = [
    path(f"{_PULL}/experiments", experiments.experiments, name="pull_experiments"),
    path(f"{_PULL}/experiments/series", experiments.series, name="pull_series"),
    path(f"{_PULL}/experiments/checks", experiments.gate_checks, name="gate_checks"),
    path(f"{_PULL}/marks", marks.marks, name="marks"),
    path("settings/gates", gates.gates, name="gates"),
    path("settings/gates/<int:pk>", gates.gate, name="gate"),
    path("settings/gates/<int:pk>/removal", gates.gate_removal, name="gate_removal"),
]
