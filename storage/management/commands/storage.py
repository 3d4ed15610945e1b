"""`python manage.py storage check` re-hashes what is stored; `gc-dvc` drops DVC objects that no commit needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.lib.errors import HubError
from repos.access import find_repo
from repos.models import Repository
from storage.services import Findings, adopt_orphans, check_store
from storage.services.dvc_collection import GRACE, drop_unneeded, find_unneeded
from storage.spaces import DVC


class Command(BaseCommand):
    """Looks after the blob store."""

    help = (
        "Look after stored bytes. `check` reads every blob, and fails when one is lost or damaged."
        " `gc-dvc OWNER/NAME` tells which DVC objects no commit needs; with --delete they go."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The verbs, and what they may do."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        check = verbs.add_parser("check", help="read every blob and compare it with its name and the rows")
        check.add_argument("--fix-orphans", action="store_true", help="hand bytes without a row to garbage collection")
        dvc = verbs.add_parser("gc-dvc", help="find DVC objects that no .dvc file or dvc.lock of any commit names")
        dvc.add_argument("repository", nargs="?", help="OWNER/NAME")
        dvc.add_argument("--all", action="store_true", dest="everywhere", help="every repository of the hub")
        dvc.add_argument("--delete", action="store_true", help="drop them; otherwise they are only counted")
        dvc.add_argument("--tips", action="store_true", help="needed is what branches and tags point at, not history")
        dvc.add_argument(
            "--grace-days", type=int, default=GRACE.days, help="keep what is younger (default: %(default)s)"
        )

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        """Do what the verb says, and tell what came of it."""
        if verb == "check":
            self._check(options["fix_orphans"])
            return
        failed = 0
        for repository in _repositories(options["repository"], options["everywhere"]):
            try:
                self._collect(repository, options)
            except HubError as error:
                failed += 1
                self.stderr.write(f"{repository.full_name}: {error.message} {error.next_step}")
        if failed:
            raise CommandError(f"{failed} could not be looked through; of those nothing was dropped.")

    def _collect(self, repository: Repository, options: dict[str, Any]) -> None:
        collect = drop_unneeded if options["delete"] else find_unneeded
        grace = timedelta(days=options["grace_days"])
        found = collect(repository=repository, history=not options["tips"], older_than=grace)
        done = "dropped" if options["delete"] else "to drop with --delete"
        self.stdout.write(
            f"{repository.full_name}: {found.count} objects of {found.size} bytes {done},"
            f" {found.kept} needed, {found.young} too young."
        )

    def _check(self, fix_orphans: bool) -> None:
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


def _repositories(named: str | None, everywhere: bool) -> Iterable[Repository]:
    if everywhere == bool(named):
        raise CommandError("Name one repository as OWNER/NAME, or say --all.")
    if everywhere:
        return Repository.objects.filter(buckets__name=DVC).select_related("owner").order_by("pk")
    owner, _, name = str(named).partition("/")
    found = find_repo(owner, name)
    if found is None:
        raise CommandError(f"There is no repository {named}.")
    return [found]
