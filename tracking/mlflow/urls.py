"""Hands everything below `/<owner>/<repo>.mlflow` to the door; the addresses themselves are in routes.py."""

from __future__ import annotations

from django.urls import re_path

from tracking.mlflow.door import door

app_name = "mlflow"
urlpatterns = [re_path(r"^(?P<rest>(?:/[\s\S]*)?)$", door, name="door")]
