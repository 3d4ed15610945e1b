"""Takes in what a text says besides its words: who is called, which topics it names, who follows from now on."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models.functions import Lower

from accounts.actor import Actor
from accounts.models import User
from collab.models import Comment, Mention, Reference, Review, Thread, Topic
from collab.selectors.readers import readers_of
from collab.services.subscribing import subscribe_all
from collab.text import Named, find_topics, names_in, references_in
from repos.models import Repository

# SECURITY: a text that calls everybody would fill every inbox.
MOST_MENTIONS = 50


def take_in(
    *,
    actor: Actor,
    topic: Topic | None,
    text: str,
    comment: Comment | None = None,
    thread: Thread | None = None,
    review: Review | None = None,
) -> list[User]:
    """Mentions, references and subscriptions of a text, in the caller's transaction; returns who was newly called.

    The text is that of `comment` or `review`, else the topic's own; without a topic it is of `thread`. Call it again
    when the text was changed: what was taken in stays, closing words of a topic's own text are read anew.
    """
    repository = topic.repository if topic is not None else _repository_of(thread)
    called = _called(actor, repository, text)
    new = _mention(topic, called) if topic is not None else called
    where = {"topic": topic} if topic is not None else {"thread": thread}
    # SECURITY: what a reviewer writes closes nothing, and takes no closing word from the author's text.
    own_text = topic is not None and comment is None and review is None
    if actor.user is not None:
        is_author = own_text and topic is not None and topic.author_id == actor.user.pk
        subscribe_all(users=[actor.user], reason="author" if is_author else "commented", **where)
    if called:
        subscribe_all(users=called, reason="mentioned", **where)
    _refer(actor, repository, topic, comment, references_in(text), own_text=own_text)
    return new


def _repository_of(thread: Thread | None) -> Repository:
    assert thread is not None, "a text is of a topic or of a thread"
    return thread.repository


def _called(actor: Actor, repository: Repository, text: str) -> list[User]:
    names = [name.lower() for name in names_in(text)[:MOST_MENTIONS]]
    if not names:
        return []
    # SECURITY: who may not read the repository hears nothing of it, whoever calls them.
    people = readers_of(repository).annotate(low=Lower("username")).filter(low__in=names)
    return [user for user in people if user.pk != actor.user_id]


def _mention(topic: Topic, people: Iterable[User]) -> list[User]:
    people = list(people)
    known = set(Mention.objects.filter(topic=topic, user__in=people).values_list("user_id", flat=True))
    new = [user for user in people if user.pk not in known]
    Mention.objects.bulk_create([Mention(topic=topic, user=user) for user in new], ignore_conflicts=True)
    return new


def _refer(
    actor: Actor,
    repository: Repository,
    topic: Topic | None,
    comment: Comment | None,
    named: list[Named],
    *,
    own_text: bool,
) -> None:
    """Rows for the topics that a text names and that its author may see; one for each source and target."""
    by_key = {(each.owner.lower(), each.name.lower(), each.number): each for each in named}
    found = find_topics(by_key, repository=repository, actor=actor) if by_key else {}
    closes = {target.pk: by_key[key].closes for key, target in found.items()}
    targets = {target.pk: target for target in found.values() if topic is None or target.pk != topic.pk}
    made = Reference.objects.filter(source=topic) if topic is not None else Reference.objects.filter(comment=comment)
    if own_text:
        made.filter(comment=None, closes=True).exclude(target__in=[pk for pk in targets if closes[pk]]).update(
            closes=False
        )
    there = dict(made.filter(target__in=targets).values_list("target_id", "pk"))
    if own_text:
        again = [pk for pk in there if closes[pk]]
        made.filter(target__in=again).update(closes=True, comment=None)
    Reference.objects.bulk_create(
        Reference(
            target=target,
            source=topic,
            comment=comment,
            repository=repository,
            closes=own_text and closes[pk],
            user=actor.user,
        )
        for pk, target in targets.items()
        if pk not in there
    )
