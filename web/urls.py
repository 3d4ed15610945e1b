"""Addresses of the web room."""

from __future__ import annotations

from django.urls import path

from web import activity, views
from web.demo import views as demo

app_name = "web"

urlpatterns = [
    path("", views.home, name="home"),
    path("-/explore", views.explore, name="explore"),
    path("-/demo", demo.demo, name="demo"),
    path("-/activity", activity.own, name="activity"),
    path("-/activity.atom", activity.own_feed, name="own_feed"),
    path("<owner:owner>.atom", activity.owner_feed, name="owner_feed"),
    path("<owner:owner>/<repo:name>/activity", activity.repository, name="repository_activity"),
    path("<owner:owner>/<repo:name>/activity.atom", activity.repository_feed, name="activity_feed"),
    path("<owner:owner>/", views.owner, name="owner"),
    path("<owner:owner>", views.owner_without_slash, name="owner_without_slash"),
]
