from typing import ClassVar

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import storage.keys


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("storage", "0003_locks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="ObjectVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", storage.keys.KeyField(max_length=1024)),
                ("number", models.BigIntegerField(default=0)),
                ("size", models.BigIntegerField(default=0)),
                ("content_type", models.CharField(blank=True, max_length=127)),
                ("metadata", models.JSONField(blank=True, default=dict)),
                ("etag", models.CharField(blank=True, max_length=80)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("retired_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "blob",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="storage.blob",
                    ),
                ),
                (
                    "bucket",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="storage.bucket",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["bucket", "key", "-id"], name="storage_version_key")],
            },
        ),
    ]
