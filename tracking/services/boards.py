"""Saving, changing and deleting boards of charts. Who may is the doorman's business."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.actor import Actor
from hub.lib.errors import Conflict, Invalid, NotFound
from tracking.charts.panels import Panel, plain, read_panels
from tracking.models import Board, Experiment

MOST_BOARDS = 50


def create_board(*, experiment: Experiment, name: str, panels: Sequence[Panel], actor: Actor) -> Board:
    """A new board. Raises Conflict where the name is taken, Invalid for what cannot be drawn or kept."""
    with transaction.atomic():
        _held(experiment)
        board = Board(experiment=experiment, name=_clean(name), panels=_checked(panels), changed_by=actor.user)
        if Board.objects.filter(experiment=experiment, name=board.name).exists():
            raise Conflict(f"There is a board {board.name} already. Choose another name.", field="name")
        if Board.objects.filter(experiment=experiment).count() >= MOST_BOARDS:
            raise Invalid(f"An experiment keeps at most {MOST_BOARDS} boards.", next_step="Delete one first.")
        _validate(board)
        board.save()
    return board


def change_board(
    *, experiment: Experiment, board: int, name: str, panels: Sequence[Panel], revision: int, actor: Actor
) -> Board:
    """The board with other panels or another name. Raises NotFound, Invalid, and Conflict where somebody else has
    changed it since `revision`, or where the name is taken."""
    with transaction.atomic():
        _held(experiment)
        found = Board.objects.select_for_update().filter(experiment=experiment, pk=board).first()
        if found is None:
            raise NotFound(
                "This board has been deleted.", next_step="Save yours under a new name; it is in the address."
            )
        if found.revision != revision:
            raise Conflict(
                f"Somebody else has changed {found.name} since you opened it. Nothing was saved.",
                next_step="Save yours under a new name, or open the board again to see theirs.",
            )
        found.name, found.panels = _clean(name), _checked(panels)
        if Board.objects.filter(experiment=experiment, name=found.name).exclude(pk=found.pk).exists():
            raise Conflict(f"There is a board {found.name} already. Choose another name.", field="name")
        found.revision, found.changed_by = revision + 1, actor.user
        _validate(found)
        found.save()
    return found


def delete_board(*, experiment: Experiment, board: int) -> None:
    """The board is gone; charts are untouched. Doing it twice is no error."""
    Board.objects.filter(experiment=experiment, pk=board).delete()


def _held(experiment: Experiment) -> None:
    """Boards of one experiment are changed one after another. Raises Invalid in the trash."""
    held = Experiment.objects.select_for_update().filter(pk=experiment.pk).first()
    if held is None or held.is_deleted:
        raise Invalid("The experiment is in the trash, so its boards cannot be changed.", next_step="Restore it first.")


def _clean(name: str) -> str:
    return " ".join(name.replace("\0", "").split())


def _checked(panels: Sequence[Panel]) -> list[dict[str, object]]:
    return plain(read_panels(plain(panels)))


def _validate(board: Board) -> None:
    try:
        board.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        wrong = error.message_dict
        if "name" in wrong:
            raise Invalid("A board needs a name of at most 100 characters. Nothing was saved.", field="name") from error
        raise Invalid(f"The board cannot be kept: {wrong}. Nothing was saved.") from error
