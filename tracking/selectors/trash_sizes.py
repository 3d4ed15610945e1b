"""How much hangs on things in the trash: runs, points, files, bytes, and what rooms above keep about them.

Counting stops at a bound, so that no page waits for a run with a hundred million points.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Sum

from repos.models import Repository
from storage import selectors as storage
from tracking import sql
from tracking.belongings import belongings_of, needed
from tracking.locations import SPACE, model_artifacts, run_artifacts, storage_key
from tracking.models import Experiment, LoggedModel, Run, Thing
from tracking.models.experiments import ARTIFACT_SCHEME
from tracking.selectors.trash import in_trash_with_keys, needed_among, things_in_trash

MOST_POINTS_IN_LIST = 20_000
MOST_POINTS = 2_000_000
MOST_FOLDERS = 300


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of things; `more`: counting stopped there."""

    number: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A thing in the trash with what hangs on it; `size` is in bytes. `needed_by`: what keeps it from being purged."""

    thing: Any
    runs: int
    points: Amount
    size: Amount
    needed_by: str


@dataclass(frozen=True, slots=True)
class Loss:
    """What goes for ever with some things. `others`: (how many, word) of what rooms above hang on them.

    `keys` are those of the things that will go, `kept` the things that are needed, each with what needs it.
    """

    keys: dict[Thing, list[int]]
    experiments: int
    runs: int
    logged_models: int
    points: Amount
    files: Amount
    size: Amount
    others: list[tuple[int, str]]
    kept: list[tuple[str, str]]


def trash_rows(repository: Repository, kind: Thing, things: Sequence[Any]) -> list[Row]:
    """Things of one kind from the trash, each with its size."""
    stays = needed_among(kind, [each.pk for each in things], needed(repository))
    return [_row(repository, kind, each, stays.get(each.pk, "")) for each in things]


def _row(repository: Repository, kind: Thing, thing: Any, needed_by: str) -> Row:
    points = Amount(0) if kind is Thing.MODEL else _points(kind, [thing.pk], MOST_POINTS_IN_LIST)
    _, size = _files(repository, _folders(kind, [thing]), 50)
    return Row(thing, thing.deleted_runs if kind is Thing.EXPERIMENT else 0, points, size, needed_by)


def loss_of(repository: Repository, chosen: Mapping[Thing, Sequence[int]]) -> Loss:
    """What would go with these things of the repository's trash; keys of others are passed over."""
    wanted = needed(repository)
    going: dict[Thing, list[Any]] = {}
    kept: list[tuple[str, str]] = []
    for kind in Thing:
        keys = things_in_trash(repository, kind, chosen.get(kind, ()))
        things = in_trash_with_keys(repository, kind, keys)
        stays = needed_among(kind, keys, wanted)
        going[kind] = [each for each in things if each.pk not in stays]
        kept += [(each.name, stays[each.pk]) for each in things if each.pk in stays]
    return _loss(repository, going, kept)


def _loss(repository: Repository, going: dict[Thing, list[Any]], kept: list[tuple[str, str]]) -> Loss:
    keys = {kind: [each.pk for each in things] for kind, things in going.items()}
    experiments = keys[Thing.EXPERIMENT]
    folders = (folder for kind, things in going.items() for folder in _folders(kind, things))
    files, size = _files(repository, folders, MOST_FOLDERS)
    points = [_points(kind, keys[kind], MOST_POINTS) for kind in (Thing.EXPERIMENT, Thing.RUN)]
    return Loss(
        keys=keys,
        experiments=len(experiments),
        runs=len(keys[Thing.RUN]) + _inside("run", experiments),
        logged_models=len(keys[Thing.MODEL]) + _inside("loggedmodel", experiments),
        points=Amount(sum(each.number for each in points), any(each.more for each in points)),
        files=files,
        size=size,
        others=[
            (belonging.count(keys[kind]), belonging.word)
            for kind in Thing
            for belonging in belongings_of(kind)
            if belonging.count is not None and keys[kind]
        ],
        kept=kept,
    )


def _inside(table: str, experiments: Sequence[int]) -> int:
    which, value = sql.among("experiment_id", list(experiments))
    found = sql.row(f"SELECT count(*) FROM tracking_{table} WHERE {which}", (value,)) if experiments else None
    return int(found[0]) if found else 0


def _points(kind: Thing, keys: Sequence[int], most: int) -> Amount:
    if not keys:
        return Amount(0)
    which, value = sql.among("experiment_id" if kind is Thing.EXPERIMENT else "id", list(keys))
    found = sql.row(
        "SELECT count(*) FROM (SELECT 1 FROM tracking_metric WHERE run_id IN "
        f"(SELECT id FROM tracking_run WHERE {which}) LIMIT ?) counted",
        (value, most + 1),
    )
    number = found[0] if found else 0
    return Amount(min(number, most), number > most)


def _files(repository: Repository, folders: Iterable[str], most: int) -> tuple[Amount, Amount]:
    """How many files and bytes lie below the folders, of which at most so many are looked at."""
    files = size = 0
    more = False
    for looked, folder in enumerate(folders):
        if looked == most:
            more = True
            break
        found = storage.list_tree(repository, SPACE, folder).order_by().aggregate(files=Count("pk"), size=Sum("size"))
        files, size = files + found["files"], size + (found["size"] or 0)
    return Amount(files, more), Amount(size, more)


def _folders(kind: Thing, things: Iterable[Any]) -> Iterator[str]:
    """The folders of things whose files are kept here; an experiment in its own folder has one for all its runs."""
    for thing in things:
        if kind is Thing.EXPERIMENT:
            yield from _folders_of_experiment(thing)
            continue
        home, name = thing.experiment.artifact_location, thing.uuid
        yield from _kept_here(run_artifacts(home, name) if kind is Thing.RUN else model_artifacts(home, name))


def _folders_of_experiment(experiment: Experiment) -> Iterator[str]:
    home = experiment.artifact_location
    if home == f"{ARTIFACT_SCHEME}{experiment.number}":
        yield str(experiment.number)
    elif storage_key(home) is not None:
        for uuid in Run.objects.filter(experiment=experiment).values_list("uuid", flat=True):
            yield from _kept_here(run_artifacts(home, uuid))
        for uuid in LoggedModel.objects.filter(experiment=experiment).values_list("uuid", flat=True):
            yield from _kept_here(model_artifacts(home, uuid))


def _kept_here(uri: str) -> Iterator[str]:
    folder = storage_key(uri)
    if folder is not None:
        yield folder.removesuffix("/artifacts")
