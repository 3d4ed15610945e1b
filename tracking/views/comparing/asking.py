"""What the address of a comparison says: which runs in which order, and what the reader does to that choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from hub.lib.errors import Invalid, NotFound
from repos.models import Repository
from tracking.models import Experiment, Run
from tracking.selectors.run_comparison_deltas import Better
from tracking.selectors.run_comparison_facts import runs_here
from tracking.selectors.run_page import experiment_of

MOST_RUNS = 200
NO_BASELINE = "none"
FORGOTTEN = ("do", "pick", "without", "turn", "page", "row", "to", "csrfmiddlewaretoken")
"""Words of the address that ask for a change, or hold only for what is shown now."""
BETTER: dict[str, Better] = {"min": "min", "max": "max"}


@dataclass(frozen=True, slots=True)
class Compared:
    """The runs that are compared. `unknown` ids are of no run here; `left_out` counts runs past MOST_RUNS."""

    experiment: Experiment
    runs: list[Run]
    baseline: Run | None
    unknown: list[str]
    left_out: int

    @property
    def place(self) -> int | None:
        """Where the baseline stands among the runs."""
        return self.runs.index(self.baseline) if self.baseline else None

    @property
    def base(self) -> Run:
        """The run that others are held against where there must be one: the baseline, else the first."""
        return self.baseline or self.runs[0]

    @property
    def others(self) -> list[Run]:
        """All runs but that one."""
        return [run for run in self.runs if run != self.base]


def read_compared(request: HttpRequest, repo: Repository, number: int) -> Compared:
    """The runs that the address names. Raises Invalid when it names none, NotFound when none of them is here."""
    experiment = experiment_of(repo, number)
    asked = [word for word in dict.fromkeys(request.GET.getlist("run")) if word]
    if not asked:
        raise Invalid(
            "No run was picked, so there is nothing to compare.",
            next_step=f"Go back to the runs of {experiment.name} and tick the boxes at their left.",
        )
    runs, unknown = runs_here(repo, asked[:MOST_RUNS])
    if not runs:
        raise NotFound(
            "None of these runs is in this repository.",
            next_step="They may have been deleted for ever. Go back to the runs and pick others.",
        )
    wanted = request.GET.get("baseline", "")
    named = next((run for run in runs if run.uuid == wanted), None)
    baseline = None if wanted == NO_BASELINE else named or runs[0]
    return Compared(experiment, runs, baseline, unknown, max(0, len(asked) - MOST_RUNS))


def rearranged(request: HttpRequest) -> HttpResponse | None:
    """Where to go when the address asks to change the choice of runs; None when it only asks to see it."""
    given = request.GET
    if not any(given.get(word) for word in ("do", "without", "turn")):
        return None
    query = given.copy()
    for word in FORGOTTEN:
        query.pop(word, None)
    picked = set(given.getlist("pick"))
    order = arrange(list(dict.fromkeys(given.getlist("run"))), picked, given.get("do", ""))
    query.setlist("run", [run for run in order if run != given.get("without")])
    if given.get("do") == "baseline" and picked:
        query["baseline"] = next(run for run in [*order, *picked] if run in picked)
    if given.get("turn"):
        _turn(query, given["turn"])
    return redirect(f"{request.path}?{query.urlencode()}")


def arrange(runs: Sequence[str], picked: set[str], what: str) -> list[str]:
    """The runs after `what` is done to those picked: remove, only, front, back, left or right; else as they are."""
    chosen, rest = [run for run in runs if run in picked], [run for run in runs if run not in picked]
    if what == "remove":
        return rest
    if what == "only":
        return chosen or rest
    if what == "front":
        return chosen + rest
    if what == "back":
        return rest + chosen
    if what == "left":
        return _stepped(runs, picked)
    if what == "right":
        return _stepped(runs[::-1], picked)[::-1]
    return list(runs)


def _stepped(runs: Sequence[str], picked: set[str]) -> list[str]:
    """Each picked run one place nearer to the beginning; those that are there already stay."""
    order = list(runs)
    for at in range(1, len(order)):
        if order[at] in picked and order[at - 1] not in picked:
            order[at - 1], order[at] = order[at], order[at - 1]
    return order


def _turn(query: QueryDict, key: str) -> None:
    """Go on to the next of: higher is better, lower is better, as for all metrics."""
    higher, lower = ([each for each in query.getlist(word) if each != key] for word in ("higher", "lower"))
    if key in query.getlist("higher"):
        lower.append(key)
    elif key not in query.getlist("lower"):
        higher.append(key)
    query.setlist("higher", higher)
    query.setlist("lower", lower)


def number_of(request: HttpRequest, word: str, *, least: int = 1) -> int:
    """A whole number of the address; `least` when it is missing or makes no sense."""
    text = request.GET.get(word, "")
    return max(least, int(text)) if text.isascii() and text.isdecimal() and len(text) < 10 else least
