"""Turns an order into SQL: joins for metrics, parameters and tags, and terms that put what is missing last.

Metrics come as numbers, then NaN, then missing, in both directions. Ties fall to the default order of the search.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracking.search.compile import KEY_NUMBER, Asked, Setting, dataset_limit, dataset_values
from tracking.search.errors import FilterError
from tracking.search.grammar import Name
from tracking.search.vocabulary import Keyed, Sort, Vocabulary

MAX_FIELDS = 20
_quoted = re.compile(r"`[^`]*`|\"[^\"]*\"")
_entity = re.compile(r"(?P<entity>\w+|`[^`]*`|\"[^\"]*\")\.(?P<key>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Term:
    """One field to order by. `datasets` limits a logged model's metric to some datasets."""

    name: Name
    ascending: bool
    datasets: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """One expression that rows are ordered by. `sort` is None for a test, which puts what holds last."""

    column: str
    ascending: bool
    sort: Sort | None = None


@dataclass(slots=True)
class Order:
    """SQL for a FROM clause (`joins`, with their `values`) and what rows are ordered by, the weightiest key first."""

    setting: Setting
    joins: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)

    @property
    def join_text(self) -> str:
        """What follows the searched table."""
        return "".join(f" {join}" for join in self.joins)

    @property
    def term_text(self) -> str:
        """What follows ORDER BY."""
        return ", ".join(directed(key.column, key.sort, key.ascending, self.setting) for key in self.keys)


def read_terms(texts: Iterable[str]) -> list[Term]:
    """`"<name> [ASC|DESC]"` → terms; raises FilterError. A name with spaces must be in quotes or backticks."""
    return [_term(text) for text in texts]


def _term(text: str) -> Term:
    # Quoted parts may hold spaces: hide them while the direction is looked for.
    hidden = _quoted.sub(lambda match: "x" * len(match.group()), text)
    words = hidden.split()
    if not words or len(words) > 2:
        raise FilterError(f"Invalid order_by clause '{text}'. Could not be parsed.")
    ascending = True
    start = hidden.index(words[0])
    name = text[start : start + len(words[0])]
    if len(words) == 2:
        if words[1].lower() not in ("asc", "desc"):
            raise FilterError(f"Invalid ordering key in order_by clause '{text}'.")
        ascending = words[1].lower() == "asc"
    return Term(read_order_name(name), ascending)


def read_order_name(text: str) -> Name:
    """A name as orders spell it: what follows the first dot is the key, whatever it holds."""
    match = _entity.fullmatch(text)
    if match:
        return Name(_bare(match["entity"]), _bare(match["key"]), 0)
    return Name("", _bare(text), 0)


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in '`"' else text


def compile_order(terms: Sequence[Term], vocabulary: Vocabulary, setting: Setting) -> Order:
    """The order that terms stand for, closed by the tie-breakers of the search; raises FilterError."""
    if len(terms) > MAX_FIELDS:
        raise FilterError(f"`order_by` has {len(terms)} fields; at most {MAX_FIELDS} are taken.")
    order = Order(setting)
    seen: set[tuple[str, str]] = set()
    for number, term in enumerate(terms):
        entity, key = vocabulary.find(term.name, ordering=True)
        if (entity, key) in seen:
            raise FilterError(f"`order_by` contains duplicate fields: '{term.name.key}' is named twice")
        seen.add((entity, key))
        if entity == "attribute":
            _by_attribute(order, key, term.ascending, vocabulary)
        else:
            _by_key(order, f"o{number}", key, term, vocabulary, setting, vocabulary.keyed[entity])
    for key, ascending in vocabulary.ties if terms else vocabulary.default_order:
        if ("attribute", key) not in seen:
            _by_attribute(order, key, ascending, vocabulary)
    return order


def _by_attribute(order: Order, key: str, ascending: bool, vocabulary: Vocabulary) -> None:
    found = vocabulary.attributes[key]
    if found.nullable:
        order.keys.append(Key(f"({found.column} IS NULL)", True))
    order.keys.append(Key(found.column, ascending, found.sort))


def _by_key(
    order: Order, alias: str, key: str, term: Term, vocabulary: Vocabulary, setting: Setting, keyed: Keyed
) -> None:
    link = f"{alias}.{keyed.owner} = {vocabulary.outer}"
    if keyed.sort is not Sort.METRIC:
        order.joins.append(f"LEFT JOIN {keyed.table} {alias} ON {link} AND {alias}.key = ?")
        order.values.append(key)
        order.keys.append(Key(f"({alias}.value IS NULL)", True))
    elif keyed.table == "tracking_latestmetric":
        order.joins.append(f"LEFT JOIN {keyed.table} {alias} ON {link} AND {alias}.key_id = {KEY_NUMBER}")
        order.values += [setting.repository, key]
        order.keys += [Key(f"({alias}.value IS NULL)", True), Key(f"{alias}.is_nan", True)]
    else:
        order.joins.append(_latest_join(alias, link, term, keyed))
        order.values += [setting.repository, key, *dataset_values(term.datasets)]
        order.keys += [Key(f"({alias}.value IS NULL)", True), Key(f"{alias}.is_nan", True)]
    order.keys.append(Key(f"{alias}.value", term.ascending, keyed.sort))


def _latest_join(alias: str, link: str, term: Term, keyed: Keyed) -> str:
    """The latest metric row of each model, picked by a window over the rows of one key."""
    ranked = (
        f"SELECT h.{keyed.owner}, h.value, h.is_nan, ROW_NUMBER() OVER (PARTITION BY h.{keyed.owner} "
        f"ORDER BY h.step DESC, h.timestamp DESC, h.value DESC) AS place FROM {keyed.table} h "
        f"WHERE h.key_id = {KEY_NUMBER}{dataset_limit(term.datasets)}"
    )
    return f"LEFT JOIN ({ranked}) {alias} ON {link} AND {alias}.place = 1"


def directed(column: str, sort: Sort | None, ascending: bool, setting: Setting) -> str:
    """One term of an ORDER BY clause."""
    return f"{collated(column, sort, setting)} {'ASC' if ascending else 'DESC'}"


def collated(column: str, sort: Sort | None, setting: Setting) -> str:
    """The column as both databases order it alike: text by code points, not by the server's language."""
    return f'{column} COLLATE "C"' if setting.postgres and sort is Sort.TEXT else column
