"""How many people gave which sign to texts, and whether the reader did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, Count, IntegerField, Max, Q, Value, When

from accounts.actor import Actor
from collab.models import Comment, Reaction, Topic


@dataclass(frozen=True, slots=True)
class SignCount:
    """A sign below a text; `mine`: the reader gave it too."""

    sign: str
    picture: str
    word: str
    count: int
    mine: bool


WORDS = {
    "+1": "thumbs up", "-1": "thumbs down", "laugh": "laugh", "hooray": "hooray", "confused": "confused",
    "heart": "heart", "rocket": "rocket", "eyes": "eyes",
}  # fmt: skip
# In the order in which they are offered: value, picture, word.
ALL_SIGNS = [(value, label, WORDS[value]) for value, label in Reaction.Sign.choices]


def signs_of(subjects: Sequence[Topic | Comment], actor: Actor) -> dict[tuple[bool, int], list[SignCount]]:
    """The signs of texts, by (is a topic, primary key), in one query; none when nobody gave any."""
    some = [each for each in subjects if each.reactions_count]
    if not some:
        return {}
    topics = [each.pk for each in some if isinstance(each, Topic)]
    comments = [each.pk for each in some if isinstance(each, Comment)]
    mine = Max(Case(When(user=actor.user_id, then=Value(1)), default=Value(0), output_field=IntegerField()))
    rows = (
        Reaction.objects.filter(Q(topic__in=topics) | Q(comment__in=comments))
        .values("topic_id", "comment_id", "sign")
        .annotate(count=Count("pk"), mine=mine)
    )
    found: dict[tuple[bool, int], dict[str, SignCount]] = defaultdict(dict)
    for row in rows:
        is_topic = row["topic_id"] is not None
        sign = Reaction.Sign(row["sign"])
        found[is_topic, row["topic_id"] if is_topic else row["comment_id"]][sign] = SignCount(
            sign, sign.label, WORDS[sign], row["count"], bool(row["mine"])
        )
    return {key: [signs[value] for value, _, _ in ALL_SIGNS if value in signs] for key, signs in found.items()}
