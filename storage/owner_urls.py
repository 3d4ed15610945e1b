"""Addresses of pages about the data of an owner, under /-/."""

from __future__ import annotations

from django.urls import path

from storage.views import owners

app_name = "storage_owner"

urlpatterns = [
    path("settings/usage", owners.person_usage, name="person"),
    path("organizations/<owner:slug>/usage", owners.group_usage, name="group"),
]
