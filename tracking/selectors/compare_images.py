"""Images that runs logged, by what they show and at which step: the names that clients give, read back.

`mlflow.log_image(image, key=…, step=…)` names files `images/<key>+step+<n>+timestamp+<ms>+<uuid>.png`, earlier clients
with `%` for `+`. Other pictures are a series where their names differ only in the last number, else each stands alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

ALONE = "pictures without steps"
_STEPPED = re.compile(
    r"images/(?P<key>.{1,500}?)(?P<mark>[+%])step(?P=mark)(?P<step>-?\d{1,18})(?P=mark)timestamp(?P=mark)"
    r"(?P<time>\d{1,18})(?P=mark)[0-9a-f-]{1,40}(?P<small>(?P=mark)compressed)?\.[a-z]{3,4}"
)
_NUMBERED = re.compile(r"(?P<before>.*?)(?P<step>\d{1,12})(?P<after>\D*)")


@dataclass(slots=True)
class ImageSeries:
    """Images of one kind: the path of each run's image by its label, a step or else a path. Labels are in order."""

    name: str
    labels: list[str] = field(default_factory=list)
    paths: list[dict[str, str]] = field(default_factory=list)

    @property
    def runs(self) -> int:
        """How many runs have one of them."""
        return sum(bool(paths) for paths in self.paths)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a series: the labels shown, the place of the chosen one in the series, and its neighbours."""

    series: ImageSeries
    labels: list[str]
    at: int

    @property
    def chosen(self) -> str:
        """The label that was asked for."""
        return self.series.labels[self.at]

    @property
    def last(self) -> int:
        """The place of the last label."""
        return len(self.series.labels) - 1


def image_series(runs: Sequence[Iterable[str]]) -> list[ImageSeries]:
    """The series in the paths of each run's pictures: logged ones by key first, then numbered ones, then the rest."""
    logged: dict[str, dict[int, dict[int, tuple[int, str]]]] = defaultdict(lambda: defaultdict(dict))
    numbered: dict[str, dict[int, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    alone: dict[str, dict[int, str]] = defaultdict(dict)
    for run, paths in enumerate(runs):
        for path in paths:
            if match := _STEPPED.fullmatch(path):
                _take(logged[_key(match)][run], match, path)
            elif (match := _NUMBERED.fullmatch(path)) and "/" not in match["after"]:
                numbered[f"{match['before']}*{match['after']}"][run][int(match["step"])] = path
            else:
                alone[path][run] = path
    found = []
    for key in sorted(logged):
        steps = {run: {step: path for step, (_, path) in by.items()} for run, by in logged[key].items()}
        found.append(_stepped(key, steps, len(runs)))
    for name in sorted(numbered):
        if max(len(steps) for steps in numbered[name].values()) > 1:
            found.append(_stepped(name, numbered[name], len(runs)))
        else:
            for run, single in numbered[name].items():
                for path in single.values():
                    alone[path][run] = path
    return [*found, _alone(alone, len(runs))] if alone else found


def window_of(series: ImageSeries, at: int, width: int) -> Window:
    """At most `width` labels round the one at the place `at`, which is moved to the nearest that there is."""
    at = max(0, min(at, len(series.labels) - 1))
    start = max(0, min(at - width // 2, len(series.labels) - width))
    return Window(series, series.labels[start : start + width], at)


def _key(match: re.Match[str]) -> str:
    """The key as it was logged: clients write another letter for the slash, and not the same ones."""
    return match["key"].replace("~", "/").replace("#", "/")


def _take(steps: dict[int, tuple[int, str]], match: re.Match[str], path: str) -> None:
    """The latest image of a step holds; the small copies that clients send along do not count."""
    step, time = int(match["step"]), int(match["time"])
    if not match["small"] and (step not in steps or steps[step][0] <= time):
        steps[step] = (time, path)


def _stepped(name: str, by_run: dict[int, dict[int, str]], runs: int) -> ImageSeries:
    steps = sorted({step for of_run in by_run.values() for step in of_run})
    paths = [{str(step): path for step, path in by_run.get(run, {}).items()} for run in range(runs)]
    return ImageSeries(name, [str(step) for step in steps], paths)


def _alone(by_path: dict[str, dict[int, str]], runs: int) -> ImageSeries:
    """Those that several runs have first."""
    labels = sorted(by_path, key=lambda path: (-len(by_path[path]), path))
    return ImageSeries(ALONE, labels, [{path: path for path in labels if run in by_path[path]} for run in range(runs)])
