"""Topics, comments and threads of a repository by the numbers that addresses carry."""

from __future__ import annotations

from accounts.actor import Actor
from collab.models import Comment, Thread, Topic
from hub.lib.errors import NotFound
from repos.models import Repository

MOST = 2**31 - 1


def find_topic(repository: Repository, number: int) -> Topic:
    """The topic with a number, its author selected; raises NotFound."""
    topic = Topic.objects.select_related("author").filter(repository=repository, number=number).first() if (
        number <= MOST
    ) else None  # fmt: skip
    if topic is None:
        raise NotFound(f"There is no #{number} in {repository.full_name}.")
    topic.repository = repository
    return topic


def find_comment(repository: Repository, pk: int, actor: Actor) -> Comment:
    """A comment with its author and what it is on; raises NotFound, also for what waits in somebody else's review."""
    rows = Comment.objects.select_related("author", "topic__author", "thread__topic__author", "thread__author")
    comment = rows.filter(repository=repository, pk=pk).first() if pk < 2**63 else None
    # SECURITY: a pending comment is its author's alone.
    if comment is None or (comment.is_pending and comment.author_id != actor.user_id):
        raise NotFound("There is no such comment here; it may have been deleted.")
    comment.repository = repository
    for topic in (comment.topic, comment.thread.topic if comment.thread else None):
        if topic is not None:
            topic.repository = repository
    if comment.thread is not None:
        comment.thread.repository = repository
    return comment


def find_thread(repository: Repository, pk: int, actor: Actor) -> Thread:
    """A thread of which the reader may see something, its topic and author selected; raises NotFound."""
    rows = Thread.objects.select_related("author", "topic__author", "resolved_by").filter(repository=repository)
    thread = rows.filter(pk=pk).first() if pk < 2**63 else None
    mine = thread is not None and thread.author_id == actor.user_id
    # SECURITY: a thread that a pending review began is its author's alone.
    if thread is None or not (mine or thread.comments.filter(is_pending=False).exists()):
        raise NotFound("There is no such conversation here; it may have been deleted.")
    thread.repository = repository
    if thread.topic is not None:
        thread.topic.repository = repository
    return thread
