"""`manage.py purge`: deletes for ever what lies in the trash, as `mlflow gc` does for MLflow's own server."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.db.models.functions import Lower
from django.utils import timezone

from hub.lib.errors import Invalid, NotFound
from hub.management.base import HubCommand
from repos.models import Repository
from tracking.models import Purge
from tracking.services.purge_asking import ask_purge_of_trash, repositories_with_trash
from tracking.services.purge_work import told, work_on_purge

LONGEST = dt.timedelta(days=365).total_seconds()


class Command(HubCommand):
    """Empties trashes."""

    help = (
        "Delete for ever the experiments, runs and logged models that lie in the trash of a repository, or of all. "
        "Bytes of their files are given back by the next garbage collections, a day later at the earliest."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where, and how old."""
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("repository", nargs="?", metavar="OWNER/NAME")
        where.add_argument("--all", action="store_true", help="the trash of every repository")
        parser.add_argument("--older-than", type=int, default=0, metavar="DAYS", help="leave what was deleted later")

    def handle(self, *args: Any, **options: Any) -> None:
        """Purge one repository after the other, and tell what was freed."""
        days = options["older_than"]
        if not 0 <= days <= 36500:
            raise Invalid("Give the days as a number from 0 to 36500.")
        before = timezone.now() - dt.timedelta(days=days) if days else None
        for repository in repositories_with_trash() if options["all"] else [_named(options["repository"])]:
            purge = ask_purge_of_trash(repository=repository, before=before)
            if purge is None:
                self.stdout.write(f"{repository.full_name}: nothing to delete")
                continue
            work_on_purge(purge_id=purge.pk, seconds=LONGEST)
            purge = Purge.objects.get(pk=purge.pk)
            self.stdout.write(f"{repository.full_name}: deleted {told(purge)}, {purge.size:,} bytes")


def _named(full_name: str) -> Repository:
    owner, _, name = full_name.partition("/")
    rows = Repository.objects.select_related("owner").annotate(lower=Lower("name"))
    found = rows.filter(owner__slug__iexact=owner, lower=name.lower()).first()
    if found is None:
        raise NotFound(f"There is no repository {full_name}.")
    return found
