"""Columns of a runs table: what they hold for the runs of a page, which are shown by themselves, which can be found.

Only keys that are shown are read. Which keys there are is sampled: a run may have logged twenty thousand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.lib.wording import number_text
from repos.models import Repository
from tracking import sql
from tracking.selectors.run_scope import PARENT
from tracking.table_state import LOGGED, TableState

COMMIT = "mlflow.source.git.commit"
SOURCE = "mlflow.source.name"
USER = "mlflow.user"
SYSTEM = "system/"
OWN = "mlflow."
_KNOWN_TAGS = (PARENT, COMMIT, SOURCE, USER)

DEFAULT_EACH = 6
"""Metrics, and parameters, that are shown when nobody has chosen any."""

SAMPLED_RUNS = 10
SAMPLED_KEYS = 300
CANDIDATES = 40
MOST_FOUND = 60
LOOKED_THROUGH = 200
"""Runs of the page whose parameters and tags the search for a column looks through, besides all names of metrics."""

TEXT_LENGTH = 500

LABELS = {
    "start_time": "Started",
    "end_time": "Ended",
    "duration": "Duration",
    "user_id": "User",
    "source": "Source",
    "status": "Status",
    "experiment": "Experiment",
    "run_id": "Run id",
}
USUAL = ("start_time", "duration", "user_id", "source")

Cells = Mapping[int, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `key` names it in the address, `label` in its head; `kind` is "" for what is known of every run."""

    key: str
    label: str
    kind: str

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers, set to the right."""
        return self.kind == "metrics" or self.key == "duration"


@dataclass(slots=True)
class Logged:
    """What runs have logged: run → key → text, by kind of column."""

    params: Cells = field(default_factory=dict)
    metrics: Cells = field(default_factory=dict)
    tags: Cells = field(default_factory=dict)

    def of(self, kind: str) -> Cells:
        """The values of one kind."""
        return {"params": self.params, "metrics": self.metrics, "tags": self.tags}[kind]


def column(key: str) -> Column:
    """The column that an address names: `start_time`, `params.lr`, `metrics.loss`, `tags.team`."""
    kind, dot, label = key.partition(".")
    return Column(key, label, kind) if dot else Column(key, LABELS[key], "")


def metric_text(value: float, is_nan: bool) -> str:
    """A logged value as tables show it."""
    return "NaN" if is_nan else number_text(value)


def logged_of(repository: Repository, runs: Sequence[int], keys: Iterable[str]) -> Logged:
    """The values that runs have for the columns with these keys, and the tags that every table needs."""
    names: dict[str, list[str]] = {kind: [] for kind in LOGGED}
    for key in keys:
        found = column(key)
        if found.kind:
            names[found.kind].append(found.label)
    return Logged(
        params=_words("tracking_param", runs, names["params"]),
        metrics=_numbers(repository, runs, names["metrics"]),
        tags=_words("tracking_runtag", runs, [*_KNOWN_TAGS, *names["tags"]]),
    )


def _words(table: str, runs: Sequence[int], names: Sequence[str]) -> Cells:
    if not names or not runs:
        return {}
    of_runs, runs_value = sql.among("run_id", list(runs))
    of_names, names_value = sql.among("key", list(names))
    statement = f"SELECT run_id, key, SUBSTR(value, 1, {TEXT_LENGTH}) FROM {table} WHERE {of_runs} AND {of_names}"
    return _by_run(sql.rows(statement, (runs_value, names_value)))


def _numbers(repository: Repository, runs: Sequence[int], names: Sequence[str]) -> Cells:
    if not names or not runs:
        return {}
    of_names, names_value = sql.among("name", list(names))
    keys: dict[int, str] = dict(
        sql.rows(
            f"SELECT id, name FROM tracking_metrickey WHERE repository_id = ? AND {of_names}",
            (repository.pk, names_value),
        )
    )
    of_runs, runs_value = sql.among("run_id", list(runs))
    of_keys, keys_value = sql.among("key_id", list(keys))
    statement = f"SELECT run_id, key_id, value, is_nan FROM tracking_latestmetric WHERE {of_runs} AND {of_keys}"
    rows = sql.rows(statement, (runs_value, keys_value)) if keys else []
    return _by_run((run, keys[key], metric_text(value, bool(is_nan))) for run, key, value, is_nan in rows)


def _by_run(values: Iterable[tuple[int, str, str]]) -> Cells:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for run, key, text in values:
        found[run][key] = text
    return found


def sampled_keys(runs: Sequence[int]) -> dict[str, list[str]]:
    """Keys that the first of the runs have logged, by kind, the most common first: not all there are."""
    if not runs:
        return {kind: [] for kind in LOGGED}
    metrics = (
        "SELECT 'metrics', k.name FROM (SELECT key_id FROM tracking_latestmetric WHERE run_id = ? "
        f"LIMIT {SAMPLED_KEYS}) x JOIN tracking_metrickey k ON k.id = x.key_id"
    )
    words = "SELECT '{}', x.key FROM (SELECT key FROM {} WHERE run_id = ? LIMIT {}) x"
    each = [
        metrics,
        words.format("params", "tracking_param", SAMPLED_KEYS),
        words.format("tags", "tracking_runtag", SAMPLED_KEYS),
    ]
    looked = list(runs[:SAMPLED_RUNS])
    rows = sql.rows(" UNION ALL ".join(each * len(looked)), [run for run in looked for _ in each])
    counts = {kind: Counter(key for of_kind, key in rows if of_kind == kind) for kind in LOGGED}
    return {
        kind: sorted((key for key in counted if not _is_own(kind, key)), key=lambda key: (-counted[key], key))
        for kind, counted in counts.items()
    }


def _is_own(kind: str, key: str) -> bool:
    """What clients log by themselves."""
    return (kind == "tags" and key.startswith(OWN)) or (kind == "metrics" and key.startswith(SYSTEM))


def candidates(runs: Sequence[int]) -> list[str]:
    """Keys of columns that may be worth showing for these runs."""
    found = sampled_keys(runs)
    return [f"{kind}.{key}" for kind in ("metrics", "params") for key in found[kind][:CANDIDATES]]


def default_columns(offered: Iterable[str], logged: Logged, runs: int) -> list[Column]:
    """The metrics and parameters in which the runs differ; all metrics while there is little to compare.

    `offered` are their keys, the most common first: these are shown where there are too many.
    """
    shown: list[Column] = []
    columns = [column(key) for key in offered]
    for kind in ("metrics", "params"):
        of_kind = [each for each in columns if each.kind == kind]
        differing = [each for each in of_kind if runs < 2 or differs(logged.of(kind), each.label, runs)]
        chosen = (differing or (of_kind if kind == "metrics" else []))[:DEFAULT_EACH]
        shown += sorted(chosen, key=lambda each: each.label)
    return shown


def differs(cells: Cells, key: str, runs: int) -> bool:
    """Whether some of so many runs have another value than others, or none."""
    values = [of_run[key] for of_run in cells.values() if key in of_run]
    return 0 < len(values) < runs or len(set(values)) > 1


def in_order(columns: Sequence[Column], state: TableState, logged: Logged, runs: int) -> list[Column]:
    """The columns that are shown: pinned ones first, those that say nothing left out where that is asked for."""
    pinned = [column(key) for key in state.pinned]
    known = {each.key for each in pinned}
    shown = [*pinned, *(each for each in columns if each.key not in known)]
    return [each for each in shown if not _is_dull(each, state, logged, runs)]


def _is_dull(shown: Column, state: TableState, logged: Logged, runs: int) -> bool:
    if not shown.kind or not state.hides or runs == 0:
        return False
    cells = logged.of(shown.kind)
    if not any(shown.label in of_run and of_run[shown.label] != "" for of_run in cells.values()):
        return "empty" in state.hides
    return "constant" in state.hides and runs > 1 and not differs(cells, shown.label, runs)


def find_columns(repository: Repository, runs: Sequence[int], words: str) -> dict[str, list[Column]]:
    """Columns whose keys hold the words, by kind, at most MOST_FOUND of each; without words what the runs have logged.

    All metrics of the repository are looked through, and the parameters and tags of the runs given.
    """
    wanted = words.lower().split()
    looked = list(runs[:LOOKED_THROUGH])
    if wanted:
        found = {
            "metrics": _metric_names(repository, wanted),
            "params": _keys_of("tracking_param", looked, wanted),
            "tags": _keys_of("tracking_runtag", looked, wanted),
        }
    else:
        found = {kind: sorted(keys) for kind, keys in sampled_keys(looked).items()}
    return {kind: [column(f"{kind}.{key}") for key in found[kind][:MOST_FOUND]] for kind in LOGGED}


def _holding(name: str, wanted: Sequence[str]) -> str:
    find = "STRPOS" if sql.is_postgres() else "INSTR"
    return " AND ".join([f"{find}(LOWER({name}), ?) > 0"] * len(wanted))


def _metric_names(repository: Repository, wanted: Sequence[str]) -> list[str]:
    rows = sql.rows(
        f"SELECT name FROM tracking_metrickey WHERE repository_id = ? AND {_holding('name', wanted)} "
        f"ORDER BY LENGTH(name), name LIMIT {MOST_FOUND}",
        (repository.pk, *wanted),
    )
    return [row[0] for row in rows]


def _keys_of(table: str, runs: Sequence[int], wanted: Sequence[str]) -> list[str]:
    of_runs, value = sql.among("run_id", list(runs))
    rows = sql.rows(
        f"SELECT DISTINCT key FROM {table} WHERE {of_runs} AND {_holding('key', wanted)} ORDER BY key "
        f"LIMIT {MOST_FOUND}",
        (value, *wanted),
    )
    return [row[0] for row in rows]
