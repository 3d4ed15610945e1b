"""Addresses of the web room."""

from __future__ import annotations

from django.urls import path

from web import views
from web.demo import views as demo

app_name = "web"

urlpatterns = [
    path("", views.home, name="home"),
    path("-/explore", views.explore, name="explore"),
    path("-/search", views.search, name="search"),
    path("-/demo", demo.demo, name="demo"),
    path("<owner:owner>/", views.owner, name="owner"),
    path("<owner:owner>", views.owner_without_slash, name="owner_without_slash"),
]
