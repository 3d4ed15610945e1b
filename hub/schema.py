"""The tables of a database: made at once where there are none, else brought to this release migration by migration.

Migrations of a new SQLite file rebuild tables that nobody has filled yet, a hundred times over: that took most of a
hub's first start. The models say the same, as a test holds; the migrations are written down as applied.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

Say = Callable[[str], None]


def migrate(say: Say) -> None:
    """The database has every table this release needs; says so only when there was something to do.

    Processes that start together wait in turn: the second finds all done.
    """
    with (Path(settings.RUN_DIR) / "migrate.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        executor = MigrationExecutor(connection)
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return
        say("Preparing the database")
        if connection.introspection.table_names():
            call_command("migrate", interactive=False, verbosity=0)
        else:
            make_all(executor)


def make_all(executor: MigrationExecutor) -> None:
    """All tables as the models say, in one transaction: a process that is killed meanwhile leaves none behind."""
    with connection.schema_editor() as editor:
        models: list[type[Model]] = [*apps.get_models(), MigrationRecorder.Migration]
        for model in models:
            if model._meta.can_migrate(connection):
                editor.create_model(model)
        MigrationRecorder.Migration.objects.bulk_create(
            MigrationRecorder.Migration(app=app, name=name) for app, name in executor.loader.graph.nodes
        )
    emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)
