"""The only code that turns a repository into a path; by id, so that renames move nothing."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from repos.models import Repository


def git_dir(repository: Repository) -> Path:
    """The bare repository's folder: `<repositories>/<last two digits>/<id>.git`."""
    # SECURITY: made of the integer key alone; no name that a user chose ever reaches the file system.
    number = int(repository.pk)
    return Path(settings.REPOSITORIES_DIR) / f"{number % 100:02d}" / f"{number}.git"
