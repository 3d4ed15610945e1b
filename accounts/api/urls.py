"""Addresses of people, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from accounts.api import people

urlpatterns = [
    path("user", people.Me.as_view()),
    path("users/<owner:name>", people.Named.as_view()),
]
