"""The Celery application: what workers and beat start with."""

from __future__ import annotations

import os

from celery import Celery

from hub.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

app = Celery("hub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = SCHEDULE
app.autodiscover_tasks()
