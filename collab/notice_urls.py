"""Addresses of notices: the inbox and its settings under /-/, watching and talk below a repository."""

from __future__ import annotations

from django.urls import path

from collab.views import feeds, inbox, notice_settings, talk, unsubscribe, watching

app_name = "notices"

urlpatterns = [
    path("notifications", inbox.inbox, name="inbox"),
    path("notifications/here", inbox.here, name="here"),
    path("notifications/seen", inbox.seen, name="seen"),
    path("notifications/stop/<str:token>", unsubscribe.stop, name="stop"),
    path("settings/notifications", notice_settings.settings, name="settings"),
    path("settings/notifications/links", notice_settings.links, name="links"),
]

PATHS = [
    path("watch", watching.watch, name="watch"),
    path("subscription", watching.subscription, name="subscription"),
    path("talk", talk.talk, name="talk"),
    path("talk/about", talk.about, name="talk_about"),
    path("issues.atom", feeds.issues_feed, name="issues_feed"),
    path("discussions.atom", feeds.discussions_feed, name="discussions_feed"),
]
