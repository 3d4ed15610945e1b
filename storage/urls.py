"""Addresses of pages about stored data, below a repository."""

from __future__ import annotations

from django.urls import path

from storage.views import changes, versions

app_name = "storage"

urlpatterns = [
    path("versions/<path:key>", versions.versions, name="versions"),
    path("restoration/<path:key>", versions.restoration, name="restoration"),
    path("changes/<str:old>/<str:new>", changes.change, name="change"),
]
