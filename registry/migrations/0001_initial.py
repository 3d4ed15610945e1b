"""The tables of the registry: models, versions, aliases, tags, and webhooks with their log."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("repos", "0002_rendering"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("source", models.TextField(help_text="Where the client said the files lie")),
                (
                    "storage_location",
                    models.TextField(help_text="Where they do lie: sources that name models are resolved"),
                ),
                ("run_uuid", models.CharField(blank=True, max_length=256)),
                ("logged_model_uuid", models.CharField(blank=True, max_length=256)),
                ("run_link", models.TextField(blank=True)),
                ("description", models.TextField(blank=True)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("None", "None"),
                            ("Staging", "Staging"),
                            ("Production", "Production"),
                            ("Archived", "Archived"),
                        ],
                        default="None",
                        max_length=10,
                    ),
                ),
                ("user_name", models.CharField(blank=True, max_length=256)),
                ("created_at", models.BigIntegerField()),
                ("updated_at", models.BigIntegerField()),
                ("deleted_at", models.BigIntegerField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="ModelVersionTag",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "version", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=250)),
                ("value", models.TextField(blank=True)),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tags",
                        to="registry.modelversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RegisteredModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=256)),
                ("description", models.TextField(blank=True)),
                ("is_prompt", models.BooleanField(default=False)),
                (
                    "last_version",
                    models.PositiveIntegerField(default=0, help_text="The highest number ever given; never used twice"),
                ),
                ("user_name", models.CharField(blank=True, max_length=256)),
                ("created_at", models.BigIntegerField()),
                ("updated_at", models.BigIntegerField()),
                (
                    "created_by",
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
                        related_name="registered_models",
                        to="repos.repository",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="modelversion",
            name="model",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="versions",
                to="registry.registeredmodel",
            ),
        ),
        migrations.CreateModel(
            name="ModelAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="aliases", to="registry.modelversion"
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="aliases",
                        to="registry.registeredmodel",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "model aliases",
            },
        ),
        migrations.CreateModel(
            name="RegisteredModelTag",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "model", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=250)),
                ("value", models.TextField(blank=True)),
                (
                    "model",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tags",
                        to="registry.registeredmodel",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.CharField(max_length=36, unique=True)),
                ("name", models.CharField(max_length=63)),
                ("description", models.TextField(blank=True)),
                ("url", models.CharField(max_length=2048)),
                ("events", models.JSONField(help_text="List of `entity.action`")),
                ("sealed_secret", models.TextField(blank=True, help_text="By hub.lib.sealing; never shown again")),
                (
                    "status",
                    models.CharField(
                        choices=[("ACTIVE", "Active"), ("DISABLED", "Disabled")], default="ACTIVE", max_length=8
                    ),
                ),
                ("created_at", models.BigIntegerField()),
                ("updated_at", models.BigIntegerField()),
                (
                    "repository",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="registry_webhooks",
                        to="repos.repository",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.CharField(max_length=36, unique=True)),
                ("event", models.CharField(max_length=40)),
                ("body", models.TextField(help_text="As it is sent and signed")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("delivered", "Delivered"), ("failed", "Failed")],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("response_status", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("response_body", models.TextField(blank=True, help_text="Its beginning")),
                ("error", models.TextField(blank=True)),
                ("milliseconds", models.PositiveIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("attempted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "webhook",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="registry.webhook",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
            },
        ),
        migrations.AddIndex(
            model_name="registeredmodel",
            index=models.Index(fields=["repository", "-updated_at"], name="registry_model_recent"),
        ),
        migrations.AddIndex(
            model_name="registeredmodel",
            index=models.Index(fields=["created_by"], name="registry_model_created_by"),
        ),
        migrations.AddConstraint(
            model_name="registeredmodel",
            constraint=models.UniqueConstraint(fields=("repository", "name"), name="registry_model_name"),
        ),
        migrations.AddIndex(
            model_name="modelversion",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True)),
                fields=["model", "stage", "-number"],
                name="registry_version_latest",
            ),
        ),
        migrations.AddIndex(
            model_name="modelversion",
            index=models.Index(
                condition=models.Q(("run_uuid", ""), _negated=True), fields=["run_uuid"], name="registry_version_run"
            ),
        ),
        migrations.AddIndex(
            model_name="modelversion",
            index=models.Index(
                condition=models.Q(("logged_model_uuid", ""), _negated=True),
                fields=["logged_model_uuid"],
                name="registry_version_logged_model",
            ),
        ),
        migrations.AddIndex(
            model_name="modelversion",
            index=models.Index(fields=["created_by"], name="registry_version_created_by"),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(fields=("model", "number"), name="registry_version_number"),
        ),
        migrations.AddConstraint(
            model_name="modelalias",
            constraint=models.UniqueConstraint(fields=("model", "name"), name="registry_alias_name"),
        ),
        migrations.AddIndex(
            model_name="webhook",
            index=models.Index(fields=["repository", "-created_at"], name="registry_webhook_recent"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["webhook", "-id"], name="registry_delivery_recent"),
        ),
    ]
