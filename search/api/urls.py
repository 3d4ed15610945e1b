"""The address of the search, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from search.api.everything import Search

urlpatterns = [path("search", Search.as_view())]
