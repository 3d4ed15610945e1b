"""The tables of tracking; those that are read by ranges of their key are their own index."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tracking.clustered import CreateClusteredModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("repos", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Space",
            fields=[
                (
                    "repository",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="tracking_space",
                        serialize=False,
                        to="repos.repository",
                    ),
                ),
                ("next_experiment", models.BigIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name="Experiment",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("number", models.BigIntegerField()),
                ("name", models.CharField(max_length=500)),
                ("artifact_location", models.CharField(max_length=2048)),
                ("created_at", models.BigIntegerField()),
                ("updated_at", models.BigIntegerField()),
                ("deleted_at", models.BigIntegerField(blank=True, null=True)),
                ("active_runs", models.PositiveIntegerField(default=0)),
                ("deleted_runs", models.PositiveIntegerField(default=0)),
                (
                    "repository",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="experiments",
                        to="repos.repository",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="Dataset",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("name", models.CharField(max_length=500)),
                ("digest", models.CharField(max_length=36)),
                ("source_type", models.CharField(max_length=500)),
                ("source", models.TextField()),
                ("schema", models.TextField(blank=True)),
                ("profile", models.TextField(blank=True)),
                (
                    "experiment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="datasets",
                        to="tracking.experiment",
                    ),
                ),
            ],
        ),
        CreateClusteredModel(
            name="ExperimentTag",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "experiment", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=250)),
                ("value", models.TextField(blank=True)),
                (
                    "experiment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tags",
                        to="tracking.experiment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LoggedModel",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("uuid", models.CharField(max_length=34, unique=True)),
                ("name", models.CharField(max_length=500)),
                ("model_type", models.CharField(blank=True, max_length=500)),
                (
                    "source_run_id",
                    models.CharField(blank=True, help_text="Run id as clients see it", max_length=32),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("PENDING", "Pending"), ("READY", "Ready"), ("FAILED", "Failed")],
                        default="PENDING",
                        max_length=7,
                    ),
                ),
                ("created_at", models.BigIntegerField()),
                ("updated_at", models.BigIntegerField()),
                ("deleted_at", models.BigIntegerField(blank=True, null=True)),
                (
                    "experiment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="logged_models",
                        to="tracking.experiment",
                    ),
                ),
                (
                    "repository",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="logged_models",
                        to="repos.repository",
                    ),
                ),
            ],
        ),
        CreateClusteredModel(
            name="LoggedModelParam",
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
                        related_name="params",
                        to="tracking.loggedmodel",
                    ),
                ),
            ],
        ),
        CreateClusteredModel(
            name="LoggedModelTag",
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
                        to="tracking.loggedmodel",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MetricKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("name", models.CharField(max_length=250)),
                (
                    "repository",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="metric_keys",
                        to="repos.repository",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("uuid", models.CharField(max_length=32, unique=True)),
                ("name", models.CharField(max_length=8000)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("RUNNING", "Running"),
                            ("SCHEDULED", "Scheduled"),
                            ("FINISHED", "Finished"),
                            ("FAILED", "Failed"),
                            ("KILLED", "Killed"),
                        ],
                        default="RUNNING",
                        max_length=9,
                    ),
                ),
                (
                    "user_name",
                    models.CharField(blank=True, help_text="As the client gave it", max_length=256),
                ),
                ("start_time", models.BigIntegerField(default=0)),
                ("end_time", models.BigIntegerField(blank=True, null=True)),
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
                (
                    "experiment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="tracking.experiment",
                    ),
                ),
                (
                    "repository",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="repos.repository",
                    ),
                ),
            ],
        ),
        CreateClusteredModel(
            name="Param",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=250)),
                ("value", models.TextField(blank=True)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="params",
                        to="tracking.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ModelLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "direction",
                    models.CharField(choices=[("input", "Input"), ("output", "Output")], max_length=6),
                ),
                ("model_id", models.CharField(max_length=36)),
                ("step", models.BigIntegerField(default=0)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="model_links",
                        to="tracking.run",
                    ),
                ),
            ],
        ),
        CreateClusteredModel(
            name="Metric",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run",
                        "key",
                        "step",
                        "timestamp",
                        "value",
                        "is_nan",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("step", models.BigIntegerField()),
                ("timestamp", models.BigIntegerField()),
                ("value", models.FloatField()),
                ("is_nan", models.BooleanField()),
                (
                    "key",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tracking.metrickey",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tracking.run",
                    ),
                ),
            ],
        ),
        CreateClusteredModel(
            name="LoggedModelMetric",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "model",
                        "key",
                        "run",
                        "timestamp",
                        "step",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("timestamp", models.BigIntegerField()),
                ("step", models.BigIntegerField()),
                ("value", models.FloatField()),
                ("is_nan", models.BooleanField()),
                ("dataset_name", models.CharField(blank=True, max_length=500)),
                ("dataset_digest", models.CharField(blank=True, max_length=36)),
                (
                    "model",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="metrics",
                        to="tracking.loggedmodel",
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tracking.metrickey",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tracking.run"),
                ),
            ],
        ),
        CreateClusteredModel(
            name="LatestMetric",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("step", models.BigIntegerField()),
                ("timestamp", models.BigIntegerField()),
                ("value", models.FloatField()),
                ("is_nan", models.BooleanField()),
                (
                    "key",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tracking.metrickey",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="latest_metrics",
                        to="tracking.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DatasetInput",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("tags", models.JSONField(blank=True, default=list)),
                ("context", models.CharField(blank=True, max_length=500, null=True)),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uses",
                        to="tracking.dataset",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dataset_inputs",
                        to="tracking.run",
                    ),
                ),
            ],
        ),
        CreateClusteredModel(
            name="RunTag",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=250)),
                ("value", models.TextField(blank=True)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tags",
                        to="tracking.run",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.UniqueConstraint(fields=("repository", "number"), name="tracking_experiment_number"),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.UniqueConstraint(fields=("repository", "name"), name="tracking_experiment_name"),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.UniqueConstraint(
                fields=("experiment", "name", "digest"), name="tracking_dataset_identity"
            ),
        ),
        migrations.AddIndex(
            model_name="loggedmodel",
            index=models.Index(fields=["experiment", "-created_at", "uuid"], name="tracking_loggedmodel_recent"),
        ),
        migrations.AddIndex(
            model_name="loggedmodel",
            index=models.Index(fields=["repository", "-created_at"], name="tracking_loggedmodel_repo"),
        ),
        migrations.AddIndex(
            model_name="loggedmodel",
            index=models.Index(fields=["source_run_id"], name="tracking_loggedmodel_run"),
        ),
        migrations.AddConstraint(
            model_name="metrickey",
            constraint=models.UniqueConstraint(fields=("repository", "name"), name="tracking_metrickey_name"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["experiment", "-start_time", "uuid", "deleted_at"], name="tracking_run_recent"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["repository", "-start_time"], name="tracking_run_repository"),
        ),
        migrations.AddIndex(
            model_name="modellink",
            index=models.Index(fields=["run", "direction"], name="tracking_modellink_run"),
        ),
        migrations.AddIndex(
            model_name="modellink",
            index=models.Index(fields=["model_id"], name="tracking_modellink_model"),
        ),
        migrations.AddIndex(
            model_name="loggedmodelmetric",
            index=models.Index(fields=["key"], name="tracking_modelmetric_key"),
        ),
        migrations.AddIndex(
            model_name="latestmetric",
            index=models.Index(fields=["key", "is_nan", "value", "run"], name="tracking_latest_value"),
        ),
        migrations.AddConstraint(
            model_name="datasetinput",
            constraint=models.UniqueConstraint(fields=("run", "dataset"), name="tracking_datasetinput_once"),
        ),
    ]
