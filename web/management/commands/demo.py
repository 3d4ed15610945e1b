"""`manage.py demo`: a living example to look at, and its removal."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from hub.lib.address import public_address
from hub.management.base import HubCommand
from web.demo.services import administrator, create_demo, remove_demo


class Command(HubCommand):
    """Makes or removes the demonstration."""

    help = "Make a living example: a repository with data, runs, a model, traces and a report. Its address is printed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose it is, or that it goes."""
        parser.add_argument("--owner", default="", metavar="NAME", help="an administrator; the first one by default")
        parser.add_argument("--remove", action="store_true", help="clear the example away again")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it and print where it is, or remove it."""
        if options["remove"]:
            remove_demo()
            self.tell("The demonstration is gone; its stored bytes are freed within a day.")
            return
        repository = create_demo(owner=administrator(options["owner"]))
        self.tell("The demonstration is ready. Clear it away with: manage.py demo --remove")
        self.stdout.write(f"{public_address()}{repository.get_absolute_url()}")
