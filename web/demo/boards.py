"""A board of charts, and two views of the runs table that the team of the demonstration shares."""

from __future__ import annotations

from accounts.actor import Actor
from repos.models import Repository
from tracking.charts.panels import Panel
from tracking.models import Experiment
from tracking.services.boards import create_board
from tracking.services.named_views import save_view
from tracking.table_state import Sort, TableState

BOARD = "What width, what rate"
_PANELS = (
    Panel(y="val_loss", title="Validation loss", smoothing="ema", smooth=0.6, log_y=True, width=2),
    Panel(y="val_accuracy", title="Validation accuracy"),
    Panel(
        kind="parallel",
        y="val_accuracy",
        columns=("params.hidden", "params.learning_rate", "metrics.val_loss"),
        width=2,
    ),
    Panel(kind="importance", y="val_loss"),
    Panel(kind="box", y="val_accuracy", group="params.hidden", title="Accuracy by width"),
    Panel(kind="scatter", y="val_loss", x="params.learning_rate", log_x=True),
    Panel(y="val_loss", title="Loss by width", group="params.hidden", band="minmax", log_y=True, clip=True),
)
_BEST = TableState(
    text="attributes.status = 'FINISHED'",
    sorts=(Sort("metrics.val_accuracy", descending=True), Sort("metrics.val_loss")),
    columns=("metrics.val_accuracy", "metrics.val_loss", "params.hidden", "params.learning_rate", "params.seed"),
    pinned=("metrics.val_accuracy",),
    tree=False,
)
_BY_WIDTH = TableState(
    groups=("params.hidden",),
    columns=("metrics.val_loss", "metrics.val_accuracy", "params.learning_rate", "params.weight_decay"),
)
VIEWS = {"Best first": _BEST, "By width": _BY_WIDTH}


def create_boards(*, actor: Actor, repository: Repository) -> None:
    """The experiment with the hidden layer has the board and the views."""
    experiment = Experiment.objects.get(repository=repository, name="hidden layer")
    create_board(experiment=experiment, name=BOARD, panels=_PANELS, actor=actor)
    for name, state in VIEWS.items():
        save_view(
            repository=repository, experiment=experiment, name=name, query=state.to_query(), shared=True, actor=actor
        )
