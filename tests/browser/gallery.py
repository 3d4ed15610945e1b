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


class GalleryForm(forms.Form):
    """One field of each kind, one of them wrong."""

    name = forms.CharField(help_text="Letters, digits, hyphens and dots.", max_length=40)
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    level = forms.ChoiceField(choices=[("read", "Read"), ("write", "Write")])
    visibility = forms.ChoiceField(widget=forms.RadioSelect, choices=[("private", "Private"), ("public", "Public")])
    readme = forms.BooleanField(required=False, label="Start with a README", help_text="One commit on the first branch.")


def gallery(request: HttpRequest) -> HttpResponse:
    """Every component once."""
    labels = ["Files", "Commits", "Experiments", "Models", "Issues", "Pull requests", "Settings"]
    icons = ["code", "history", "flask-conical", "box", "circle-dot", "git-pull-request", "settings"]
    runs = ["baseline", "wider", "augmented"]
    context = {
        "repo": SimpleNamespace(visibility="private"),
        "tabs": [{"label": label, "icon": icon, "active": n == 2, "count": n * 700} for n, (label, icon) in enumerate(zip(labels, icons, strict=True))],
        "crumbs": [{"label": "stones", "url": "/"}, {"label": "src", "url": "/"}, {"label": "train.py", "url": ""}],
        "series": {"x": "step", "done": True, "series": [
            {"name": run, "color": n + 1, "points": [[x, (n + 1) * math.exp(-x / 20) + 0.05 * math.sin(x * (n + 2))] for x in range(100)]}
            for n, run in enumerate(runs)
        ]},
        "form": GalleryForm({"name": "", "level": "read", "visibility": "private"}),
        "snippets": [{"label": "Python", "text": "import mlflow\nmlflow.log_metric('loss', 0.4)"}, {"label": "curl", "text": "curl -X POST …", "note": "Needs a token."}],
        "now": timezone.now(),
    }  # fmt: skip
    template = engines["django"].from_string((HERE / "gallery.html").read_text())
    return HttpResponse(template.render(context, request))


urlpatterns = [path("-/gallery", gallery), *hub_patterns]
