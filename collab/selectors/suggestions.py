"""Suggestions of a review: drawn as differences in their comments, and those that can still be applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from accounts.actor import Actor
from collab.models import Comment, PullRequest, Thread
from collab.suggested import Row, old_lines, pieces_of, rows_of, suggestion_in
from collab.text import render_texts
from repos.models import Repository

if TYPE_CHECKING:
    from collab.selectors.conversation import TalkThread

FENCE = "suggestion"
MOST = 100


def draw_suggestions(talks: Sequence[TalkThread], actor: Actor, repository: Repository, *, writes: bool) -> None:
    """Draw suggestions in the comments of threads of a change as what they would change.

    Who `writes` here, and the author of the pull request, are shown the way to apply them.

    As many queries as for one text; none where nothing is suggested.
    """
    found = [(talk, said) for talk in talks if _takes(talk.thread) for said in talk.comments
             if isinstance(said.on, Comment) and FENCE in said.on.body]  # fmt: skip
    split = [pieces_of(said.on.body) for _, said in found]
    words = [piece.text for pieces in split for piece in pieces if not piece.is_suggestion]
    drawn = iter(render_texts(words, repository=repository, actor=actor)) if words else iter(())
    for (talk, said), pieces in zip(found, split, strict=True):
        if not any(piece.is_suggestion for piece in pieces):
            for _ in pieces:
                next(drawn)
            continue
        assert isinstance(said.on, Comment)
        assert talk.thread.topic is not None
        applies = writes or (actor.user is not None and actor.user.pk == talk.thread.topic.author_id)
        parts = [
            _drawn(talk.thread, said.on, piece.text, applies=applies) if piece.is_suggestion else next(drawn)
            for piece in pieces
        ]
        # SECURITY: every part was drawn by a template or by the renderer of Markdown, which escape.
        said.html = mark_safe("".join(parts))  # noqa: S308


def _takes(thread: Thread) -> bool:
    return thread.topic_id is not None and thread.place.get("side") == "new"


def _drawn(thread: Thread, comment: Comment, text: str, *, applies: bool) -> SafeString:
    assert thread.topic is not None
    context = {
        "rows": rows_of(old_lines(thread.excerpt, thread.place), text),
        "comment": comment,
        "can_apply": applies and thread.topic.is_open and not thread.is_outdated and not comment.is_pending,
        "topic": thread.topic,
        "home": thread.topic.repository.get_absolute_url(),
    }
    return render_to_string("collab/_suggestion.html", context)


@dataclass(frozen=True, slots=True)
class OpenSuggestion:
    """A suggestion that was not applied and whose lines still stand."""

    comment: Comment
    thread: Thread
    rows: list[Row]


def open_suggestions(pull: PullRequest) -> list[OpenSuggestion]:
    """The suggestions that can be applied, in the order of their files and lines. One query."""
    rows = Comment.objects.filter(
        thread__topic=pull.topic_id,
        thread__is_outdated=False,
        thread__subject="change",
        is_pending=False,
        applied_in="",
        hidden_reason="",
        body__contains=FENCE,
    )
    rows = rows.select_related("thread", "author").order_by("thread__key", "pk")
    found = []
    for comment in rows[: 10 * MOST]:
        text, thread = suggestion_in(comment.body), comment.thread
        if text is not None and thread is not None and thread.place.get("side") == "new":
            found.append(OpenSuggestion(comment, thread, rows_of(old_lines(thread.excerpt, thread.place), text)))
    return found[:MOST]
