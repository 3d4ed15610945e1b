"""Makes a repository that begins with files: one commit with README, licence and .gitignore."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import transaction

from accounts.actor import Actor
from accounts.models import Owner
from repos import starters
from repos.git.commits import Put
from repos.models import Repository
from repos.paths import git_dir
from repos.services.edits import commit_changes
from repos.services.repositories import create_repository


def start_repository(
    *,
    actor: Actor,
    owner: Owner,
    name: str,
    description: str = "",
    visibility: str,
    readme: bool = False,
    licence: str = "",
    gitignore: str = "",
) -> Repository:
    """The repository exists, with a first commit when any of the files is wanted; raises like create_repository."""
    with transaction.atomic(), _folder_goes_with_its_row() as made:
        repository = create_repository(
            actor=actor, owner=owner, name=name, description=description, visibility=visibility
        )
        made.append(repository)
        files = _files(repository, readme, licence, gitignore)
        if files:
            commit_changes(
                actor=actor,
                repository=repository,
                branch=repository.default_branch,
                changes=files,
                message="Start the repository",
            )
    return repository


@contextmanager
def _folder_goes_with_its_row() -> Iterator[list[Repository]]:
    """A refusal rolls the row back; the Git folder must not stay behind for whoever gets the number next."""
    made: list[Repository] = []
    try:
        yield made
    except Exception:
        for repository in made:
            shutil.rmtree(git_dir(repository), ignore_errors=True)
        raise


def _files(repository: Repository, readme: bool, licence: str, gitignore: str) -> list[Put]:
    found = []
    if readme:
        found.append(Put(b"README.md", starters.readme(repository.name, repository.description).encode()))
    if licence:
        text = starters.licence(licence, year=datetime.now(UTC).year, holder=repository.owner.display_name)
        found.append(Put(b"LICENSE", text.encode()))
    if gitignore:
        found.append(Put(b".gitignore", starters.gitignore(gitignore).encode()))
    return found
