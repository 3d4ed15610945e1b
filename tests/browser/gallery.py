"""A URLconf with one page that holds every component: what the browser checks of the components look at."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.utils import timezone

from hub.urls import urlpatterns as hub_patterns

HERE = Path(__file__).resolve().parent
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


urlpatterns = [path("-/gallery", gallery), *hub_patterns]
