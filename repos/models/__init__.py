"""The tables of repositories: themselves, who may do what, what happened, who is told of it."""

from __future__ import annotations

from repos.models.hooks import Webhook, WebhookDelivery
from repos.models.repositories import (
    Activity,
    Collaborator,
    FormerName,
    ProtectedBranch,
    Rendering,
    Repository,
    RepositoryQuerySet,
    Star,
    TeamGrant,
    Visibility,
)
from repos.models.statuses import CommitStatus

__all__ = [
    "Activity",
    "Collaborator",
    "CommitStatus",
    "FormerName",
    "ProtectedBranch",
    "Rendering",
    "Repository",
    "RepositoryQuerySet",
    "Star",
    "TeamGrant",
    "Visibility",
    "Webhook",
    "WebhookDelivery",
]
