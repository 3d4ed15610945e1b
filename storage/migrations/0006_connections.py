from typing import ClassVar

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("repos", "0002_rendering"),
        ("storage", "0005_manifests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="ConnectedBucket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.SlugField(db_index=False, max_length=40)),
                (
                    "kind",
                    models.CharField(
                        choices=[("s3", "S3"), ("gcs", "Google Cloud Storage"), ("azure", "Azure Blob Storage")],
                        max_length=8,
                    ),
                ),
                ("bucket", models.CharField(max_length=222)),
                ("prefix", models.CharField(blank=True, max_length=1024)),
                ("region", models.CharField(blank=True, max_length=40)),
                ("endpoint", models.CharField(blank=True, max_length=500)),
                ("account", models.CharField(blank=True, max_length=24)),
                ("sealed_keys", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
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
                (
                    "repository",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="connected_buckets",
                        to="repos.repository",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("repository", "name"), name="storage_connected_once"),
                ],
            },
        ),
    ]
