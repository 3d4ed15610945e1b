"""`manage.py user create|list`: people, from a script."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from accounts.models import User
from accounts.services.users import create_user, random_password
from hub.lib.errors import Invalid
from hub.management.base import HubCommand


class Command(HubCommand):
    """Makes and lists people."""

    help = "Create people and list them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="create | list")
        create = verbs.add_parser("create", help="create a person; prints a random password unless one is given")
        create.add_argument("name", metavar="NAME")
        create.add_argument("--email", default="", help="e-mail address")
        create.add_argument("--admin", action="store_true", help="make them an administrator of the hub")
        create.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from the first line of standard input",
        )
        verbs.add_parser("list", help="one line per person: name, e-mail, role, state, last sign-in")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        """Run one verb."""
        if verb == "list":
            return self.list_people()
        return self.create(options["name"], options["email"], options["admin"], options["password_stdin"])

    def create(self, name: str, email: str, is_admin: bool, from_stdin: bool) -> None:
        """Standard output carries the password alone, and only when it was made here."""
        password = read_password() if from_stdin else random_password()
        user = create_user(username=name, password=password, email=email, is_admin=is_admin)
        self.tell(f"Created {'administrator' if is_admin else 'user'} {user.username}.")
        if not from_stdin:
            self.tell("Password, shown only now:")
            self.stdout.write(password)

    def list_people(self) -> None:
        """Fields are separated by tabs, for cut and awk."""
        for user in User.objects.order_by("username"):
            role = "admin" if user.is_superuser else "user"
            state = "active" if user.is_active else "disabled"
            seen = user.last_login.isoformat(timespec="seconds") if user.last_login else "never"
            self.stdout.write("\t".join([user.username, user.email or "-", role, state, seen]))


def read_password() -> str:
    """The first line of standard input; raises Invalid when it is empty."""
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Invalid("There is no password on standard input.", next_step="Pipe one line into the command.")
    return password
