"""Protected branches: what a rule allows whom, asked by pushes, by commits from the browser and by merges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from accounts.actor import Actor
from accounts.levels import Level
from hub.lib.errors import Forbidden
from repos.access import level_for
from repos.git.receive import Command, Refusal
from repos.git.refs import PULLS, RefUpdate
from repos.models import ProtectedBranch, Repository

WHO: dict[int, str] = {
    Level.WRITE: "writers",
    Level.ADMIN: "administrators",
    ProtectedBranch.NOBODY: "nobody",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """All rules that match one branch, taken together: the strictest of each kind holds."""

    push_level: int = Level.WRITE
    allow_force: bool = True
    allow_delete: bool = True


@dataclass(frozen=True, slots=True)
class MergeRule:
    """What a pull request into a branch needs, all rules that match taken together; without any it needs nothing."""

    merge_level: int = Level.WRITE
    approvals: int = 0
    code_owners: bool = False
    dismiss_stale: bool = False
    no_requested_changes: bool = False
    no_open_threads: bool = False
    up_to_date: bool = False
    checks: tuple[str, ...] = ()
    is_protected: bool = False


@dataclass(slots=True)
class Verdict:
    """What is refused at once (`locked`), and what must not lose history (`forward_only`), by ref."""

    locked: dict[bytes, Refusal] = field(default_factory=dict)
    forward_only: dict[bytes, Refusal] = field(default_factory=dict)


def rule_for(rows: Iterable[ProtectedBranch], branch: str) -> Rule:
    """The rule for one branch among a repository's rows."""
    matching = _matching(rows, branch)
    return Rule(
        push_level=max((row.push_level for row in matching), default=Level.WRITE),
        allow_force=all(row.allow_force for row in matching),
        allow_delete=all(row.allow_delete for row in matching),
    )


def merge_rule_for(rows: Iterable[ProtectedBranch], branch: str) -> MergeRule:
    """What merging into one branch needs among a repository's rows: the strictest of each kind."""
    matching = _matching(rows, branch)
    if not matching:
        return MergeRule()
    return MergeRule(
        merge_level=max(row.merge_level for row in matching),
        approvals=max(row.required_approvals for row in matching),
        code_owners=any(row.require_code_owners for row in matching),
        dismiss_stale=any(row.dismiss_stale_approvals for row in matching),
        no_requested_changes=any(row.block_on_requested_changes for row in matching),
        no_open_threads=any(row.block_on_open_threads for row in matching),
        up_to_date=any(row.require_up_to_date for row in matching),
        checks=tuple(sorted({check for row in matching for check in row.required_checks})),
        is_protected=True,
    )


def judge(*, actor: Actor, repository: Repository, commands: Iterable[Command]) -> Verdict:
    """Decide on each ref of a push what can be decided without its objects."""
    rows = list(repository.protected_branches.all())
    level = level_for(actor, repository)
    verdict = Verdict()
    for command in commands:
        update = command.update
        if update.branch is None:
            # SECURITY: what was reviewed must not change behind a pull request's back.
            if update.ref.lower().startswith(PULLS):
                verdict.locked[command.ref] = _kept(update)
            continue
        rule = rule_for(rows, update.branch)
        refusal = _refusal(repository, update, rule, level)
        if refusal is not None:
            verdict.locked[command.ref] = refusal
        elif not rule.allow_force and not update.is_creation and not update.is_deletion:
            verdict.forward_only[command.ref] = _rewritten(update)
    return verdict


def check_branch(*, actor: Actor, repository: Repository, branch: str) -> None:
    """Raise Forbidden when a rule keeps the actor from adding commits to a branch; expects write access."""
    rule = rule_for(repository.protected_branches.all(), branch)
    if level_for(actor, repository) < rule.push_level:
        raise Forbidden(
            f"{branch} is a protected branch: only {WHO[rule.push_level]} may change it."
            if rule.push_level != ProtectedBranch.NOBODY
            else f"{branch} is a protected branch: nobody may change it directly.",
            next_step="Commit to another branch.",
        )


def _matching(rows: Iterable[ProtectedBranch], branch: str) -> list[ProtectedBranch]:
    # SECURITY: compared without case, since `Main` and `main` are one file on some disks.
    name = branch.lower()
    return [row for row in rows if fnmatchcase(name, row.pattern.lower())]


def _kept(update: RefUpdate) -> Refusal:
    message = f"{update.ref} belongs to a pull request. It stays as it was.\nPush to the branch of the pull request."
    return Refusal("held by the hub", message)


def _refusal(repository: Repository, update: RefUpdate, rule: Rule, level: Level) -> Refusal | None:
    name = update.branch
    if level < rule.push_level:
        who = WHO[rule.push_level]
        message = f"{name} is protected: {who} may push to it. It stays as it was.\nPush to another branch."
        return Refusal(f"protected branch: {who} may push", message)
    if not update.is_deletion:
        return None
    if not rule.allow_delete:
        message = f"{name} is protected and cannot be deleted. It stays as it was."
        return Refusal("protected branch: no deletion", message)
    if name == repository.default_branch:
        message = f"{name} is the default branch. Choose another one in the settings, then delete it."
        return Refusal("default branch: no deletion", message)
    return None


def _rewritten(update: RefUpdate) -> Refusal:
    message = (
        f"{update.branch} is protected: a push may add to its history, not replace it. It stays as it was.\n"
        "Fetch, then merge or rebase your work onto it, or push to another branch."
    )
    return Refusal("protected branch: no force push", message)
