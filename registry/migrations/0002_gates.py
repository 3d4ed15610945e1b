"""Approvals and gates of promotions, and what was changed about models."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_VERBS = [
    "registered model", "created prompt", "registered version", "renamed model", "set alias", "removed alias",
    "changed stage", "deleted version",
]  # fmt: skip
_BATCH = 1000


def take_over(apps: Any, schema_editor: Any) -> None:
    """What Activity knows of models becomes the beginning of their trail."""
    rows = apps.get_model("repos", "Activity").objects.filter(verb__in=_VERBS, repository__isnull=False)
    events, batch = apps.get_model("registry", "ModelEvent"), []
    for row in rows.select_related("user").order_by("pk").iterator(chunk_size=_BATCH):
        key = row.data.get("model_id")
        if not isinstance(key, int):
            continue
        version = row.data.get("version")
        batch.append(
            events(
                repository_id=row.repository_id,
                model_key=key,
                model_name=str(row.data.get("model") or row.data.get("to") or row.subject)[:256],
                version=version if isinstance(version, int) else None,
                verb=row.verb,
                data={name: value for name, value in row.data.items() if name not in ("model", "model_id", "version")},
                user_id=row.user_id,
                user_name=row.user.username if row.user else "",
                done_at=row.created_at,
            )
        )
        if len(batch) == _BATCH:
            events.objects.bulk_create(batch)
            batch = []
    events.objects.bulk_create(batch)


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0001_initial"),
        ("repos", "0002_rendering"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Promotion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("kind", models.CharField(choices=[("alias", "Alias"), ("stage", "Stage")], max_length=5)),
                ("target", models.CharField(max_length=255)),
                ("archive", models.BooleanField(default=False, help_text="Whether others in the stage are archived")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("approved", "Approved"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                            ("done", "Done"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("base", models.PositiveIntegerField(blank=True, null=True)),
                ("results", models.JSONField(blank=True, default=list)),
                ("overridden", models.BooleanField(default=False)),
                ("asked_name", models.CharField(blank=True, max_length=256)),
                ("asked_at", models.BigIntegerField()),
                ("closed_name", models.CharField(blank=True, max_length=256)),
                ("closed_at", models.BigIntegerField(blank=True, null=True)),
                ("closing", models.TextField(blank=True, help_text="What was said when it ended")),
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
                    "model",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="promotions",
                        to="registry.registeredmodel",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="promotions",
                        to="registry.modelversion",
                    ),
                ),
            ],
            options={
                "ordering": ["-asked_at", "-number"],
            },
        ),
        migrations.CreateModel(
            name="PromotionReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("user_name", models.CharField(max_length=256)),
                ("approves", models.BooleanField()),
                ("comment", models.TextField(blank=True)),
                ("base", models.PositiveIntegerField(blank=True, null=True)),
                ("said_at", models.BigIntegerField()),
                (
                    "promotion",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="registry.promotion",
                    ),
                ),
                (
                    "user",
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
                "ordering": ["said_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="PromotionRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("alias", "Alias"), ("stage", "Stage")], max_length=5)),
                ("target", models.CharField(max_length=255)),
                ("approvals", models.PositiveSmallIntegerField(default=0)),
                ("level", models.PositiveSmallIntegerField(default=20, help_text="Whose approval counts")),
                ("gates", models.JSONField(blank=True, default=list)),
                ("updated_at", models.BigIntegerField()),
                (
                    "changed_by",
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
                    "model",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="promotion_rules",
                        to="registry.registeredmodel",
                    ),
                ),
                (
                    "repository",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="promotion_rules",
                        to="repos.repository",
                    ),
                ),
            ],
            options={
                "ordering": ["kind", "target"],
            },
        ),
        migrations.CreateModel(
            name="ModelEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model_key", models.BigIntegerField(blank=True, null=True)),
                ("model_name", models.CharField(blank=True, max_length=256)),
                ("version", models.PositiveIntegerField(blank=True, null=True)),
                ("verb", models.CharField(max_length=40)),
                ("data", models.JSONField(blank=True, default=dict)),
                ("user_name", models.CharField(blank=True, max_length=256)),
                (
                    "door",
                    models.CharField(
                        blank=True, choices=[("web", "Browser"), ("mlflow", "MLflow client")], max_length=6
                    ),
                ),
                ("done_at", models.DateTimeField()),
                (
                    "repository",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="model_events",
                        to="repos.repository",
                    ),
                ),
                (
                    "user",
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
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["repository", "-id"], name="registry_event_repository"),
                    models.Index(fields=["model_key", "-id"], name="registry_event_model"),
                    models.Index(fields=["user"], name="registry_event_user"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="promotion",
            index=models.Index(
                condition=models.Q(("state__in", ["open", "approved"])),
                fields=["model", "-number"],
                name="registry_promotion_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="promotion",
            index=models.Index(fields=["asked_by"], name="registry_promotion_asked_by"),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.UniqueConstraint(fields=("model", "number"), name="registry_promotion_number"),
        ),
        migrations.AddIndex(
            model_name="promotionreview",
            index=models.Index(fields=["user"], name="registry_review_user"),
        ),
        migrations.AddConstraint(
            model_name="promotionreview",
            constraint=models.UniqueConstraint(fields=("promotion", "user"), name="registry_review_once"),
        ),
        migrations.AddIndex(
            model_name="promotionrule",
            index=models.Index(fields=["repository"], name="registry_rule_repository"),
        ),
        migrations.AddIndex(
            model_name="promotionrule",
            index=models.Index(fields=["changed_by"], name="registry_rule_changed_by"),
        ),
        migrations.AddConstraint(
            model_name="promotionrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("model__isnull", True)),
                fields=("repository", "kind", "target"),
                name="registry_rule_default",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotionrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("model__isnull", False)),
                fields=("model", "kind", "target"),
                name="registry_rule_of_model",
            ),
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
