"""Pull requests for tests."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.actor import Actor
from accounts.models import User
from collab.models import PullRequest
from collab.services.pulls import open_pull
from repos.git.commits import Change, Put, Remove
from repos.git.refs import branch_tip
from repos.models import Repository
from repos.paths import git_dir
from repos.services.edits import commit_changes

Files = Mapping[str, bytes | str | None]


def put(
    repo: Repository, author: User, files: Files, *, branch: str = "main", start: str = "", message: str = ""
) -> str:
    """One commit on a branch, made from `start` if that is given; None deletes a file. The commit's id."""
    changes: list[Change] = [
        Remove(path.encode()) if content is None else Put(path.encode(), _bytes(content))
        for path, content in files.items()
    ]
    new = bool(start) and branch_tip(git_dir(repo), branch) is None
    return commit_changes(
        actor=Actor(user=author),
        repository=repo,
        branch=start if new else branch,
        new_branch=branch if new else "",
        changes=changes,
        message=message or f"Change {', '.join(files)}",
    ).new


def make_pull(
    repo: Repository,
    author: User,
    *,
    title: str = "Polish the stones",
    body: str = "",
    branch: str = "feature",
    base: str = "main",
    files: Files | None = None,
    draft: bool = False,
) -> PullRequest:
    """An open pull request within a repository: `branch` adds `files` in one commit to `base`, made when missing.

    Its author must be able to write there.
    """
    if branch_tip(git_dir(repo), base) is None:
        put(repo, author, {"README.md": "# Stones\n"}, branch=base)
    put(repo, author, files or {f"{branch}.txt": "one\ntwo\nthree\n"}, branch=branch, start=base)
    return open_pull(
        actor=Actor(user=author),
        repository=repo,
        head_repository=repo,
        head_branch=branch,
        base_branch=base,
        title=title,
        body=body,
        draft=draft,
    )


def _bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content
