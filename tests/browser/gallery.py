"""A URLconf with one page that holds every component: what the browser checks of the components look at."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import path
from django.utils import timezone

from hub.urls import urlpatterns as hub_patterns

HERE = Path(__file__).resolve().parent
asked: Counter[str] = Counter()
mended: set[str] = set()
RUNS = ("baseline", "wider", "augmented")
TABS = [
    {"label": "Files", "icon": "code", "active": False, "count": None},
    {"label": "Commits", "icon": "history", "active": False, "count": 128},
    {"label": "Experiments", "icon": "flask-conical", "active": True, "count": 1400},
    {"label": "Pull requests", "icon": "git-pull-request", "active": False, "count": 3},
    {"label": "Settings", "icon": "settings", "active": False, "count": None},
]
SNIPPETS = [
    {"label": "Python", "text": "import mlflow\nmlflow.log_metric('loss', 0.4)"},
    {"label": "curl", "text": "curl -X POST http://127.0.0.1:8000/", "note": "Needs a token."},
]


class GalleryForm(forms.Form):
    """One field of each kind, one of them wrong."""

    name = forms.CharField(help_text="Letters, digits, hyphens and dots.", max_length=40)
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    level = forms.ChoiceField(choices=[("read", "Read"), ("write", "Write")])
    visibility = forms.ChoiceField(widget=forms.RadioSelect, choices=[("private", "Private"), ("public", "Public")])
    readme = forms.BooleanField(
        required=False, label="Start with a README", help_text="One commit on the first branch."
    )


def _curve(number: int, name: str) -> dict[str, object]:
    points = [[x, (number + 1) * math.exp(-x / 20) + 0.05 * math.sin(x * (number + 2))] for x in range(100)]
    return {"name": name, "color": number + 1, "points": points}


def gallery(request: HttpRequest) -> HttpResponse:
    """Every component once."""
    context = {
        "repo": SimpleNamespace(visibility="private"),
        "tabs": TABS,
        "crumbs": [{"label": "stones", "url": "/"}, {"label": "src", "url": "/"}, {"label": "train.py", "url": ""}],
        "series": {"x": "step", "done": True, "series": [_curve(n, run) for n, run in enumerate(RUNS)]},
        "form": GalleryForm({"name": "", "level": "read", "visibility": "private"}),
        "snippets": SNIPPETS,
        "now": timezone.now(),
    }
    template = engines["django"].from_string((HERE / "gallery.html").read_text())
    return HttpResponse(template.render(context, request))


def points(request: HttpRequest, name: str) -> JsonResponse:
    """A run that is going on: fails until it is mended, then has two points more at every look, and is done at six."""
    if name not in mended:
        return JsonResponse({}, status=503)
    asked[name] += 1
    count = min(6, 2 * asked[name])
    curve = {"name": "<i>live</i>", "points": [[x, x / 10] for x in range(count)]}
    return JsonResponse({"x": "step", "series": [curve], "done": count == 6})


def live(request: HttpRequest, name: str) -> HttpResponse:
    """A page with a chart of that run."""
    text = (
        '{% extends "base.html" %}{% block content %}<h1>Live</h1>'
        '<hub-chart data-src="/-/gallery/points/{{ name }}" data-refresh="0.1" data-title="live"><p>No curve yet.</p>'
        "</hub-chart>{% endblock %}"
    )
    return HttpResponse(engines["django"].from_string(text).render({"name": name}, request))


urlpatterns = [
    path("-/gallery", gallery),
    path("-/gallery/live/<slug:name>", live),
    path("-/gallery/points/<slug:name>", points),
    *hub_patterns,
]
