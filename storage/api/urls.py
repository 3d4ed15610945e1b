"""Addresses of content and buckets, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from storage.api import content, raw, storages

_REPO = "repos/<owner:owner>/<repo:name>"

urlpatterns = [
    path(f"{_REPO}/content/<path:place>/rename", content.Rename.as_view()),
    path(f"{_REPO}/content/<path:place>", content.Content.as_view()),
    path(f"{_REPO}/raw/<path:place>", raw.Raw.as_view()),
    path(f"{_REPO}/storage", storages.Storages.as_view()),
    path(f"{_REPO}/storage/content/<str:protocol>/<path:bucket>", storages.BucketContent.as_view()),
    path(f"{_REPO}/storage/raw/<str:protocol>/<path:bucket>", storages.BucketFile.as_view()),
]
