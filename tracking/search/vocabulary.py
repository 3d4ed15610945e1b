"""What each search may ask about: entities and their aliases, keys, comparators, and the columns behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NoReturn

from tracking.search.errors import FilterError
from tracking.search.grammar import Name

NUMERIC = ("=", "!=", "<", "<=", ">", ">=")
TEXT = ("=", "!=", "LIKE", "ILIKE")
REGEX = ("RLIKE",)
MATCHING = ("~", "!~")
LISTED = ("IN", "NOT IN")
MISSING = ("IS NULL", "IS NOT NULL")


class Sort(Enum):
    """The kind of value behind a name."""

    TEXT = "text"
    INTEGER = "integer"  # Whole numbers; filters may compare them with fractions where `fractions` says so.
    NUMBER_IN_QUOTES = "number in quotes"  # Ids that are numbers inside and strings outside.
    METRIC = "metric"
    EXISTS = "exists"  # Any of several rows, such as the datasets of a run.


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column of the searched row itself. `column` is SQL over the aliases that the vocabulary's query uses."""

    column: str
    sort: Sort = Sort.TEXT
    comparators: tuple[str, ...] = TEXT
    nullable: bool = False
    fractions: bool = True
    values: Mapping[str, str] | None = None  # Where only some words are allowed.
    moment: bool = False  # Milliseconds since 1970, which filters may also give as a date or relative to now.
    span: bool = False  # Milliseconds, which filters may also give as 90s, 5m, 2h, 7d.


@dataclass(frozen=True, slots=True)
class Keyed:
    """Rows of another table, found by key: metrics, parameters, tags, datasets.

    `row` is SQL that finds the rows of the searched one: `FROM … WHERE …` with `{key}` where the key's test goes.
    """

    table: str
    owner: str
    sort: Sort
    comparators: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    orderable: bool = True


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one search. `outer` is the SQL for the key of the searched row."""

    subject: str
    outer: str
    attributes: Mapping[str, Attribute]
    keyed: Mapping[str, Keyed]
    aliases: Mapping[str, str]
    key_aliases: Mapping[str, str]
    orderable: frozenset[str]
    default_order: tuple[tuple[str, bool], ...]  # (key, ascending) where no order is asked for
    ties: tuple[tuple[str, bool], ...]  # what breaks the ties of an order that is
    free_words: str = ""  # The column in which words that are no filter are looked for; empty: they are an error.

    def find(self, name: Name, *, text: str = "", ordering: bool = False) -> tuple[str, str]:
        """(entity, key) in their plain spelling; entity is `attribute` for columns. Raises FilterError."""
        entity = self.aliases.get(name.entity) if name.entity else "attribute"
        if entity is None:
            valid = sorted(set(self.aliases))
            self._refuse(f"Invalid entity type '{name.entity}'. Valid values are {valid}", name, text)
        if entity == "attribute":
            key = self.key_aliases.get(name.key, name.key)
            if key not in self.attributes or (ordering and key not in self.orderable):
                valid = sorted(self.orderable if ordering else self.attributes)
                self._refuse(f"Invalid attribute key '{name.key}' specified. Valid keys are '{valid}'", name, text)
            return entity, key
        keyed = self.keyed[entity]
        if keyed.sort is Sort.EXISTS and name.key not in keyed.columns:
            valid = sorted(keyed.columns)
            self._refuse(f"Invalid {entity} key '{name.key}' specified. Valid keys are '{valid}'", name, text)
        if ordering and not keyed.orderable:
            self._refuse(f"Invalid identifier type '{entity}'", name, text)
        return entity, name.key

    def _refuse(self, message: str, name: Name, text: str) -> NoReturn:
        raise FilterError(message, text=text, position=name.position if text else None)


_WORDS = TEXT + MATCHING
_RUN_ATTRIBUTES = {
    "run_id": Attribute("r.uuid", comparators=_WORDS + LISTED),
    "run_name": Attribute("r.name", comparators=_WORDS),
    "status": Attribute("r.status", comparators=_WORDS),
    "user_id": Attribute("r.user_name", comparators=_WORDS),
    "artifact_uri": Attribute(
        "((SELECT x.artifact_location FROM tracking_experiment x WHERE x.id = r.experiment_id)"
        " || '/' || r.uuid || '/artifacts')",
        comparators=_WORDS,
    ),
    "start_time": Attribute("r.start_time", Sort.INTEGER, NUMERIC, moment=True),
    "end_time": Attribute("r.end_time", Sort.INTEGER, NUMERIC, nullable=True, moment=True),
    # As Run.duration: nothing while the run goes on, and never less than nothing.
    "duration": Attribute(
        "(CASE WHEN r.start_time <> 0 AND r.end_time <> 0 THEN "
        "CASE WHEN r.end_time > r.start_time THEN r.end_time - r.start_time ELSE 0 END END)",
        Sort.INTEGER,
        NUMERIC,
        nullable=True,
        span=True,
    ),
}

RUNS = Vocabulary(
    subject="runs",
    outer="r.id",
    attributes=_RUN_ATTRIBUTES,
    keyed={
        "metric": Keyed("tracking_latestmetric", "run_id", Sort.METRIC, NUMERIC),
        "parameter": Keyed("tracking_param", "run_id", Sort.TEXT, _WORDS + MISSING),
        "tag": Keyed("tracking_runtag", "run_id", Sort.TEXT, _WORDS + MISSING),
        "dataset": Keyed(
            "tracking_datasetinput i JOIN tracking_dataset d ON d.id = i.dataset_id",
            "i.run_id",
            Sort.EXISTS,
            _WORDS + LISTED,
            {"name": "d.name", "digest": "d.digest", "context": "i.context"},
            orderable=False,
        ),
    },
    aliases={
        **dict.fromkeys(("metric", "metrics"), "metric"),
        **dict.fromkeys(("param", "params", "parameter", "parameters"), "parameter"),
        **dict.fromkeys(("tag", "tags"), "tag"),
        **dict.fromkeys(("attribute", "attributes", "attr", "run"), "attribute"),
        **dict.fromkeys(("dataset", "datasets"), "dataset"),
    },
    key_aliases={
        "created": "start_time",
        "Created": "start_time",
        "run name": "run_name",
        "Run name": "run_name",
        "Run Name": "run_name",
    },
    orderable=frozenset(_RUN_ATTRIBUTES),
    default_order=(("start_time", False), ("run_id", True)),
    ties=(("start_time", False), ("run_id", True)),
)

RUNS_BY_HAND = replace(RUNS, free_words="r.name")
"""The same for filters that people type into a box."""

_EXPERIMENT_ATTRIBUTES = {
    "name": Attribute("e.name"),
    "experiment_id": Attribute("e.number", Sort.NUMBER_IN_QUOTES, ("=", "!=", *LISTED)),
    "creation_time": Attribute("e.created_at", Sort.INTEGER, NUMERIC, fractions=False),
    "last_update_time": Attribute("e.updated_at", Sort.INTEGER, NUMERIC, fractions=False),
}

EXPERIMENTS = Vocabulary(
    subject="experiments",
    outer="e.id",
    attributes=_EXPERIMENT_ATTRIBUTES,
    keyed={"tag": Keyed("tracking_experimenttag", "experiment_id", Sort.TEXT, TEXT + MISSING, orderable=False)},
    aliases={
        **dict.fromkeys(("attribute", "attributes", "attr"), "attribute"),
        **dict.fromkeys(("tag", "tags"), "tag"),
    },
    key_aliases={},
    orderable=frozenset(_EXPERIMENT_ATTRIBUTES),
    default_order=(("creation_time", False), ("experiment_id", True)),
    ties=(("experiment_id", False),),
)

_MODEL_ATTRIBUTES = {
    "name": Attribute("m.name", comparators=TEXT + LISTED),
    "model_id": Attribute("m.uuid", comparators=TEXT + LISTED),
    "model_type": Attribute("m.model_type", comparators=TEXT + LISTED),
    "source_run_id": Attribute("m.source_run_id", comparators=TEXT + LISTED),
    "experiment_id": Attribute(
        "(SELECT CAST(x.number AS TEXT) FROM tracking_experiment x WHERE x.id = m.experiment_id)",
        comparators=TEXT + LISTED,
    ),
    "status": Attribute(
        "m.status",
        comparators=("=", "!=", *LISTED),
        values={word: word for word in ("PENDING", "READY", "FAILED", "UNSPECIFIED")},
    ),
    "creation_timestamp": Attribute("m.created_at", Sort.INTEGER, NUMERIC),
    "last_updated_timestamp": Attribute("m.updated_at", Sort.INTEGER, NUMERIC),
}

LOGGED_MODELS = Vocabulary(
    subject="logged models",
    outer="m.id",
    attributes=_MODEL_ATTRIBUTES,
    keyed={
        "metrics": Keyed("tracking_loggedmodelmetric", "model_id", Sort.METRIC, NUMERIC),
        "params": Keyed("tracking_loggedmodelparam", "model_id", Sort.TEXT, TEXT + LISTED),
        "tags": Keyed("tracking_loggedmodeltag", "model_id", Sort.TEXT, TEXT + LISTED),
    },
    aliases={"attributes": "attribute", "metrics": "metrics", "params": "params", "tags": "tags"},
    key_aliases={"creation_time": "creation_timestamp", "last_updated_time": "last_updated_timestamp"},
    orderable=frozenset(_MODEL_ATTRIBUTES),
    default_order=(("creation_timestamp", False), ("model_id", True)),
    ties=(("creation_timestamp", False), ("model_id", True)),
)
