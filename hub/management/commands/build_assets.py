"""`manage.py build_assets`: makes the style sheet and the icon sprite when their sources are newer."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from hub.assets import build_assets


class Command(BaseCommand):
    """Build hub.css and icons.svg."""

    help = "Make the style sheet and the icon sprite, if their sources are newer."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --force."""
        parser.add_argument("--force", action="store_true", help="make them even when nothing has changed")

    def handle(self, *args: Any, force: bool, **options: Any) -> None:
        """Build, and name what was written."""
        for file in build_assets(force=force):
            self.stdout.write(f"Made {file.name} ({file.stat().st_size:,} bytes).")
