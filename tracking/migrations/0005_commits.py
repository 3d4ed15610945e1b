"""The runs of a commit are found by an index of their own."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Substr


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0004_boards"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="runtag",
            index=models.Index(
                Substr("value", 1, 64),
                condition=models.Q(key="mlflow.source.git.commit"),
                name="tracking_runtag_commit",
            ),
        ),
    ]
