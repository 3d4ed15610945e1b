"""Saved boards of charts."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0003_views"),
    ]

    operations = []
