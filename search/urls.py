"""Addresses of the search room."""

from __future__ import annotations

from django.urls import path

from search import views

app_name = "search"

urlpatterns = [
    path("-/search", views.search, name="search"),
    path("-/palette", views.palette, name="palette"),
]
