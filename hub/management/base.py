"""The ground of the scripting commands: a migrated database, and errors told in one line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub import schema, startup
from hub.lib.errors import HubError


class HubCommand(BaseCommand):
    """A command for scripts: its result alone on standard output, words for people on standard error."""

    requires_system_checks: list[str] = []  # type: ignore[assignment]

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Migrate if needed, run, and turn the hub's own errors into one line and exit status 1."""
        prepare_database()
        try:
            return super().execute(*args, **options)
        except HubError as error:
            raise CommandError(" ".join(filter(None, [error.message, error.next_step]))) from None

    def tell(self, words: str) -> None:
        """A line for whoever watches, apart from the result."""
        self.stderr.write(words, style_func=str)


def prepare_database() -> None:
    """The home folder exists, the database has every table."""
    startup.make_folders()
    schema.migrate(lambda words: None)
