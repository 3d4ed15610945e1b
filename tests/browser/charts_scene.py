"""A board with a panel of each kind, over the runs of experiment 1."""

from __future__ import annotations

from accounts.actor import Actor
from repos.models import Repository
from tracking.charts.panels import Panel
from tracking.models import Board, Experiment
from tracking.services.boards import create_board

PANELS = (
    Panel(y="train/loss", smooth=0.6, log_y=True),
    Panel(y="train/loss", group="params.optimizer", band="std", title="Loss by optimizer"),
    Panel(kind="scatter", y="train/loss", x="params.lr"),
    Panel(kind="bar", y="train/loss"),
    Panel(kind="box", y="train/loss", group="tags.team"),
    Panel(kind="parallel", y="train/loss", width=2),
    Panel(kind="importance", y="train/loss"),
)


def make_board(repo: Repository, actor: Actor) -> Board:
    """The board, saved with experiment 1 of the repository."""
    experiment = Experiment.objects.get(repository=repo, number=1)
    return create_board(experiment=experiment, name="Weekly look", panels=PANELS, actor=actor)
