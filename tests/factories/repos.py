"""Repositories for tests."""

from __future__ import annotations

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from repos.models import Repository, Visibility
from repos.services.people import set_collaborator
from repos.services.repositories import create_repository


def make_repo(owner: User, name: str, *, visibility: str = Visibility.PRIVATE) -> Repository:
    """An empty repository of a user."""
    return create_repository(actor=Actor(user=owner), owner=owner.owner, name=name, visibility=visibility)


def let_in(repository: Repository, user: User, level: Level) -> None:
    """Give somebody rights by name."""
    owner = repository.owner.user
    assert owner is not None
    set_collaborator(actor=Actor(user=owner), repository=repository, user=user, level=level)
