"""Endpoints that prompts are tried against."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0002_gates"),
    ]

    operations = []
