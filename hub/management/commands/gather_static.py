"""`manage.py gather_static`: build, gather and compress static files, as `up` does when they have changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from hub import startup


class Command(BaseCommand):
    """For images and packages, where the start shall find everything done."""

    help = "Build, gather and compress static files."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Gather, if anything has changed."""
        startup.collect_static(self.stdout.write)
