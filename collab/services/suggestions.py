"""Applies what reviewers suggest: one commit on the head's branch that names them, or none when lines have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from collab.access import check_talk
from collab.models import Comment, PullRequest, Thread
from collab.selectors.suggestions import open_suggestions
from collab.services.happening import note
from collab.services.head_branch import check_push, head_tip
from collab.services.outdating import raw_path
from collab.services.places import text_lines
from collab.services.pull_state import look_at
from collab.suggested import suggestion_in
from hub.lib.errors import Conflict, HubError, Invalid, NotFound, QuotaExceeded
from repos.git import commits, tree
from repos.git.commits import Change, Put
from repos.git.moved_lines import moved
from repos.git.process import GitError
from repos.git.refs import BRANCHES, RefUpdate
from repos.paths import git_dir
from repos.services.edits import noreply_of, person_of
from repos.services.pushes import record_push, room_left

AGAIN = "Load the page again and look at what changed."


def apply_suggestions(
    *, actor: Actor, pull: PullRequest, comments: Sequence[int], title: str = "", message: str = ""
) -> RefUpdate:
    """The suggestions of these comments are one commit on the branch of the pull request; their threads are settled.

    Raises Conflict when lines were changed since, two suggestions are for the same lines, or the branch is gone;
    Forbidden, Invalid, NotFound. Nothing has changed then.
    """
    user = check_talk(actor, pull.repository, pull.topic)
    head, tip = pull.head_repository, head_tip(pull)
    if not pull.topic.is_open:
        raise Conflict("This pull request is closed: nothing can be applied to it.")
    if head is None or tip is None:
        raise Conflict("The branch is not there any more.", next_step="Its author can push it again.")
    check_push(actor, pull, head)
    chosen = _chosen(pull, comments)
    folder = git_dir(head)
    changes = _changes(folder, tip, chosen)
    room = room_left(head)
    if room is not None and sum(len(change.data) for change in changes) > room:
        raise QuotaExceeded(f"{head.owner.slug} has no room left for this commit.")
    try:
        before, after = commits.commit_to_branch(
            folder,
            pull.head_branch,
            list[Change](changes),
            author=person_of(actor),
            message=_words(title, message, chosen, user),
        )
    except commits.CommitRefused as refusal:
        raise _told(refusal) from None
    update = RefUpdate(f"{BRANCHES}{pull.head_branch}", before or tip, after)
    _settle(actor, pull, chosen, after)
    record_push(actor=actor, repository=head, updates=[update])
    look_at(pull.pk)
    return update


def _chosen(pull: PullRequest, wanted: Sequence[int]) -> list[Comment]:
    if not wanted:
        raise Invalid("No suggestion was chosen.", next_step="Choose one or more.")
    known = {each.comment.pk: each.comment for each in open_suggestions(pull)}
    missing = [pk for pk in wanted if pk not in known]
    if missing:
        raise Conflict("A suggestion was applied already, or the lines that it is for have changed.", next_step=AGAIN)
    return [known[pk] for pk in dict.fromkeys(wanted)]


def _changes(folder: Path, tip: str, chosen: Sequence[Comment]) -> list[Put]:
    """The files with the suggestions put in; raises Conflict."""
    by_file: dict[bytes, list[tuple[int, int, str]]] = defaultdict(list)
    for comment in chosen:
        thread = comment.thread
        assert thread is not None
        path, span = _place_now(folder, tip, thread)
        by_file[path].append((*span, suggestion_in(comment.body) or ""))
    return [_put(folder, tip, path, edits) for path, edits in by_file.items()]


def _place_now(folder: Path, tip: str, thread: Thread) -> tuple[bytes, tuple[int, int]]:
    raw = raw_path(thread.key)
    try:
        fate = moved(folder, thread.commit, tip, [raw])[raw] if raw is not None else None
    except GitError:
        fate = None
    span = fate.lines(thread.place.get("start", thread.place["line"]), thread.place["line"]) if fate else None
    if fate is None or fate.path is None or span is None:
        raise Conflict(
            f"The lines of {thread.key} that this suggestion is for have changed since; nothing was applied.",
            next_step=AGAIN,
        )
    return fate.path, span


def _put(folder: Path, tip: str, path: bytes, edits: list[tuple[int, int, str]]) -> Put:
    lines = text_lines(folder, tip, path)
    entry = tree.find(folder, tip, path)
    ordered = sorted(edits)
    if entry is None or (ordered and ordered[-1][1] > len(lines)):
        raise Conflict("The file has changed since; nothing was applied.", next_step=AGAIN)
    for one, other in zip(ordered, ordered[1:], strict=False):
        if other[0] <= one[1]:
            raise Conflict(
                "Two of these suggestions are for the same lines; nothing was applied.", next_step="Choose one of them."
            )
    for start, end, text in reversed(ordered):
        lines[start - 1 : end] = _as_ended(text, lines[start - 1 : end], is_last=end == len(lines))
    data = "".join(lines).encode("utf-8", "surrogateescape")
    return Put(path, data, expected=entry.id)


def _as_ended(text: str, replaced: Sequence[str], *, is_last: bool) -> list[str]:
    """The lines of a suggestion with the line ends of what they replace."""
    ending = "\r\n" if replaced[0].endswith("\r\n") else "\n"
    new = [line + ending for line in text.split("\n")[:-1]]
    if is_last and new and not replaced[-1].endswith("\n"):
        new[-1] = new[-1].removesuffix(ending)
    return new


def _words(title: str, message: str, chosen: Sequence[Comment], user: User) -> str:
    first = " ".join(title.split()) or default_title(len(chosen))
    others = {each.author.pk: each.author for each in chosen if each.author is not None and each.author.pk != user.pk}
    # SECURITY: who suggests has not chosen to publish an address; that of the hub names them.
    trailers = [
        f"Co-authored-by: {' '.join(each.display_name.split())} <{noreply_of(each)}>" for each in others.values()
    ]
    return "\n\n".join(part for part in (first, message.strip(), "\n".join(trailers)) if part)


def default_title(count: int) -> str:
    """The first line of the commit when nothing else was written."""
    return "Apply a suggestion from review" if count == 1 else f"Apply {count} suggestions from review"


@transaction.atomic
def _settle(actor: Actor, pull: PullRequest, chosen: Sequence[Comment], commit: str) -> None:
    Comment.objects.filter(pk__in=[each.pk for each in chosen]).update(applied_in=commit)
    threads = Thread.objects.filter(pk__in=[each.thread_id for each in chosen], resolved_at=None)
    threads.update(resolved_at=timezone.now(), resolved_by=actor.user)
    note(actor=actor, topic=pull.topic, verb="applied suggestions", commit=commit, count=len(chosen))


def _told(refusal: commits.CommitRefused) -> HubError:
    if isinstance(refusal, commits.Stale):
        return Conflict("The branch was changed meanwhile; nothing was applied.", next_step=AGAIN)
    if isinstance(refusal, commits.NothingChanged):
        return Invalid("The file is as the suggestion wants it already.")
    return NotFound(str(refusal)) if isinstance(refusal, commits.Taken) else Invalid(str(refusal))
