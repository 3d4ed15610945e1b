"""Addresses of collaboration below /<owner>/<repo>/, each part from its own file."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from collab import core_urls, discussion_urls, issue_urls, ml_urls, notice_urls, pull_urls, review_urls

app_name = "collab"

urlpatterns: list[URLPattern | URLResolver] = [
    *core_urls.PATHS,
    *discussion_urls.PATHS,
    *issue_urls.PATHS,
    *ml_urls.PATHS,
    *notice_urls.PATHS,
    *pull_urls.PATHS,
    *review_urls.PATHS,
]
