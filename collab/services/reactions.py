"""Signs by people to what others wrote."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.actor import Actor
from collab.access import check_talk
from collab.models import Comment, Reaction, Topic
from collab.services.comments import topic_of
from hub.lib.errors import Invalid


@transaction.atomic
def react(*, actor: Actor, on: Topic | Comment, sign: str) -> bool:
    """Give a sign to a topic's text or a comment, or take it back; True when it stands afterwards.

    Raises Invalid, Unauthenticated, Forbidden.
    """
    topic = on if isinstance(on, Topic) else topic_of(on)
    user = check_talk(actor, on.repository, topic)
    if sign not in Reaction.Sign.values:
        raise Invalid("There is no such sign.", field="sign", next_step="Choose one of those shown.")
    if isinstance(on, Comment) and (on.is_pending or on.hidden_reason):
        raise Invalid("This comment takes no signs.")
    where: dict[str, Any] = {"topic": on} if isinstance(on, Topic) else {"comment": on}
    mine, made = Reaction.objects.get_or_create(user=user, sign=sign, **where)
    # Taken back in two windows at once it is taken off the count by one of them.
    step = 1 if made else -Reaction.objects.filter(pk=mine.pk).delete()[0]
    type(on).objects.filter(pk=on.pk).update(reactions_count=F("reactions_count") + step)
    on.reactions_count += step
    return made
