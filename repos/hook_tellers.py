"""What this room tells webhooks: pushes, branches and tags, and what happens to the repository itself."""

from __future__ import annotations

from typing import Any

from repos import hook_events
from repos.git import history
from repos.git.objects import Missing
from repos.git.process import GitError
from repos.git.refs import BRANCHES
from repos.hook_events import HookEvent, Telling
from repos.models import Activity, Repository
from repos.paths import git_dir
from repos.records import commit_record, person_record, repository_record

MOST_COMMITS = 20
NOTHING = "0" * 40
GROUP = "Code"

EVENTS = (
    HookEvent("push", "Push", "Commits arrive on a branch or a tag, by git or in the browser.", GROUP),
    HookEvent("create", "Branch or tag made", "A branch or tag is made.", GROUP),
    HookEvent("delete", "Branch or tag deleted", "A branch or tag is deleted.", GROUP),
    HookEvent("repository", "Repository", "It is renamed, moved, or its visibility changes.", GROUP),
)
_MOVES = ("created branch", "created tag", "deleted branch", "deleted tag", "pushed", "moved tag")
_CHANGES = {"changed visibility": "visibility", "moved repository": "renamed", "changed default branch": "edited"}


def offer() -> None:
    """Offer all of it; called at start."""
    hook_events.offer(EVENTS, _MOVES, _moved)
    hook_events.offer((), _CHANGES, _changed)


def _moved(activity: Activity, address: str) -> Telling | None:
    repository = activity.repository
    if repository is None or "ref" not in activity.data:
        return None
    if activity.verb.startswith("created"):
        return _made(activity, repository, address)
    if activity.verb.startswith("deleted"):
        return _deleted(activity, repository, address)
    return _pushed(activity, repository, address)


def _made(activity: Activity, repository: Repository, address: str) -> Telling:
    kind = "branch" if activity.data["ref"].startswith(BRANCHES) else "tag"
    payload = {
        **_frame(activity, repository, address),
        "ref": activity.subject,
        "ref_type": kind,
        "sha": activity.data.get("new", ""),
    }
    page = f"{address}/{repository.full_name}"
    return Telling(
        "create", "", payload, f"{kind} {activity.subject} made", page, tone="info", branch=_branch(activity)
    )


def _deleted(activity: Activity, repository: Repository, address: str) -> Telling:
    kind = "branch" if activity.data["ref"].startswith(BRANCHES) else "tag"
    payload = {
        **_frame(activity, repository, address),
        "ref": activity.subject,
        "ref_type": kind,
        "pusher_type": "user",
    }
    page = f"{address}/{repository.full_name}/branches"
    return Telling("delete", "", payload, f"{kind} {activity.subject} deleted", page, branch=_branch(activity))


def _pushed(activity: Activity, repository: Repository, address: str) -> Telling:
    data, page = activity.data, f"{address}/{repository.full_name}"
    old, new = data.get("old") or NOTHING, data.get("new") or NOTHING
    commits = _commits(repository, old, new)
    total = data.get("commits", len(commits))
    records = [commit_record(commit, page) for commit in commits]
    compare = f"{page}/compare/{old}...{new}" if NOTHING not in (old, new) else f"{page}/commit/{new}"
    payload = {
        "ref": data["ref"],
        "before": old,
        "after": new,
        "compare_url": compare,
        "forced": bool(data.get("forced")),
        "commits": records,
        "total_commits": total,
        "head_commit": records[0] if records else None,
        **_frame(activity, repository, address),
    }
    payload["pusher"] = payload["sender"]
    verb = "force-pushed" if data.get("forced") else "pushed"
    title = f"{total} commit{'' if total == 1 else 's'} {verb} to {activity.subject}"
    text = "\n".join(f"{commit.short} {commit.subject}" for commit in commits[:5])
    return Telling("push", "", payload, title, compare, text=text, tone="info", branch=_branch(activity))


def _commits(repository: Repository, old: str, new: str) -> list[history.Commit]:
    """The latest commits that a push brought, newest first; none when they are gone already."""
    if new == NOTHING:
        return []
    try:
        span = new if old == NOTHING else f"{old}..{new}"
        return history.log(git_dir(repository), span, limit=MOST_COMMITS)
    except (GitError, Missing):
        return []


def _changed(activity: Activity, address: str) -> Telling | None:
    repository = activity.repository
    if repository is None:
        return None
    payload = {
        "action": _CHANGES[activity.verb],
        **_frame(activity, repository, address),
        "changes": activity.data,
    }
    title = f"{activity.verb}: {activity.subject}" if activity.subject else activity.verb
    return Telling("repository", _CHANGES[activity.verb], payload, title, f"{address}/{repository.full_name}")


def _frame(activity: Activity, repository: Repository, address: str) -> dict[str, Any]:
    return {
        "repository": repository_record(repository, address),
        "sender": person_record(activity.user, address),
    }


def _branch(activity: Activity) -> str:
    ref = str(activity.data.get("ref", ""))
    return ref.removeprefix(BRANCHES) if ref.startswith(BRANCHES) else ""
