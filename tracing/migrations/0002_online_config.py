import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracing", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="OnlineConfig",
            fields=[
                (
                    "scorer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="online_config",
                        serialize=False,
                        to="tracing.scorer",
                    ),
                ),
                ("config_id", models.CharField(max_length=32)),
                ("sample_rate", models.FloatField()),
                ("filter_text", models.TextField(blank=True, null=True)),
            ],
        ),
    ]
