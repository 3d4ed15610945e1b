"""Makes and deletes branches and tags, and chooses the default branch."""

from __future__ import annotations

import contextlib
from pathlib import Path

from django.db import transaction

from accounts.actor import Actor
from accounts.levels import Level
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound
from repos.access import level_for
from repos.git import commits, names, objects, refs
from repos.git.refs import BRANCHES, TAGS, ZERO, RefUpdate
from repos.models import Repository
from repos.paths import git_dir
from repos.services import activity, protection, pushes
from repos.services.edits import person_of


def create_branch(*, actor: Actor, repository: Repository, name: str, start: str) -> RefUpdate:
    """The branch exists and stands where `start` (branch, tag or commit id) does; recorded as a push.

    Raises Invalid for the name, NotFound for the start, Conflict when the name is taken, Forbidden by protection.
    """
    protection.check_branch(actor=actor, repository=repository, branch=_checked(name))
    return _create(actor, repository, f"{BRANCHES}{name}", _commit(repository, start))


def create_tag(*, actor: Actor, repository: Repository, name: str, start: str, message: str = "") -> RefUpdate:
    """The tag exists, annotated when there is a message. Raises like create_branch."""
    commit = _commit(repository, start)
    target = commit
    if message.strip():
        person = person_of(actor)
        target = commits.write_tag(git_dir(repository), _checked(name), commit, author=person, message=message)
    return _create(actor, repository, f"{TAGS}{_checked(name)}", target)


def delete_branch(*, actor: Actor, repository: Repository, name: str, expected: str = "") -> RefUpdate:
    """The branch is gone; its commits stay until git collects them. Raises NotFound, Conflict, Forbidden.

    The default branch and branches whose protection says so are kept, as is one that does not stand at the commit
    `expected`, if that is given.
    """
    if name == repository.default_branch:
        raise Conflict(
            f"{name} is the default branch.", next_step="Choose another default branch in the settings first."
        )
    rule = protection.rule_for(repository.protected_branches.all(), name)
    if not rule.allow_delete or level_for(actor, repository) < rule.push_level:
        raise Forbidden(f"{name} is protected and cannot be deleted.")
    return _delete(actor, repository, f"{BRANCHES}{name}", expected)


def delete_tag(*, actor: Actor, repository: Repository, name: str) -> RefUpdate:
    """The tag is gone. Raises NotFound, Conflict."""
    return _delete(actor, repository, f"{TAGS}{name}")


def set_default_branch(*, actor: Actor, repository: Repository, name: str) -> None:
    """Clones check out this branch, and pages show it first; raises Invalid when there is no such branch."""
    folder = git_dir(repository)
    if refs.snapshot(folder).get(f"{BRANCHES}{name}") is None:
        raise Invalid(f"There is no branch {name}.", field="default_branch")
    if name == repository.default_branch:
        return
    with transaction.atomic():
        data = {"from": repository.default_branch, "to": name}
        repository.default_branch = name
        repository.save(update_fields=["default_branch"])
        activity.record(actor=actor, repository=repository, verb="changed default branch", subject=name, data=data)
        refs.set_head(folder, name)


def may_delete(level: Level, repository: Repository, names_: list[str]) -> set[str]:
    """Those of the branches that somebody with `level` may delete."""
    rows = list(repository.protected_branches.all())
    rules = {name: protection.rule_for(rows, name) for name in names_ if name != repository.default_branch}
    return {name for name, rule in rules.items() if rule.allow_delete and level >= max(Level.WRITE, rule.push_level)}


def _checked(name: str) -> str:
    if not names.is_branch_name(name):
        raise Invalid(
            f"“{name}” cannot be the name of a branch or tag.",
            field="name",
            next_step="Use letters, digits, hyphens, dots and slashes.",
        )
    return name


def _commit(repository: Repository, start: str) -> str:
    try:
        place = objects.resolve(git_dir(repository), start)
    except objects.Missing:
        raise NotFound(f"There is no branch, tag or commit {start}.", field="start") from None
    if place.path:
        raise NotFound(f"There is no branch, tag or commit {start}.", field="start")
    return place.commit


def _create(actor: Actor, repository: Repository, ref: str, target: str) -> RefUpdate:
    update = RefUpdate(ref, ZERO, target)
    try:
        commits.create_ref(git_dir(repository), ref.encode(), target)
    except commits.Taken:
        raise Conflict(
            f"{update.name} exists already, or a name that stands in its way.",
            field="name",
            next_step="Choose another name.",
        ) from None
    pushes.record_push(actor=actor, repository=repository, updates=[update])
    return update


def _delete(actor: Actor, repository: Repository, ref: str, expected: str = "") -> RefUpdate:
    folder = git_dir(repository)
    old = refs.snapshot(folder).get(ref)
    if old is not None and expected and old != expected:
        raise Conflict(f"{ref.removeprefix(BRANCHES)} has newer commits; it was kept.", next_step="Look at it again.")
    update = RefUpdate(ref, old or ZERO, ZERO)
    if old is None:
        raise NotFound(f"There is no {update.name} any more.")
    try:
        _delete_as_named(folder, ref, old)
    except commits.Taken:
        raise Conflict(f"{update.name} moved meanwhile; it was kept.", next_step="Look at it again.") from None
    pushes.record_push(actor=actor, repository=repository, updates=[update])
    return update


def _delete_as_named(folder: Path, ref: str, old: str) -> None:
    """Delete the ref that pages show by this text. Raises Taken when it has moved."""
    # SECURITY: `ma%69n` is a name of its own. Reading it as `main` would delete a branch that the rules, asked for
    # the other name, protect; only bytes which are shown by this very text are meant.
    meant = [raw for raw in names.readings(ref) if names.as_text(raw) == ref]
    for raw in meant[:-1]:
        with contextlib.suppress(commits.Taken):
            commits.delete_ref(folder, raw, old)
            return
    commits.delete_ref(folder, meant[-1], old)
