"""Branches and tags for lists and menus."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from django.core.cache import cache

from repos.git import compare, listing
from repos.git.compare import Distance
from repos.git.listing import RefRow
from repos.models import Repository
from repos.paths import git_dir

IN_MENU = 40


@dataclass(frozen=True, slots=True)
class RefsMenu:
    """Names for the menu that switches between refs; the counts tell when it does not hold them all."""

    branches: list[str]
    tags: list[str]
    branch_count: int
    tag_count: int


@dataclass(frozen=True, slots=True)
class BranchRow:
    """A branch in the list of branches."""

    ref: RefRow
    distance: Distance | None
    is_default: bool
    is_protected: bool


def refs_menu(repository: Repository, current: str = "") -> RefsMenu:
    """The first branches and tags by name, with the default branch and the current ref always among them."""
    branches, tags = listing.ref_names(git_dir(repository))
    first = [name for name in dict.fromkeys((repository.default_branch, current)) if name in branches]
    others = [name for name in branches if name not in first]
    shown_tags = tags[::-1][:IN_MENU]
    if current in tags and current not in shown_tags:
        shown_tags.insert(0, current)
    return RefsMenu((first + others)[:IN_MENU], shown_tags, len(branches), len(tags))


def matching(rows: list[RefRow], words: str) -> list[RefRow]:
    """Those whose names hold the words."""
    return [row for row in rows if words.lower() in row.name.lower()]


def branch_rows(repository: Repository, refs: list[RefRow], base: str) -> list[BranchRow]:
    """The branches with their distance from the commit `base`, counted once for each pair of commits."""
    protected = protected_names(repository, [row.name for row in refs])
    distances = _distances(repository, base, [row.commit for row in refs]) if base else {}
    return [
        BranchRow(row, distances.get(row.commit), row.name == repository.default_branch, row.name in protected)
        for row in refs
    ]


def _distances(repository: Repository, base: str, heads: list[str]) -> dict[str, Distance]:
    keys = {head: f"distance:{repository.pk}:{base}:{head}" for head in dict.fromkeys(heads)}
    kept = cache.get_many(keys.values())
    known = {head: kept[key] for head, key in keys.items() if key in kept}
    found = compare.distances(git_dir(repository), base, [head for head in keys if head not in known])
    cache.set_many({keys[head]: distance for head, distance in found.items()})
    return {**known, **found}


def protected_names(repository: Repository, names: list[str]) -> set[str]:
    """Those of the branches that a rule of the repository matches."""

    patterns = [row.pattern.lower() for row in repository.protected_branches.all()]
    return {name for name in names if any(fnmatchcase(name.lower(), pattern) for pattern in patterns)}
