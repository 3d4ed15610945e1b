"""The queue page, mounted under /-/admin/jobs."""

from __future__ import annotations

from django.urls import path

from jobs import views

app_name = "jobs"

urlpatterns = [
    path("", views.jobs, name="jobs"),
    path("/<int:number>/retry", views.retry, name="retry"),
]
