"""Whom CODEOWNERS names for what a pull request changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Team, User
from collab.models import PullRequest
from repos.git import diffs, names, objects, tree
from repos.git.code_owners import MAX_BYTES, PLACES, OwnerRule, owners_of, parse
from repos.git.objects import Missing
from repos.git.process import GitError
from repos.models import Repository
from repos.paths import git_dir

SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Owned:
    """Files of a change that the same people own: one of these must approve. `paths` are the first of `count`."""

    owners: tuple[str, ...]
    paths: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class OwnerPeople:
    """The people and teams behind names of CODEOWNERS; those that nobody has are left out."""

    users: dict[str, User]
    teams: dict[str, Team]


def rules_at(repository: Repository, commit: str) -> list[OwnerRule]:
    """The rules that a commit holds; none without the file, or when it is far too large."""
    folder = git_dir(repository)
    for place in PLACES:
        try:
            entry = tree.find(folder, commit, place.encode())
        except Missing:
            return []
        if entry is not None and entry.kind == "file":
            if objects.blob_size(folder, entry.id) > MAX_BYTES:
                return []
            return parse(objects.read_blob(folder, entry.id).decode("utf-8", "replace"))
    return []


def owned_files(pull: PullRequest) -> list[Owned] | None:
    """The changed files that have owners, by owners; by the rules of the base. Kept by the commits that decide it.

    None while git cannot tell which files are changed.
    """
    key = f"owned:{pull.repository_id}:{pull.base_commit}:{pull.merge_base}:{pull.head_commit}"
    known: list[Owned] | None = cache.get(key)
    if known is not None:
        return known
    # SECURITY: the base says who must look, or a change could take its own reviewers away.
    rules = rules_at(pull.repository, pull.base_commit)
    found = _owned(rules, pull) if rules else []
    if found is not None:
        cache.set(key, found)
    return found


def _owned(rules: list[OwnerRule], pull: PullRequest) -> list[Owned] | None:
    try:
        changed = diffs.changed_files(
            git_dir(pull.repository), pull.merge_base or diffs.EMPTY_TREE, pull.head_commit, counts=False
        )
    except GitError:
        return None
    groups: dict[tuple[str, ...], list[str]] = {}
    # What is moved away from its owners concerns them as well.
    for path in dict.fromkeys(names.as_text(raw) for each in changed for raw in (each.old_path, each.new_path)):
        owners = owners_of(rules, path)
        if owners:
            groups.setdefault(owners, []).append(path)
    return [Owned(owners, tuple(paths[:SAMPLES]), len(paths)) for owners, paths in groups.items()]


def people_behind(owners: Iterable[str]) -> OwnerPeople:
    """Users by name or mail address, teams by organisation/team, all in lower case; two queries and the members."""
    wanted = {name.lower() for name in owners}
    plain, pairs = {name for name in wanted if "/" not in name}, {name for name in wanted if "/" in name}
    users: dict[str, User] = {}
    if plain:
        rows = User.objects.filter(is_active=True).annotate(low=Lower("username"), mail=Lower("email"))
        for user in rows.filter(Q(low__in=plain) | Q(mail__in=[name for name in plain if "@" in name])):
            users |= {name: user for name in (user.username.lower(), user.email.lower()) if name in plain}
    teams: dict[str, Team] = {}
    if pairs:
        slugs = {pair.partition("/")[0] for pair in pairs}
        rows_ = Team.objects.filter(organization__owner__slug__lower__in=slugs).select_related("organization__owner")
        for team in rows_.prefetch_related("members"):
            slug = team.organization.owner.slug.lower()
            for name in (f"{slug}/{team.name.lower()}", f"{slug}/{team.name.lower().replace(' ', '-')}"):
                if name in pairs:
                    teams[name] = team
    return OwnerPeople(users, teams)
