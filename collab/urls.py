"""Addresses of collaboration below /<owner>/<repo>/, each part from its own file."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "collab"

urlpatterns: list[URLPattern | URLResolver] = []
