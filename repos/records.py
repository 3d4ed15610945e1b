"""Repositories, people and commits as the JSON that Gitea and GitHub write, without a request at hand: for webhooks."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from repos.git.history import Commit
from repos.models import Repository, Visibility


def person_record(user: User | None, address: str) -> dict[str, Any]:
    """Somebody; who is gone is called `ghost`, as nobody else can be."""
    if user is None:
        return {"id": 0, "login": "ghost", "username": "ghost", "full_name": "", "email": "", "html_url": address}
    return {
        "id": user.pk,
        "login": user.username,
        "username": user.username,
        "full_name": user.full_name,
        "email": "",  # SECURITY: addresses are nobody's business.
        "html_url": f"{address}/{user.username}/",
    }


def repository_record(repository: Repository, address: str) -> dict[str, Any]:
    """A repository, without what depends on who asks."""
    page = f"{address}/{repository.full_name}"
    changed = repository.pushed_at or repository.created_at
    return {
        "id": repository.pk,
        "owner": {
            "id": repository.owner_id,
            "login": repository.owner.slug,
            "username": repository.owner.slug,
            "full_name": repository.owner.display_name,
            "html_url": f"{address}/{repository.owner.slug}/",
        },
        "name": repository.name,
        "full_name": repository.full_name,
        "description": repository.description,
        "private": repository.visibility != Visibility.PUBLIC,
        "visibility": repository.visibility,
        "fork": repository.parent_id is not None,
        "empty": repository.is_empty,
        "size": repository.size_bytes,
        "html_url": page,
        "clone_url": f"{page}.git",
        "stars_count": repository.stars_count,
        "forks_count": repository.forks_count,
        "default_branch": repository.default_branch,
        "created_at": repository.created_at.isoformat(),
        "updated_at": changed.isoformat(),
    }


def commit_record(commit: Commit, page: str) -> dict[str, Any]:
    """A commit of the repository whose page is at `page`."""
    people = {
        role: {"name": who.name, "email": who.email, "username": ""}
        for role, who in (("author", commit.author), ("committer", commit.committer))
    }
    return {
        "id": commit.id,
        "message": commit.message,
        "url": f"{page}/commit/{commit.id}",
        **people,
        "timestamp": commit.committer.when.isoformat(),
    }
