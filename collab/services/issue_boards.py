"""Makes boards and their columns, and deletes them."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.actor import Actor
from collab.access import check_triage
from collab.models import BoardColumn, IssueBoard, Label
from hub.lib.errors import Conflict, Invalid
from repos.models import Repository

MOST_BOARDS = 50
MOST_COLUMNS = 20
MOST_LIMIT = 999
_FIRST_COLUMNS = (("To do", False), ("In progress", False), ("Done", True))


@transaction.atomic
def create_board(*, actor: Actor, repository: Repository, name: str, description: str = "") -> IssueBoard:
    """A new board with three columns: to do, in progress, done (which closes issues).

    Raises Invalid, Conflict (name taken), Unauthenticated, Forbidden.
    """
    check_triage(actor, repository)
    if IssueBoard.objects.filter(repository=repository).count() >= MOST_BOARDS:
        raise Invalid(f"A repository has at most {MOST_BOARDS} boards.", next_step="Delete one that is not used.")
    board = _written(IssueBoard(repository=repository), name, description)
    BoardColumn.objects.bulk_create(
        BoardColumn(board=board, name=title, position=at, closes=closes)
        for at, (title, closes) in enumerate(_FIRST_COLUMNS)
    )
    return board


@transaction.atomic
def edit_board(*, actor: Actor, board: IssueBoard, name: str, description: str = "") -> IssueBoard:
    """It is called so. Raises Invalid, Conflict (name taken), Unauthenticated, Forbidden."""
    check_triage(actor, board.repository)
    return _written(board, name, description)


@transaction.atomic
def delete_board(*, actor: Actor, board: IssueBoard) -> int:
    """The board is gone with its columns; the issues stay. How many cards it had. Raises Unauthenticated, Forbidden."""
    check_triage(actor, board.repository)
    count = board.cards.count()
    board.delete()
    return count


@transaction.atomic
def add_column(
    *,
    actor: Actor,
    board: IssueBoard,
    name: str,
    label: Label | None = None,
    closes: bool = False,
    limit: int | None = None,
) -> BoardColumn:
    """A new column at the right end. Raises Invalid, Unauthenticated, Forbidden."""
    check_triage(actor, board.repository)
    if board.columns.count() >= MOST_COLUMNS:
        raise Invalid(f"A board has at most {MOST_COLUMNS} columns.", field="name", next_step="Delete one first.")
    last = board.columns.aggregate(last=Max("position"))["last"]
    column = BoardColumn(board=board, position=0 if last is None else last + 1)
    return _column(column, name, label, closes, limit)


@transaction.atomic
def edit_column(
    *, actor: Actor, column: BoardColumn, name: str, label: Label | None, closes: bool, limit: int | None
) -> BoardColumn:
    """What is moved into it from now on is treated so; its cards stay as they are.

    Raises Invalid, Unauthenticated, Forbidden.
    """
    check_triage(actor, column.board.repository)
    return _column(column, name, label, closes, limit)


@transaction.atomic
def move_column(*, actor: Actor, column: BoardColumn, step: int) -> None:
    """One place to the left (-1) or right (1); at the end nothing happens. Raises Unauthenticated, Forbidden."""
    check_triage(actor, column.board.repository)
    IssueBoard.objects.select_for_update().get(pk=column.board_id)
    columns = list(column.board.columns.all())
    at = columns.index(column)
    to = min(max(at + step, 0), len(columns) - 1)
    columns.insert(to, columns.pop(at))
    for position, each in enumerate(columns):
        each.position = position
    BoardColumn.objects.bulk_update(columns, ["position"])


@transaction.atomic
def delete_column(*, actor: Actor, column: BoardColumn) -> int:
    """The column is gone, its cards leave the board, their issues stay. How many cards it had.

    Raises Conflict for the last column, Unauthenticated, Forbidden.
    """
    check_triage(actor, column.board.repository)
    IssueBoard.objects.select_for_update().get(pk=column.board_id)
    if column.board.columns.count() == 1:
        raise Conflict("A board keeps one column.", next_step="Add another first, or delete the board.")
    count = column.cards.count()
    column.delete()
    return count


def _written(board: IssueBoard, name: str, description: str) -> IssueBoard:
    board.name = _clean(name, 100, "A board needs a name.")
    board.description = " ".join(description.replace("\0", "").split())
    if len(board.description) > 300:
        raise Invalid("The description is longer than 300 characters.", field="description", next_step="Shorten it.")
    try:
        with transaction.atomic():
            board.save()
    except IntegrityError:
        raise Conflict(f"There is a board {board.name} already.", field="name", next_step="Choose another.") from None
    return board


def _column(column: BoardColumn, name: str, label: Label | None, closes: bool, limit: int | None) -> BoardColumn:
    column.name = _clean(name, 60, "A column needs a name.")
    if label is not None and label.repository_id != column.board.repository_id:
        raise Invalid("This label is of another repository.", field="label")
    if limit is not None and not 1 <= limit <= MOST_LIMIT:
        raise Invalid(f"A limit is 1 to {MOST_LIMIT} cards.", field="limit", next_step="Leave it empty for none.")
    column.label, column.closes, column.limit = label, closes, limit
    column.save()
    return column


def _clean(text: str, longest: int, missing: str) -> str:
    name = " ".join(text.replace("\0", "").split())
    if not name:
        raise Invalid(missing, field="name", next_step="One or two words will do.")
    if len(name) > longest:
        raise Invalid(f"The name is longer than {longest} characters.", field="name", next_step="Shorten it.")
    return name
