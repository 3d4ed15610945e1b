"""Repositories, refs and commits as JSON: what the fields are called and mean, and how rows become them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from rest_framework import serializers

from accounts.actor import Actor
from accounts.api.door import base_url
from accounts.api.people import Person, shown_owner
from accounts.levels import Level
from repos.access import level_for
from repos.git.history import Commit, Signature
from repos.git.listing import RefRow
from repos.models import Repository, Visibility


class Permissions(serializers.Serializer[Any]):
    """What the caller may do."""

    admin = serializers.BooleanField()
    push = serializers.BooleanField()
    pull = serializers.BooleanField()


class RepositoryShape(serializers.Serializer[Any]):
    """A repository. Counts of what this hub does not count are 0."""

    id = serializers.IntegerField()
    owner = Person()
    name = serializers.CharField()
    full_name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    visibility = serializers.ChoiceField(Visibility.choices)
    private = serializers.BooleanField(help_text="Not to be read without signing in.")
    fork = serializers.BooleanField()
    mirror = serializers.BooleanField()
    empty = serializers.BooleanField()
    size = serializers.IntegerField(help_text="Bytes of the Git objects.")
    html_url = serializers.CharField()
    clone_url = serializers.CharField()
    stars_count = serializers.IntegerField()
    forks_count = serializers.IntegerField()
    watchers_count = serializers.IntegerField()
    open_issues_count = serializers.IntegerField()
    default_branch = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    permissions = Permissions()


class SignatureShape(serializers.Serializer[Any]):
    """Whom a commit names; anybody may write any name into a commit."""

    name = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    username = serializers.CharField(allow_blank=True, help_text="Empty: names in commits prove no account.")


class CommitShape(serializers.Serializer[Any]):
    """A commit."""

    id = serializers.CharField()
    message = serializers.CharField(allow_blank=True)
    url = serializers.CharField(help_text="Its page.")
    author = SignatureShape()
    committer = SignatureShape()
    parents = serializers.ListField(child=serializers.CharField())
    timestamp = serializers.DateTimeField()


class BranchShape(serializers.Serializer[Any]):
    """A branch with its last commit."""

    name = serializers.CharField()
    commit = CommitShape()


class OneCommit(serializers.Serializer[Any]):
    """A commit, as `commits/{sha}` tells it."""

    commit = CommitShape()


class RefShape(serializers.Serializer[Any]):
    """A branch or tag in a list."""

    name = serializers.CharField()
    commit = serializers.DictField(help_text="`id` and `timestamp` of the commit it stands for.")


def shown_repository(request: HttpRequest, actor: Actor, repository: Repository) -> dict[str, Any]:
    """The record; no member is ever null."""
    base, level = base_url(request), level_for(actor, repository)
    changed = repository.pushed_at or repository.created_at
    counts = ("watchers_count", "open_issues_count")
    return {
        "id": repository.pk,
        "owner": shown_owner(repository.owner),
        "name": repository.name,
        "full_name": repository.full_name,
        "description": repository.description,
        "visibility": repository.visibility,
        "private": repository.visibility != Visibility.PUBLIC,
        "fork": repository.parent_id is not None,
        "mirror": False,
        "empty": repository.is_empty,
        "size": repository.size_bytes,
        "html_url": f"{base}/{repository.full_name}",
        "clone_url": f"{base}/{repository.full_name}.git",
        "stars_count": repository.stars_count,
        "forks_count": repository.forks_count,
        **dict.fromkeys(counts, 0),
        "default_branch": repository.default_branch,
        "created_at": repository.created_at.isoformat(),
        "updated_at": changed.isoformat(),
        "permissions": {"admin": level >= Level.ADMIN, "push": level >= Level.WRITE, "pull": level >= Level.READ},
    }


def shown_commit(request: HttpRequest, repository: Repository, commit: Commit) -> dict[str, Any]:
    """A commit's record."""
    return {
        "id": commit.id,
        "message": commit.message,
        "url": f"{base_url(request)}/{repository.full_name}/commit/{commit.id}",
        "author": _signature(commit.author),
        "committer": _signature(commit.committer),
        "parents": list(commit.parents),
        "timestamp": commit.committer.when.isoformat(),
    }


def _signature(who: Signature) -> dict[str, str]:
    return {"name": who.name, "email": who.email, "username": ""}


def shown_ref(row: RefRow) -> dict[str, Any]:
    """A branch or tag in a list."""
    return {"name": row.name, "commit": {"id": row.commit, "timestamp": row.when.isoformat()}}
