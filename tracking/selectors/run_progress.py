"""How far a run that goes on has come: when it was last heard of, how fast it goes, and when it may be done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracking.clock import now_ms
from tracking.models import Run
from tracking.models.experiments import moment
from tracking.selectors.run_page import SYSTEM, Latest

_STEPS = ("max_steps", "total_steps", "num_training_steps", "num_steps", "n_steps", "max_iter", "max_iterations",
          "num_iterations", "iterations")  # fmt: skip
_EPOCHS = ("num_train_epochs", "max_epochs", "num_epochs", "n_epochs", "epochs")


@dataclass(frozen=True, slots=True)
class Progress:
    """`step` is the last that was logged, `rate` steps a second. `total` of `unit` comes from the parameter `named`;
    where there is one, `left` is what it takes at the pace so far: a guess.
    """

    heard: datetime | None
    step: int | None
    rate: float | None
    done: float | None = None
    total: float | None = None
    unit: str = ""
    named: str = ""
    left: timedelta | None = None

    @property
    def percent(self) -> int | None:
        """How much of the total is done."""
        return int(100 * self.done / self.total) if self.total and self.done is not None else None


def progress_of(run: Run, metrics: Sequence[Latest], params: Iterable[tuple[str, str]]) -> Progress:
    """The state of a run that goes on, from what it logged last and what it was told to do."""
    ours = [metric for metric in metrics if not metric.key.startswith(SYSTEM)]
    heard = max((metric.timestamp for metric in metrics), default=0)
    step = max((metric.step for metric in ours), default=0)
    elapsed = max(0, now_ms() - run.start_time) / 1000 if run.start_time else None
    so_far = (heard - run.start_time) / 1000 if run.start_time and heard > run.start_time else None
    done, total, unit, named = _goal(ours, step, params)
    left = None
    if so_far and done and total and done < total and elapsed is not None:
        left = timedelta(seconds=max(0.0, so_far * total / done - elapsed))
    return Progress(
        heard=moment(heard) if heard else None,
        step=step if step > 0 else None,
        rate=step / so_far if so_far and step > 0 else None,
        done=done,
        total=total,
        unit=unit,
        named=named,
        left=left,
    )


def _goal(
    metrics: Sequence[Latest], step: int, params: Iterable[tuple[str, str]]
) -> tuple[float | None, float | None, str, str]:
    """How much of how many of what is done, and the parameter that says so."""
    told = {key.rpartition("/")[2].lower(): (key, value) for key, value in params}
    epochs = [metric.value for metric in metrics if metric.name.lower() in ("epoch", "epochs")]
    for names, unit, done in ((_STEPS, "steps", float(step)), (_EPOCHS, "epochs", max(epochs, default=0.0))):
        for name in names:
            key, value = told.get(name, ("", ""))
            total = _number(value)
            if total and 0 < done <= total:
                return done, total, unit, key
    return None, None, "", ""


def _number(text: str) -> float:
    try:
        value = float(text) if len(text) < 20 else 0.0
    except ValueError:
        return 0.0
    return value if 0 < value < 1e15 else 0.0
