"""The trash: who put what there, names free for others, and deletions for ever with what they have freed."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("repos", "0002_rendering"),
        ("tracking", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Purge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "total",
                    models.PositiveIntegerField(default=0, help_text="Experiments, runs and models at the start"),
                ),
                ("experiments", models.PositiveIntegerField(default=0)),
                ("runs", models.PositiveIntegerField(default=0)),
                ("logged_models", models.PositiveIntegerField(default=0)),
                (
                    "kept",
                    models.PositiveIntegerField(default=0, help_text="Things that were needed, or restored, meanwhile"),
                ),
                ("points", models.BigIntegerField(default=0)),
                ("rows", models.BigIntegerField(default=0)),
                ("files", models.BigIntegerField(default=0)),
                ("size", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="PurgeItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("experiment", "Experiment"), ("run", "Run"), ("model", "Logged model")], max_length=10
                    ),
                ),
                ("thing_id", models.BigIntegerField(help_text="Key of the experiment, run or logged model")),
                ("begun", models.BooleanField(default=False)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="experiment",
            name="tracking_experiment_name",
        ),
        migrations.AddField(
            model_name="experiment",
            name="deleted_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="loggedmodel",
            name="deleted_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="deleted_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="loggedmodel",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["repository", "deleted_at"],
                name="tracking_loggedmodel_trash",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["repository", "deleted_at"],
                name="tracking_run_trash",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at__isnull", True)),
                fields=("repository", "name"),
                name="tracking_experiment_live_name",
            ),
        ),
        migrations.AddField(
            model_name="purge",
            name="asked_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="purge",
            name="repository",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="purges",
                to="repos.repository",
            ),
        ),
        migrations.AddField(
            model_name="purgeitem",
            name="purge",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="items", to="tracking.purge"
            ),
        ),
        migrations.AddIndex(
            model_name="purge",
            index=models.Index(fields=["repository", "-asked_at"], name="tracking_purge_recent"),
        ),
        migrations.AddConstraint(
            model_name="purgeitem",
            constraint=models.UniqueConstraint(fields=("kind", "thing_id"), name="tracking_purgeitem_once"),
        ),
    ]
