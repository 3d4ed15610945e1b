"""`python manage.py storage check`: re-hashes what is stored, tells what is lost or damaged."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from storage.services import Findings, adopt_orphans, check_store


class Command(BaseCommand):
    """Looks after the blob store."""

    help = "Look after stored bytes. `check` reads every blob, and fails when one is lost or damaged."

    def add_arguments(self, parser: CommandParser) -> None:
        """The one verb, and what it may mend."""
        parser.add_argument("verb", choices=["check"])
        parser.add_argument("--fix-orphans", action="store_true", help="hand bytes without a row to garbage collection")

    def handle(self, *args: Any, verb: str, fix_orphans: bool, **options: Any) -> None:
        """Check, tell, and mend when asked."""
        found = check_store()
        self._tell(found)
        if fix_orphans and found.orphans:
            count = adopt_orphans(orphans=found.orphans)
            self.stdout.write(f"{count} handed to garbage collection, which frees them after a day.")
        if found.damaged or found.lost:
            raise CommandError("Stored content is lost or damaged: bring these digests back from a backup.")

    def _tell(self, found: Findings) -> None:
        for word, digests in (("damaged", found.damaged), ("lost", found.lost)):
            for sha256 in digests:
                self.stdout.write(f"{word} {sha256}")
        for orphan in found.orphans:
            self.stdout.write(f"orphan {orphan.sha256} ({orphan.size} bytes)")
        self.stdout.write(
            f"{found.checked} blobs read: {len(found.damaged)} damaged, {len(found.lost)} lost,"
            f" {len(found.orphans)} without a row."
        )
