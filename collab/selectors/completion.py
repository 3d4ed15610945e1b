"""What a box for writing offers after @ and #."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from accounts.models import User
from collab.models import Comment, Topic
from collab.selectors.readers import insiders_of, readers_of
from repos.models import Repository

MOST = 8


def people_matching(repository: Repository, text: str, topic: Topic | None) -> list[User]:
    """People who may read the repository and whose user or full name begins with `text`.

    Who took part in the topic comes first, then who was let in. One query.
    """
    # SECURITY: of a private repository only its readers, so that nobody is called who would hear nothing.
    rows, text = readers_of(repository), text.replace("\0", "")
    if text:
        rows = rows.filter(
            Q(username__istartswith=text) | Q(full_name__istartswith=text) | Q(full_name__icontains=f" {text}")
        )
    near = Value(2, output_field=IntegerField())
    whens = [When(pk__in=insiders_of(repository).values("pk"), then=Value(1))]
    if topic is not None:
        said = Comment.objects.filter(Q(topic=topic) | Q(thread__topic=topic), is_pending=False).values("author")
        whens.insert(0, When(Q(pk=topic.author_id or 0) | Q(pk__in=said), then=Value(0)))
    found = rows.annotate(near=Case(*whens, default=near, output_field=IntegerField()))
    if not text:
        found = found.filter(near__lt=2)
    return list(found.order_by("near", "username")[:MOST])


def topics_matching(repository: Repository, text: str) -> list[Topic]:
    """Topics whose number begins with `text`, or whose title has it; the latest first. One query."""
    rows: QuerySet[Topic] = Topic.objects.filter(repository=repository).only("number", "title", "kind")
    text = text.replace("\0", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        # `12` finds 12, 120 to 129, 1200 … without turning numbers into text.
        low = int(text)
        spans = Q(number=low)
        for step in range(1, 6):
            spans |= Q(number__gte=low * 10**step, number__lt=(low + 1) * 10**step)
        return list(rows.filter(spans).order_by("number")[:MOST])
    if text:
        rows = rows.filter(title__icontains=text)
    return list(rows.order_by("-updated_at")[:MOST])
