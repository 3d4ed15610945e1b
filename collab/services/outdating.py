"""Keeps threads of a review on their lines while the branch moves, or calls them outdated when those were changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.actor import ANONYMOUS, Actor
from collab.models import PullRequest, Thread
from collab.selectors.threads_of_change import CHANGE
from collab.services.reviews import head_moved
from repos.git import names
from repos.git.diffs import EMPTY_TREE, changed_files
from repos.git.moved_lines import Moved, moved
from repos.git.process import GitError
from repos.paths import git_dir


def move_threads(pull: PullRequest, old_head: str, new_head: str, *, actor: Actor = ANONYMOUS) -> None:
    """The head of a pull request has moved, or its merge base: threads stand on their lines or are outdated.

    `pull` holds the new merge base. Reviews of an earlier head are stale. Each thread knows the commit in which its
    lines were counted, so that nothing depends on every step having been seen; excerpts stay as they were. A history
    that git cannot read leaves the threads where they are.
    """
    with transaction.atomic():
        if old_head != new_head:
            head_moved(actor=actor, pull=pull, head=new_head, dismisses=_dismisses(pull))
    threads = list(Thread.objects.filter(topic=pull.topic_id, subject=CHANGE, is_outdated=False))
    if not threads:
        return
    folder = git_dir(pull.repository)
    targets = {"new": new_head, "old": pull.merge_base}
    try:
        for (commit, side), some in _grouped(threads).items():
            if commit and commit != targets[side]:
                _follow(folder, some, commit, targets[side])
        _settle_paths(folder, pull, new_head)
    except GitError:
        return


def _dismisses(pull: PullRequest) -> bool:
    """Whether a rule of the base branch lets approvals count for the commit alone that they were given to."""
    name = pull.base_branch.lower()
    rules = pull.repository.protected_branches.filter(dismiss_stale_approvals=True)
    return any(fnmatchcase(name, rule.pattern.lower()) for rule in rules)


def _grouped(threads: Iterable[Thread]) -> dict[tuple[str, str], list[Thread]]:
    found: dict[tuple[str, str], list[Thread]] = defaultdict(list)
    for thread in threads:
        found[thread.commit, "old" if thread.place.get("side") == "old" else "new"].append(thread)
    return found


def _follow(folder: Path, threads: list[Thread], commit: str, target: str) -> None:
    raws = {thread.pk: raw_path(thread.place.get("was", thread.key)) for thread in threads}
    fates = moved(folder, commit, target, [raw for raw in raws.values() if raw is not None]) if target else {}
    for thread in threads:
        raw = raws[thread.pk]
        placed = placed_by(fates[raw], thread.place) if raw in fates else None
        if placed is None:
            thread.is_outdated = True
            continue
        path, thread.place = placed
        thread.commit = target
        if "was" in thread.place:
            thread.place["was"] = path
        elif thread.place.get("side") != "old":
            thread.key = path
    Thread.objects.bulk_update(threads, ["key", "place", "commit", "is_outdated"])


def placed_by(fate: Moved, place: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Path and place after a change of the file; None when the lines are not there any more."""
    if fate.path is None:
        return None
    path = names.as_text(fate.path)
    if "line" not in place:
        return path, place
    span = fate.lines(place.get("start", place["line"]), place["line"])
    return (path, {**place, "start": span[0], "line": span[1]}) if span else None


def _settle_paths(folder: Path, pull: PullRequest, head: str) -> None:
    """Threads are kept by the path that the page shows; those of a file that does not differ any more have no place."""
    changes = changed_files(folder, pull.merge_base or EMPTY_TREE, head, counts=False)
    now = {each.old_path_text: each.path_text for each in changes} | {
        each.path_text: each.path_text for each in changes
    }
    threads = list(Thread.objects.filter(topic=pull.topic_id, subject=CHANGE, is_outdated=False))
    for thread in threads:
        thread.is_outdated = thread.key not in now
        thread.key = now.get(thread.key, thread.key)
    Thread.objects.bulk_update(threads, ["key", "is_outdated"])


def raw_path(path: str) -> bytes | None:
    """The bytes of a path that was kept as text; None for what no path can be."""
    return next((raw for raw in names.readings(path) if names.as_text(raw) == path and names.may_be_in_tree(raw)), None)
