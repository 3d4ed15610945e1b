from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import storage.keys


class Migration(migrations.Migration):
    dependencies: ClassVar = [("storage", "0004_versions")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Manifest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("ready", "Ready"), ("broken", "Broken")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("files", models.BigIntegerField(default=0)),
                ("left_out", models.BigIntegerField(default=0)),
                ("fault", models.CharField(blank=True, max_length=200)),
                (
                    "blob",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="manifest", to="storage.blob"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ManifestEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", storage.keys.KeyField(max_length=1024)),
                ("md5", models.CharField(max_length=32)),
                (
                    "manifest",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="storage.manifest",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("manifest", "path"), name="storage_manifest_path"),
                ],
            },
        ),
    ]
