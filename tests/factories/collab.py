"""Issues, discussions and comments for tests, made by the services that pages and programs reach."""

from __future__ import annotations

from django.db import transaction

from accounts.actor import Actor
from accounts.models import User
from collab.models import Comment, Kind, Topic
from collab.services.comments import post_comment
from collab.services.talking import take_in
from collab.services.topics import new_topic
from repos.models import Repository


def make_topic(repository: Repository, author: User, title: str, body: str = "", *, kind: Kind = Kind.ISSUE) -> Topic:
    """The bare row of a topic of any kind, its text taken in."""
    actor = Actor(user=author)
    with transaction.atomic():
        topic = new_topic(actor=actor, repository=repository, kind=kind, title=title, body=body)
        take_in(actor=actor, topic=topic, text=topic.body)
    return topic


def make_issue(repository: Repository, author: User, title: str = "Training diverges", body: str = "") -> Topic:
    """An open issue."""
    return make_topic(repository, author, title, body)


def make_comment(topic: Topic, author: User, body: str = "I see it too.", *, parent: Comment | None = None) -> Comment:
    """Something said on a topic."""
    return post_comment(actor=Actor(user=author), topic=topic, body=body, parent=parent)
