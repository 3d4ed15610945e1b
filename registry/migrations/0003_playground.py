"""Endpoints that prompts are tried against."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0002_gates"),
        ("repos", "0002_rendering"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=63)),
                ("base_url", models.CharField(help_text="What comes before /chat/completions", max_length=2048)),
                ("sealed_key", models.TextField(blank=True, help_text="By hub.lib.sealing; never shown again")),
                ("default_model", models.CharField(blank=True, max_length=200)),
                ("offered", models.JSONField(blank=True, default=list, help_text="Names of models that are offered")),
                ("max_tokens", models.PositiveIntegerField(default=1024, help_text="The most one call may ask for")),
                ("calls_per_hour", models.PositiveIntegerField(default=60, help_text="Of one person")),
                ("seconds", models.PositiveSmallIntegerField(default=60, help_text="How long one call may take")),
                ("input_price", models.DecimalField(blank=True, decimal_places=6, max_digits=12, null=True)),
                ("output_price", models.DecimalField(blank=True, decimal_places=6, max_digits=12, null=True)),
                ("created_at", models.BigIntegerField()),
                ("updated_at", models.BigIntegerField()),
                (
                    "repository",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="model_endpoints",
                        to="repos.repository",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EndpointUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("calls", models.PositiveIntegerField()),
                ("asked_at", models.BigIntegerField()),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uses",
                        to="registry.modelendpoint",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PromptTrial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(help_text="Counted for each prompt")),
                ("endpoint_name", models.CharField(max_length=63)),
                ("user_name", models.CharField(max_length=150)),
                ("columns", models.JSONField(help_text="List of {version, model, run_id}")),
                ("rows", models.JSONField(help_text="List of {variable: value}")),
                ("temperature", models.FloatField(null=True)),
                ("max_tokens", models.PositiveIntegerField()),
                (
                    "experiment",
                    models.PositiveIntegerField(help_text="The number of the experiment that keeps the runs"),
                ),
                ("experiment_name", models.CharField(max_length=500)),
                ("error", models.TextField(blank=True, help_text="Why the results are not in a run")),
                ("asked_at", models.BigIntegerField()),
                ("finished_at", models.BigIntegerField(null=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="registry.modelendpoint",
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="trials",
                        to="registry.registeredmodel",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PromptCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("column", models.PositiveSmallIntegerField()),
                ("row", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sent", "Under way"),
                            ("done", "Answered"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("output", models.TextField(blank=True)),
                (
                    "note",
                    models.TextField(blank=True, help_text="What is to be known of the answer, or why there is none"),
                ),
                ("milliseconds", models.PositiveIntegerField(null=True)),
                ("input_tokens", models.BigIntegerField(null=True)),
                ("output_tokens", models.BigIntegerField(null=True)),
                (
                    "trial",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calls",
                        to="registry.prompttrial",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="modelendpoint",
            constraint=models.UniqueConstraint(fields=("repository", "name"), name="registry_endpoint_name"),
        ),
        migrations.AddIndex(
            model_name="endpointuse",
            index=models.Index(fields=["endpoint", "user", "asked_at"], name="registry_use_recent"),
        ),
        migrations.AddIndex(
            model_name="endpointuse",
            index=models.Index(fields=["user"], name="registry_use_user"),
        ),
        migrations.AddIndex(
            model_name="prompttrial",
            index=models.Index(fields=["endpoint"], name="registry_trial_endpoint"),
        ),
        migrations.AddIndex(
            model_name="prompttrial",
            index=models.Index(fields=["user"], name="registry_trial_user"),
        ),
        migrations.AddConstraint(
            model_name="prompttrial",
            constraint=models.UniqueConstraint(fields=("model", "number"), name="registry_trial_number"),
        ),
        migrations.AddConstraint(
            model_name="promptcall",
            constraint=models.UniqueConstraint(fields=("trial", "column", "row"), name="registry_call_place"),
        ),
    ]
