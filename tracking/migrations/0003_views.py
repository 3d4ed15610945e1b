"""Named views of runs tables, changes of many runs at once, and runs that are archived."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Substr

from tracking.clustered import CreateClusteredModel


class Migration(migrations.Migration):
    dependencies = [
        ("repos", "0002_rendering"),
        ("tracking", "0002_trash"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("tag", "Tag"),
                            ("untag", "Remove a tag"),
                            ("move", "Move"),
                            ("archive", "Archive"),
                            ("unarchive", "Unarchive"),
                            ("delete", "Delete"),
                            ("restore", "Restore"),
                        ],
                        max_length=9,
                    ),
                ),
                ("arguments", models.JSONField(blank=True, default=dict)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("total", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("reasons", models.JSONField(blank=True, default=dict)),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "experiment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bulk_changes",
                        to="tracking.experiment",
                    ),
                ),
                (
                    "repository",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bulk_changes",
                        to="repos.repository",
                    ),
                ),
            ],
        ),
        CreateClusteredModel(
            name="BulkItem",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "change", "run_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("run_id", models.BigIntegerField(help_text="Key of the run")),
                (
                    "change",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="tracking.bulkchange",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NamedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("query", models.TextField(blank=True, max_length=20000)),
                ("shared", models.BooleanField(default=False)),
                ("is_default", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "experiment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="views",
                        to="tracking.experiment",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
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
                        related_name="run_views",
                        to="repos.repository",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="run",
            name="archived_at",
            field=models.BigIntegerField(blank=True, help_text="Out of sight in tables, found by clients", null=True),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)),
                fields=["experiment", "archived_at"],
                name="tracking_run_archive",
            ),
        ),
        migrations.AddIndex(
            model_name="bulkchange",
            index=models.Index(fields=["experiment", "-asked_at"], name="tracking_bulk_recent"),
        ),
        migrations.AddIndex(
            model_name="namedview",
            index=models.Index(fields=["experiment", "name"], name="tracking_view_list"),
        ),
        migrations.AddIndex(
            model_name="namedview",
            index=models.Index(fields=["repository"], name="tracking_view_repository"),
        ),
        migrations.AddConstraint(
            model_name="namedview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("shared", True)), fields=("experiment", "name"), name="tracking_view_shared_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="namedview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("shared", False)),
                fields=("experiment", "owner", "name"),
                name="tracking_view_own_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="namedview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)), fields=("experiment",), name="tracking_view_one_default"
            ),
        ),
        migrations.AddConstraint(
            model_name="namedview",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_default", False), ("shared", True), _connector="OR"),
                name="tracking_view_default_is_shared",
            ),
        ),
        migrations.AddIndex(
            model_name="runtag",
            index=models.Index(
                Substr("value", 1, 32),
                condition=models.Q(("key", "mlflow.parentRunId")),
                name="tracking_runtag_parent",
            ),
        ),
    ]
