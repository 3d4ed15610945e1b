"""Named views of the runs table."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0002_trash"),
    ]

    operations = []
