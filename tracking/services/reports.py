"""Writes a report: one commit made through the repository's own edits, recorded as a push."""

from __future__ import annotations

from accounts.actor import Actor
from hub.lib.errors import Invalid, TooLarge
from repos.git import names
from repos.git.commits import Put
from repos.git.refs import RefUpdate
from repos.models import Repository
from repos.services.edits import commit_changes
from tracking.reports.document import LONGEST
from tracking.selectors.reports import path_of


def save_report(
    *,
    actor: Actor,
    repository: Repository,
    branch: str,
    name: str,
    text: str,
    seen: str,
    message: str = "",
    new_branch: str = "",
) -> RefUpdate:
    """The report holds `text` by one commit on `branch`, or on `new_branch` made from it; what moved.

    `seen` is the id of the blob that the writer started from, "" for a new report. Raises Conflict when the report was
    changed meanwhile or exists already, TooLarge, and what repos.services.edits.commit_changes raises. Nothing has
    changed then.
    """
    path = path_of(name).encode("utf-8", "replace")
    if "/" in name or not names.is_plain_path(path):
        raise Invalid("A report is called like a file: letters, digits, spaces, dots and dashes.", field="name")
    data = text.replace("\r\n", "\n").encode("utf-8", "replace")
    if len(data) > LONGEST:
        raise TooLarge(f"A report has at most {LONGEST // 1024} KiB; this has {len(data) // 1024}.", field="content")
    if data and not data.endswith(b"\n"):
        data += b"\n"
    return commit_changes(
        actor=actor,
        repository=repository,
        branch=branch,
        changes=[Put(path, data, expected=seen)],
        message=message or f"{'Update' if seen else 'Add'} report {name}",
        new_branch=new_branch,
    )
