"""Puts topics on boards as cards and moves them; a column may label what comes in, and close it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Max

from accounts.actor import Actor
from collab.access import check_triage
from collab.models import BoardCard, BoardColumn, IssueBoard, Kind, Topic
from collab.selectors.topic_search import LISTED
from collab.services.sorting import set_labels
from collab.services.topic_state import close_topic, reopen_topic
from hub.lib.errors import Conflict, Invalid

MOST_CARDS = 2_000
# Between neighbours, so that a card finds a place without the others being numbered anew.
ROOM = 2**20


@transaction.atomic
def add_card(*, actor: Actor, board: IssueBoard, topic: Topic, column: BoardColumn | None = None) -> BoardCard:
    """Put an issue or a pull request at the end of a column (the first one), and do what the column does.

    Raises Invalid, Conflict when it is on the board already, Unauthenticated, Forbidden.
    """
    check_triage(actor, board.repository)
    IssueBoard.objects.select_for_update().get(pk=board.pk)
    if topic.repository_id != board.repository_id or topic.kind not in LISTED:
        raise Invalid("Only issues and pull requests of this repository can be cards.", field="number")
    there = BoardCard.objects.filter(board=board, topic=topic).select_related("column").first()
    if there is not None:
        raise Conflict(f"#{topic.number} is on this board already, in {there.column.name}.", field="number")
    if board.cards.count() >= MOST_CARDS:
        raise Invalid(f"A board has at most {MOST_CARDS:,} cards.", next_step="Take off those that are done.")
    column = column or board.columns.first()
    assert column is not None, "a board has a column"
    card = BoardCard.objects.create(board=board, column=column, topic=topic, position=_end_of(column))
    _arrive(actor, topic, None, column)
    return card


@transaction.atomic
def move_card(*, actor: Actor, card: BoardCard, column: BoardColumn, before: BoardCard | None = None) -> BoardCard:
    """Put a card before another, or at the end of a column; what the column does to newcomers is done.

    A column with a label gives it and takes the label of the column it came from; one that closes closes issues, and
    leaving it opens them again. Raises Invalid, Unauthenticated, Forbidden.
    """
    check_triage(actor, card.board.repository)
    IssueBoard.objects.select_for_update().get(pk=card.board_id)
    if column.board_id != card.board_id or (before is not None and before.column_id != column.pk):
        raise Invalid("The place is on another board, or gone.", field="column", next_step="Reload the page.")
    old = BoardColumn.objects.select_related("label").get(pk=BoardCard.objects.get(pk=card.pk).column_id)
    if before is None or before.pk != card.pk:
        card.position = _end_of(column) if before is None else _before(before, card)
        card.column = column
        card.save(update_fields=["column", "position"])
    if old.pk != column.pk:
        _arrive(actor, card.topic, old, column)
    return card


@transaction.atomic
def remove_card(*, actor: Actor, card: BoardCard) -> None:
    """Take it off the board; its issue stays as it is. Raises Unauthenticated, Forbidden."""
    check_triage(actor, card.board.repository)
    card.delete()


@transaction.atomic
def follow_state(*, topic_id: int) -> None:
    """The cards of a closed topic stand in a column that closes, those of an open one in none, where boards allow it.

    Only the place changes: who closes something need not be allowed to label it.
    """
    topic = Topic.objects.filter(pk=topic_id).first()
    if topic is None:
        return
    for card in BoardCard.objects.filter(topic=topic).select_related("column"):
        IssueBoard.objects.select_for_update().get(pk=card.board_id)
        column = BoardColumn.objects.filter(board=card.board_id, closes=not topic.is_open).first()
        if card.column.closes == topic.is_open and column is not None:
            BoardCard.objects.filter(pk=card.pk).update(column=column, position=_end_of(column))


def _arrive(actor: Actor, topic: Topic, old: BoardColumn | None, new: BoardColumn) -> None:
    labels = {label.pk: label for label in topic.labels.all()}
    if old is not None and old.label_id and old.label_id != new.label_id:
        labels.pop(old.label_id, None)
    if new.label is not None:
        labels[new.label.pk] = new.label
    set_labels(actor=actor, topic=topic, labels=labels.values())
    # Pull requests are closed by being merged or given up, which a drag must not decide.
    if topic.kind != Kind.ISSUE:
        return
    if new.closes and topic.is_open:
        close_topic(actor=actor, topic=topic)
    elif old is not None and old.closes and not new.closes and not topic.is_open:
        reopen_topic(actor=actor, topic=topic)


def _end_of(column: BoardColumn) -> int:
    last = column.cards.aggregate(last=Max("position"))["last"]
    return ROOM if last is None else int(last) + ROOM


def _before(neighbour: BoardCard, card: BoardCard) -> int:
    """A position between a card and the one above it; numbers the column anew when there is no room left."""
    others = BoardCard.objects.filter(column=neighbour.column_id).exclude(pk=card.pk)
    neighbour = others.get(pk=neighbour.pk)
    above = others.filter(position__lt=neighbour.position).aggregate(last=Max("position"))["last"]
    low = neighbour.position - 2 * ROOM if above is None else int(above)
    if neighbour.position - low >= 2:
        return (low + neighbour.position) // 2
    for number, row in enumerate(list(others.order_by("position", "pk")), start=1):
        BoardCard.objects.filter(pk=row.pk).update(position=number * ROOM)
    return BoardCard.objects.values_list(F("position") - ROOM // 2, flat=True).get(pk=neighbour.pk)
