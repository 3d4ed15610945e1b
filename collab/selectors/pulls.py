"""Questions about pull requests: one by its number, those of a branch, how many are open."""

from __future__ import annotations

from django.db.models import QuerySet

from collab.models import PullRequest, Topic
from repos.models import Repository


def pulls() -> QuerySet[PullRequest]:
    """Pull requests with everything that their pages show of them."""
    return PullRequest.objects.select_related(
        "topic",
        "topic__author",
        "topic__closed_by",
        "topic__milestone",
        "repository__owner",
        "head_repository__owner",
        "merged_by",
        "auto_by",
    )


def find_pull(repository: Repository, number: int) -> PullRequest | None:
    """The pull request with a number, its topic and author selected; None when there is none."""
    found = pulls().filter(repository=repository, topic__number=number).first()
    if found is not None:
        found.repository = found.topic.repository = repository
    return found


def open_pull_between(
    repository: Repository, head_repository: Repository, head_branch: str, base_branch: str
) -> PullRequest | None:
    """The open pull request of one branch into another, if there is one."""
    return (
        pulls()
        .filter(
            repository=repository,
            base_branch=base_branch,
            head_repository=head_repository,
            head_branch=head_branch,
            topic__state=Topic.State.OPEN,
        )
        .first()
    )
