"""Addresses of pages about stored data, below a repository."""

from __future__ import annotations

from django.urls import path

from storage.views import changes

app_name = "storage"

urlpatterns = [
    path("changes/<str:old>/<str:new>", changes.change, name="change"),
]
