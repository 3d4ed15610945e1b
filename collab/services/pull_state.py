"""Looks at a pull request again: whether its branches moved, whether it was merged elsewhere, whether it can be."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import transaction

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from collab.models import PullRequest, PullVersion, Topic
from collab.selectors.pulls import pulls
from collab.services.happening import note, tell
from collab.services.manifest_merge import data_resolver
from collab.services.merged import merge_mark, settle_merge
from collab.services.outdating import move_threads
from collab.services.pulls import bring_head, head_ref
from collab.services.review_requests import request_code_owners
from hub.lib.errors import HubError
from repos.access import level_for
from repos.git import compare, diffs, merging, refs
from repos.git.process import GitError, run
from repos.git.refs import BRANCHES, RefUpdate
from repos.git.resolving import resolving
from repos.models import Activity, Repository
from repos.paths import git_dir
from repos.services.pushes import record_push

log = structlog.get_logger()

Check = PullRequest.Check


def look_at(pull_id: int) -> PullRequest | None:
    """Look at an open pull request by its key; None when it is gone."""
    pull = pulls().filter(pk=pull_id).first()
    if pull is not None:
        pull.topic.repository = pull.repository
        look_again(pull)
    return pull


def look_again(pull: PullRequest) -> None:
    """The rows say what is true of the branches now; `pull` itself is brought up to date. Safe to do twice, or at once.

    Nothing happens to one that is closed. A branch that is gone leaves the last head in place.
    """
    if pull.is_merged or _is_marked_merged(pull) or not pull.topic.is_open:
        return
    folder = git_dir(pull.repository)
    base = refs.branch_tip(folder, pull.base_branch)
    head = _head_tip(pull)
    if head is not None and head != pull.head_commit and not _follow_head(pull, head, base):
        return
    if base is None:
        _write(pull, check_state=Check.BROKEN)
        return
    if _merged_by_push(pull, base):
        return
    if base != pull.base_commit or pull.check_state in (Check.CHECKING, Check.BROKEN):
        _judge(pull, base)


def _head_tip(pull: PullRequest) -> str | None:
    head = pull.head_repository
    return refs.branch_tip(git_dir(head), pull.head_branch) if head and git_dir(head).is_dir() else None


def _is_marked_merged(pull: PullRequest) -> bool:
    """A merge whose hub died between moving the branch and writing it down is written down now."""
    mark = merge_mark(pull.topic.number)
    commit = refs.hidden_tip(git_dir(pull.repository), mark)
    if commit is None:
        return False
    # Who merges and how was written before the mark; `pull` may have been read before that.
    pull.refresh_from_db(fields=["merge_method", "merged_by", "base_commit", "head_commit"])
    actor, method = Actor(user=pull.merged_by), pull.merge_method or PullRequest.Method.MERGE
    update = RefUpdate(f"{BRANCHES}{pull.base_branch}", pull.base_commit, commit)
    if settle_merge(actor=actor, pull=pull, before=update.old, commit=commit, method=method):
        record_push(actor=actor, repository=pull.repository, updates=[update])
    return True


def _follow_head(pull: PullRequest, head: str, base: str | None) -> bool:
    """Take in the new head of the branch; False when it cannot be, or somebody else is doing just that."""
    assert pull.head_repository is not None
    folder, old = git_dir(pull.repository), pull.head_commit
    try:
        bring_head(pull.repository, pull.head_repository, head)
        is_forced = not merging.is_ancestor(folder, old, head)
        ancestor = compare.merge_base(folder, base or pull.base_commit, head) or ""
        new_commits = 0 if is_forced else compare.distance(folder, old, head).ahead
    except (GitError, HubError) as error:
        log.warning("head_not_followed", pull=pull.pk, error=str(error))
        _write(pull, check_state=Check.BROKEN)
        return False
    actor = Actor(user=_pusher(pull.head_repository, pull.head_branch, head))
    with transaction.atomic():
        moved = PullRequest.objects.filter(pk=pull.pk, head_commit=old, merged_at=None).update(
            head_commit=head, merge_base=ancestor, check_state=Check.CHECKING
        )
        if not moved:
            return False
        pull.head_commit, pull.merge_base, pull.check_state = head, ancestor, Check.CHECKING
        refs.set_ref(folder, head_ref(pull.topic.number), head)
        last = pull.versions.order_by("-number").values_list("number", flat=True).first() or 0
        PullVersion.objects.create(
            pull=pull,
            number=last + 1,
            head_commit=head,
            base_commit=base or pull.base_commit,
            is_forced=is_forced,
            user=actor.user,
        )
        facts: dict[str, Any] = {"old": old, "new": head, "commits": new_commits, "forced": is_forced}
        note(actor=actor, topic=pull.topic, verb="pushed", **facts)
        tell(actor=actor, verb="pushed to pull request", topic=pull.topic, **facts)
        _guard_auto_merge(pull, actor)
    move_threads(pull, old, head, actor=actor)
    return True


def _guard_auto_merge(pull: PullRequest, pusher: Actor) -> None:
    """A merge that was ordered for what somebody saw is not given to what a stranger pushed since."""
    # SECURITY: without this an author without rights could push something else while the checks run.
    if pull.auto_method and level_for(pusher, pull.repository) < Level.WRITE:
        PullRequest.objects.filter(pk=pull.pk).update(auto_method="", auto_by=None)
        pull.auto_method, pull.auto_by = "", None
        note(actor=pusher, topic=pull.topic, verb="auto_merge_ended", reason="pushed by somebody who may not merge")


def _pusher(repository: Repository, branch: str, head: str) -> User | None:
    rows = Activity.objects.filter(repository=repository, subject=branch[:300]).select_related("user").order_by("-id")
    return next((row.user for row in rows[:50] if row.data.get("new") == head), None)


def _merged_by_push(pull: PullRequest, base: str) -> bool:
    """Whether somebody pushed the commits to the base branch themselves; that is a merge, too."""
    folder = git_dir(pull.repository)
    try:
        if base == pull.base_commit or not merging.is_ancestor(folder, pull.head_commit, base):
            return False
        if merging.is_ancestor(folder, pull.head_commit, pull.base_commit):
            return False  # It held them before: a base that was chosen anew, or moved back.
        path = ("rev-list", "--first-parent", "--ancestry-path", "--reverse", f"{pull.head_commit}..{base}")
        later = run(folder, *path, timeout=merging.TIMEOUT).decode().split()
    except GitError:
        return False
    on_the_way = pull.head_commit == base or not later
    commit = pull.head_commit if on_the_way else later[0]
    actor = Actor(user=_pusher(pull.repository, pull.base_branch, base))
    method = PullRequest.Method.FAST_FORWARD if on_the_way else PullRequest.Method.MERGE
    settle_merge(actor=actor, pull=pull, before=pull.base_commit, commit=commit, method=method)
    return True


def _judge(pull: PullRequest, base: str) -> None:
    """Count what it changes and try the merge; nothing is kept of that but what is said here."""
    folder = git_dir(pull.repository)
    old_ancestor = pull.merge_base
    try:
        found = _facts(pull, base)
    except GitError as error:
        log.warning("pull_not_checked", pull=pull.pk, error=str(error))
        _write(pull, base_commit=base, check_state=Check.BROKEN)
        return
    if not _write(pull, **found):
        return
    if found["merge_base"] != old_ancestor:
        move_threads(pull, pull.head_commit, pull.head_commit)
    if folder.is_dir() and found["check_state"] != Check.EMPTY:
        request_code_owners(pull)


def _facts(pull: PullRequest, base: str) -> dict[str, Any]:
    folder, head = git_dir(pull.repository), pull.head_commit
    ancestor = compare.merge_base(folder, base, head) or ""
    distance = compare.distance(folder, base, head)
    changes = diffs.changed_files(folder, ancestor or diffs.EMPTY_TREE, head)
    paths: tuple[str, ...] = ()
    state = Check.CLEAN
    if not distance.ahead:
        state = Check.EMPTY
    else:
        try:
            with resolving(data_resolver(pull)):
                paths = merging.conflicts(folder, base, head)
            state = Check.CONFLICTS if paths else Check.CLEAN
        except merging.Unrelated:
            state = Check.BROKEN
    return {
        "base_commit": base,
        "merge_base": ancestor,
        "check_state": state,
        "conflicts": list(paths),
        "additions": sum(change.additions or 0 for change in changes),
        "deletions": sum(change.deletions or 0 for change in changes),
        "changed_files": len(changes),
        "commits_count": distance.ahead,
        "behind": distance.behind,
    }


def _write(pull: PullRequest, **values: Any) -> bool:
    """Write what was found of this head; False when the head has moved meanwhile: then others look again."""
    rows = PullRequest.objects.filter(
        pk=pull.pk, head_commit=pull.head_commit, merged_at=None, topic__state=Topic.State.OPEN
    )
    if not rows.update(**values):
        return False
    for name, value in values.items():
        setattr(pull, name, value)
    return True
