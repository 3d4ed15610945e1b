"""Questions about the boards of an experiment."""

from __future__ import annotations

from hub.lib.errors import Invalid, NotFound
from tracking.charts.panels import Panel, read_panels
from tracking.models import Board, Experiment


def boards_of(experiment: Experiment) -> list[Board]:
    """All boards of the experiment by name, each with who changed it last."""
    return list(Board.objects.select_related("changed_by").filter(experiment=experiment))


def board_of(experiment: Experiment, board: int) -> Board:
    """One board of the experiment. Raises NotFound."""
    found = Board.objects.select_related("changed_by").filter(experiment=experiment, pk=board).first()
    if found is None:
        raise NotFound("This experiment has no such board.", next_step="It may have been deleted; look at the others.")
    return found


def panels_of(board: Board) -> list[Panel]:
    """The panels of a board; what an older or newer release wrote and this one does not know is left out."""
    found: list[Panel] = []
    for each in board.panels if isinstance(board.panels, list) else []:
        try:
            found += read_panels([each])
        except Invalid:
            continue
    return found
