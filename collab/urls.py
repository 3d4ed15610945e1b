"""Addresses of collaboration below /<owner>/<repo>/, each part from its own file."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from collab import core_urls, notice_urls

app_name = "collab"

urlpatterns: list[URLPattern | URLResolver] = [
    *core_urls.PATHS,
    *notice_urls.PATHS,
]
