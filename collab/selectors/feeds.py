"""What feeds of topics hold."""

from __future__ import annotations

from collections.abc import Sequence

from collab.models import Kind, Topic
from repos.models import Repository

IN_FEED = 30


def newest_topics(repository: Repository, kind: Kind) -> Sequence[Topic]:
    """The topics opened last, for somebody whom the doorman has let in."""
    rows = Topic.objects.filter(repository=repository, kind=kind).select_related("author", "repository__owner")
    return list(rows.order_by("-number")[:IN_FEED])
