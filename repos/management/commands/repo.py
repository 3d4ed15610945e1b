"""`manage.py repo create`: a repository, from a script."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from accounts.actor import Actor
from accounts.models import Membership, Owner
from hub.lib.address import public_address
from hub.lib.errors import Conflict, Invalid
from hub.management.base import HubCommand
from repos.services.repositories import create_repository, owner_named


class Command(HubCommand):
    """Makes repositories."""

    help = "Create repositories; the clone URL alone is printed on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="create")
        create = verbs.add_parser("create", help="create an empty repository and print its clone URL")
        create.add_argument("full_name", metavar="OWNER/NAME")
        create.add_argument("--description", default="")
        seen_by = create.add_mutually_exclusive_group()
        for word, help_text in (
            ("private", "only people let in by name (the default)"),
            ("internal", "everybody who is signed in"),
            ("public", "everybody"),
        ):
            seen_by.add_argument(
                f"--{word}",
                dest="visibility",
                action="store_const",
                const=word,
                default="private",
                help=help_text,
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the repository in its owner's name and print where to clone it from."""
        slug, slash, name = options["full_name"].partition("/")
        if not slash:
            raise Invalid("Give the repository as OWNER/NAME.")
        owner = owner_named(slug)
        repository = create_repository(
            actor=acting_for(owner),
            owner=owner,
            name=name,
            description=options["description"],
            visibility=options["visibility"],
        )
        self.stdout.write(f"{public_address()}/{repository.full_name}.git")


def acting_for(owner: Owner) -> Actor:
    """Whoever runs commands on the machine acts as the owner: the person, or an organisation's first one."""
    if owner.user is not None:
        return Actor(user=owner.user)
    first = (
        Membership.objects.filter(organization=owner.organization, role=Membership.Role.OWNER)
        .select_related("user")
        .order_by("pk")
        .first()
    )
    if first is None:
        raise Conflict(f"The organisation {owner.slug} has no owner.")
    return Actor(user=first.user)
