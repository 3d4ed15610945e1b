"""Boards: their columns and the cards in them, narrowed by a query."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from accounts.actor import Actor
from collab.models import BoardCard, BoardColumn, IssueBoard, Topic
from collab.search_language import Query
from collab.selectors.topic_search import matching
from hub.lib.errors import NotFound
from repos.models import Repository

SHOWN = 200
"""Cards drawn in one column; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card as a board draws it."""

    card: BoardCard
    topic: Topic
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column with the cards that match; `count` is of all cards in it, whatever is looked for."""

    column: BoardColumn
    cards: list[Card]
    count: int
    hidden: int

    @property
    def is_over(self) -> bool:
        """More cards than its limit."""
        return self.column.limit is not None and self.count > self.column.limit


def boards_of(repository: Repository) -> QuerySet[IssueBoard]:
    """The boards of a repository by name; `cards_count` and `columns_count` say how large each is."""
    rows = IssueBoard.objects.filter(repository=repository).order_by("name")
    return rows.annotate(cards_count=Count("cards", distinct=True), columns_count=Count("columns", distinct=True))


def find_board(repository: Repository, key: int) -> IssueBoard:
    """A board by its key; raises NotFound."""
    board = boards_of(repository).filter(pk=min(key, 2**63 - 1)).first()
    if board is None:
        raise NotFound("There is no such board here.", next_step="Look for it in the list of boards.")
    board.repository = repository
    return board


def find_column(board: IssueBoard, key: int) -> BoardColumn:
    """A column of a board by its key, its label selected; raises NotFound."""
    column = BoardColumn.objects.filter(board=board, pk=min(key, 2**63 - 1)).select_related("label").first()
    if column is None:
        raise NotFound("There is no such column on this board any more.", next_step="Reload the board.")
    column.board = board
    return column


def find_card(board: IssueBoard, key: int) -> BoardCard:
    """A card of a board by its key, its topic selected; raises NotFound."""
    card = BoardCard.objects.filter(board=board, pk=min(key, 2**63 - 1)).select_related("topic", "column").first()
    if card is None:
        raise NotFound("There is no such card on this board any more.", next_step="Reload the board.")
    card.board, card.topic.repository = board, board.repository
    return card


def columns_of(board: IssueBoard, query: Query, actor: Actor, today: dt.date) -> list[Column]:
    """The columns of a board with the cards that match a query: a constant number of queries.

    Raises Invalid for days and numbers that are none.
    """
    repository = board.repository
    rows = BoardCard.objects.filter(board=board).select_related("topic__pull", "topic__milestone", "topic__author")
    if query.terms:
        wanted = matching(query, repository=repository, actor=actor, kind=None, today=today)
        rows = rows.filter(topic__in=wanted.values("pk"))
    found: dict[int, list[BoardCard]] = defaultdict(list)
    for card in rows.prefetch_related("topic__labels", "topic__assignees").order_by("position", "pk"):
        card.topic.repository = repository
        found[card.column_id].append(card)
    columns = board.columns.select_related("label").annotate(cards_count=Count("cards"))
    return [_column(column, found[column.pk], today) for column in columns]


def _column(column: BoardColumn, cards: list[BoardCard], today: dt.date) -> Column:
    count = column.cards_count  # type: ignore[attr-defined]
    shown = [_card(card, today) for card in cards[:SHOWN]]
    return Column(column=column, cards=shown, count=count, hidden=count - len(shown))


def _card(card: BoardCard, today: dt.date) -> Card:
    topic = card.topic
    return Card(card, topic, topic.is_open and topic.due_on is not None and topic.due_on < today)


def boards_with(topic: Topic) -> list[BoardCard]:
    """The cards of a topic, with the board and column of each."""
    rows = BoardCard.objects.filter(topic=topic).select_related("board", "column")
    return list(rows.order_by("board__name"))
