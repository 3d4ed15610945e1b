"""What reports show: the Markdown files below reports/ at a commit, and the runs and values that their blocks name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

from django.core.cache import cache
from django.db.models import Q
from django.utils.dateparse import parse_date, parse_datetime

from hub.lib.errors import NotFound
from hub.lib.render.text import decode
from hub.lib.wording import number_text
from repos.git import history, names, objects, tree
from repos.git.history import Commit
from repos.git.objects import Missing, Place
from repos.git.tree import Entry
from repos.models import Repository
from repos.paths import git_dir
from repos.selectors import trees
from tracking import sql
from tracking.models import Experiment, LatestMetric, Param, Run, RunTag
from tracking.reports.blocks import BlockFault, Chosen, order_terms
from tracking.reports.document import LONGEST, title_of
from tracking.search.compile import Setting, compile_filter
from tracking.search.errors import FilterError
from tracking.search.ordering import compile_order, read_terms
from tracking.search.vocabulary import RUNS_BY_HAND

FOLDER = "reports"
SUFFIX = ".md"
MOST_REPORTS = 300
MOST_VERSIONS = 100
MOST_LINES = 200
_DIFFERING = 6
_LOOKED_AT = 20
_MOST_VALUES = 40_000
_READ_AT_ONCE = 20
_TITLE_IN = 32 * 1024


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report in the list. `commit` is the newest that touched it, None where git was too slow to say."""

    name: str
    title: str
    commit: Commit | None


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A report as it is at a commit."""

    name: str
    place: Place
    entry: Entry
    text: str


def path_of(name: str) -> str:
    """Where the report called `name` lies in the repository."""
    return f"{FOLDER}/{name}{SUFFIX}"


def reports_at(repository: Repository, place: Place) -> list[ReportRow]:
    """The reports at a commit, the one changed last first; at most MOST_REPORTS."""
    folder = git_dir(repository)
    above = tree.find(folder, place.commit, FOLDER.encode())
    if above is None or above.kind != "dir":
        return []
    entries = tree.entries(folder, above.id, above.path)
    found = [each for each in entries if each.kind == "file" and each.name.endswith(SUFFIX)][:MOST_REPORTS]
    titles = _titles(folder, [each.id for each in found])
    commits = trees.last_commits(repository, place, above.path, found, budget=trees.QUICK)
    rows = [_row(each, titles.get(each.id, ""), commits.get(each.path)) for each in found]
    return sorted(rows, key=lambda row: row.commit.committer.when.timestamp() if row.commit else 0, reverse=True)


def _row(entry: Entry, title: str, commit: Commit | None) -> ReportRow:
    name = entry.name.removesuffix(SUFFIX)
    return ReportRow(name, title or name, commit)


def _titles(folder: Path, blob_ids: Sequence[str]) -> dict[str, str]:
    """The titles of reports by blob, kept: the same bytes have the same title. A few are read at a time."""
    keys = {f"report-title:{each}": each for each in blob_ids}
    kept: dict[str, str] = cache.get_many(list(keys))
    missing = [each for key, each in keys.items() if key not in kept]
    sizes = objects.blob_sizes(folder, missing)
    read: dict[str, str] = {}
    for some in _few([each for each in missing if sizes.get(each, 0) <= LONGEST]):
        for each, data in objects.read_blobs(folder, some).items():
            read[f"report-title:{each}"] = title_of(decode(data[:_TITLE_IN])[0])
    if read:
        cache.set_many(read)
    return {keys[key]: title for key, title in {**kept, **read}.items()}


def _few(blob_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(blob_ids), _READ_AT_ONCE):
        yield blob_ids[at : at + _READ_AT_ONCE]


def report_at(repository: Repository, ref: str, name: str) -> ReportFile:
    """The report at a branch, tag or commit. Raises Missing for a ref or a report that is not there."""
    if repository.is_empty:
        raise Missing(path_of(name))
    folder = git_dir(repository)
    # SECURITY: `ref` stands in an address; resolve alone turns it into a commit. What is left over is no ref.
    place = objects.resolve(folder, ref or repository.default_branch)
    paths = [] if place.path else names.readings(path_of(name))
    entry = tree.find(folder, place.commit, paths[0]) if paths else None
    if entry is None or entry.kind != "file":
        raise Missing(f"{place.ref}/{path_of(name)}")
    if objects.blob_size(folder, entry.id) > LONGEST:
        raise NotFound(
            f"A report has at most {LONGEST // 1024} KiB; this file has more.", next_step="Look at it among the files."
        )
    text = decode(objects.read_blob(folder, entry.id))[0]
    return ReportFile(name, Place(place.kind, place.ref, place.commit, entry.path), entry, text)


def versions_of(repository: Repository, report: ReportFile) -> list[Commit]:
    """The commits that touched the report, the newest first; at most MOST_VERSIONS."""
    return history.log(git_dir(repository), report.place.commit, path=report.entry.path, limit=MOST_VERSIONS)


def chosen_runs(repository: Repository, chosen: Chosen) -> tuple[list[Run], bool]:
    """The runs that a block names, each with its experiment, and whether there are more. Raises BlockFault."""
    until = _until(repository, chosen.at) if chosen.at else None
    if chosen.runs:
        return _named_runs(repository, chosen, until)
    experiment = _experiment(repository, chosen.experiment)
    keys = _matching(repository, experiment, chosen, until)
    found = Run.objects.in_bulk(keys[: chosen.limit])
    runs = [found[key] for key in keys if key in found]
    for run in runs:
        run.experiment = experiment
    return runs, len(keys) > chosen.limit


def _matching(repository: Repository, experiment: Experiment, chosen: Chosen, until: int | None) -> list[int]:
    """The runs as the table shows them that has this filter and order: neither trash nor archive. One more than asked.

    Filters and orders mean what they mean in the runs table.
    """
    setting = Setting(repository.pk, sql.is_postgres())
    try:
        condition = compile_filter(chosen.filter, RUNS_BY_HAND, setting)
    except FilterError as error:
        raise BlockFault(error.message, key="filter") from None
    try:
        order = compile_order(read_terms(order_terms(chosen.order)), RUNS_BY_HAND, setting)
    except FilterError as error:
        raise BlockFault(error.message, key="order") from None
    ended, moment = ("", ()) if until is None else (" AND r.end_time <= ?", (until,))
    rows = sql.rows(
        f"SELECT r.id FROM tracking_run r{order.join_text} WHERE r.experiment_id = ? AND r.deleted_at IS NULL"
        f" AND r.archived_at IS NULL AND ({condition.text}){ended} ORDER BY {order.term_text} LIMIT ?",
        (*order.values, experiment.pk, *condition.values, *moment, chosen.limit + 1),
    )
    return [row[0] for row in rows]


def _named_runs(repository: Repository, chosen: Chosen, until: int | None) -> tuple[list[Run], bool]:
    wanted = Q()
    for word in chosen.runs:
        # The first letters of an id are a stretch of the index.
        wanted |= Q(uuid=word) if len(word) == 32 else Q(uuid__gte=word, uuid__lt=f"{word}g")
    rows = Run.objects.select_related("experiment").filter(wanted, repository=repository, deleted_at__isnull=True)
    if until is not None:
        rows = rows.filter(end_time__lte=until)
    if chosen.experiment:
        rows = rows.filter(experiment=_experiment(repository, chosen.experiment))
    found = list(rows[: len(chosen.runs) + 1])
    for word in chosen.runs:
        if sum(run.uuid.startswith(word) for run in found) > 1:
            raise BlockFault(f"Several runs begin with {word}: write more letters of the id.", key="runs")
    order = {word: number for number, word in enumerate(chosen.runs)}
    found.sort(key=lambda run: next(place for word, place in order.items() if run.uuid.startswith(word)))
    return found[: chosen.limit], len(found) > chosen.limit


def _experiment(repository: Repository, word: str) -> Experiment:
    rows = Experiment.objects.filter(repository=repository, deleted_at__isnull=True)
    found = rows.filter(name=word).first()
    if found is None and word.isascii() and word.isdecimal() and len(word) < 10:
        found = rows.filter(number=int(word)).first()
    if found is None:
        raise BlockFault(
            f"This repository has no experiment called “{word[:80]}”, or it is in the trash.", key="experiment"
        )
    return found


def _until(repository: Repository, at: str) -> int:
    """Milliseconds since 1970 of the end of a day, of a moment, or of a commit."""
    try:
        day, moment = parse_date(at), parse_datetime(at)
    except ValueError:
        raise BlockFault(f"There is no day or time {at[:40]}.", key="at") from None
    if day is not None:
        moment = datetime.combine(day, time.max, UTC)
    if moment is None:
        moment = commit_at(repository, at).committer.when
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def commit_at(repository: Repository, ref: str) -> Commit:
    """The commit that a ref in a block names. Raises BlockFault."""
    try:
        if repository.is_empty:
            raise Missing(ref)
        place = objects.resolve(git_dir(repository), ref)
        if place.path:
            raise Missing(ref)
        return history.commit(git_dir(repository), place.commit)
    except Missing:
        raise BlockFault(f"The repository has no commit, tag or branch “{ref[:80]}”.", key="at") from None


Values = dict[str, dict[int, str]]


def values_of(runs: Sequence[Run], columns: Iterable[str]) -> Values:
    """Column (`metrics.loss`) → primary key of a run → text, of the columns named alone: a query for each kind."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for column in columns:
        kind, _, key = column.partition(".")
        by_kind[kind].append(key)
    return _gathered([run.pk for run in runs], by_kind)


def differing(runs: Sequence[Run], *, most: int = _DIFFERING) -> list[str]:
    """The metrics and parameters in which the first runs differ, at most `most` of each; all while none differ."""
    shown = list(runs[:_LOOKED_AT])
    found = _gathered([run.pk for run in shown], {"metrics": None, "params": None})
    columns: list[str] = []
    for kind in ("metrics", "params"):
        offered = sorted(key for key in found if key.startswith(f"{kind}.") and not key.startswith("metrics.system/"))
        apart = [key for key in offered if len(found[key]) < len(shown) or len(set(found[key].values())) > 1]
        columns += (apart or offered)[:most]
    return columns


def _gathered(keys: Sequence[int], by_kind: dict[str, list[str]] | dict[str, None]) -> Values:
    found: Values = defaultdict(dict)
    for kind, wanted in by_kind.items():
        if kind == "metrics":
            rows = LatestMetric.objects.filter(run__in=keys)
            rows = rows if wanted is None else rows.filter(key__name__in=wanted)
            for run, key, value, is_nan in rows.values_list("run_id", "key__name", "value", "is_nan")[:_MOST_VALUES]:
                found[f"metrics.{key}"][run] = "NaN" if is_nan else number_text(value)
            continue
        model = Param if kind == "params" else RunTag
        words = model.objects.filter(run__in=keys)
        words = words if wanted is None else words.filter(key__in=wanted)
        for run, key, text in words.values_list("run_id", "key", "value")[:_MOST_VALUES]:
            found[f"{kind}.{key}"][run] = text
    return found
