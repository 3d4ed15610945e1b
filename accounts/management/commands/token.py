"""`manage.py token create`: an access token, from a script."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from accounts import places
from accounts.actor import Actor
from accounts.authn import token_text
from accounts.levels import Level
from accounts.selectors import user_named
from accounts.services.tokens import create_token
from hub.management.base import HubCommand


class Command(HubCommand):
    """Makes access tokens."""

    help = "Create access tokens; the token alone is printed on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="create")
        create = verbs.add_parser("create", help="create a token and print it")
        create.add_argument("user", metavar="USER")
        create.add_argument("--name", default="command line", help="what it is for (default: %(default)s)")
        create.add_argument(
            "--scope",
            default="write",
            choices=["read", "write", "admin"],
            help="the most it may do (default: %(default)s)",
        )
        create.add_argument("--repo", default="", metavar="OWNER/NAME", help="open only this repository")
        create.add_argument("--days", type=int, help="days until it expires (default: never)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token and print it."""
        user = user_named(options["user"])
        bound = places.find(Actor(user=user), options["repo"]) if options["repo"] else None
        days = options["days"]
        token = create_token(
            user=user,
            name=options["name"],
            scope=Level.from_word(options["scope"]),
            repository_id=bound,
            lifetime=None if days is None else dt.timedelta(days=days),
        )
        self.stdout.write(token_text(token))
