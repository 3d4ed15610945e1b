"""People and organisations for tests."""

from __future__ import annotations

from accounts.models import Organization, User
from accounts.services import create_organization, create_user

PASSWORD = "correct horse battery"


def make_user(name: str, *, is_admin: bool = False) -> User:
    """A person whose password is PASSWORD."""
    return create_user(username=name, password=PASSWORD, email=f"{name}@example.org", is_admin=is_admin)


def make_organization(slug: str, creator: User) -> Organization:
    """An organisation owned by `creator`."""
    return create_organization(creator=creator, slug=slug)
