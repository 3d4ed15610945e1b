import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import storage.keys


class Migration(migrations.Migration):
    dependencies = [
        ("repos", "0002_rendering"),
        ("storage", "0002_uploads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LfsLock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", storage.keys.KeyField(max_length=1024)),
                ("locked_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "repository",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lfs_locks",
                        to="repos.repository",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="lfslock",
            constraint=models.UniqueConstraint(fields=("repository", "path"), name="storage_lfs_lock_once"),
        ),
    ]
