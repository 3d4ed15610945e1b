"""Merges pull requests: one at a time in a repository, and only if the base branch is where it was looked at."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from accounts.actor import Actor
from accounts.levels import Level
from collab import merge_places
from collab.access import check_talk
from collab.merge_places import Merging
from collab.merge_words import default_message, default_title
from collab.models import PullRequest
from collab.selectors.pulls import find_pull
from collab.selectors.standing import Standing, standing, who_may_merge
from collab.services.gates import check_gates
from collab.services.head_branch import clear_head
from collab.services.manifest_merge import data_resolver
from collab.services.merged import merge_mark, settle_merge
from collab.services.pull_state import look_again
from hub.lib.errors import Conflict, Forbidden, HubError, Invalid, Unavailable
from repos.git import merging as engine
from repos.git import refs
from repos.git.commits import Person
from repos.git.process import GitError
from repos.git.refs import BRANCHES, ZERO, RefMoved, RefUpdate
from repos.git.resolving import resolving
from repos.models import Repository
from repos.paths import git_dir
from repos.services.edits import noreply_of, person_of
from repos.services.pushes import record_push

Method = PullRequest.Method
ATTEMPTS = 6
LOCK = "hub-merge.lock"
PATIENCE = 60.0


def merge_pull(
    *,
    actor: Actor,
    pull: PullRequest,
    method: str,
    title: str = "",
    message: str = "",
    expected_head: str = "",
    delete_branch: bool | None = None,
) -> PullRequest:
    """The pull request is in its base branch, which moved in one step from a state that was looked at.

    `expected_head` is the commit that the actor saw: with another one nothing is merged. `delete_branch` None does as
    the repository's settings say. Raises Conflict when something stands in the way (it says what), Forbidden, Invalid;
    nothing has changed then.
    """
    check_talk(actor, pull.repository)
    if method not in Method.values:
        raise Invalid(f"A method is one of {', '.join(Method.values)}.", field="method")
    with _one_at_a_time(pull.repository):
        fresh = _fresh(pull)
        look_again(fresh)
        fresh = _fresh(pull)
        if fresh.topic.is_open:
            # SECURITY: what gates say of this commit may be of another pull request, held against another base.
            check_gates(fresh)
        update = _merge(actor, fresh, method, title, message, expected_head)
        is_first = settle_merge(actor=actor, pull=fresh, before=update.old, commit=update.new, method=method)
    # A job that looked in between has written down both.
    if is_first:
        record_push(actor=actor, repository=fresh.repository, updates=[update])
    else:
        fresh = _fresh(fresh)
    wanted = fresh.repository.delete_merged_branches if delete_branch is None else delete_branch
    if wanted:
        clear_head(actor=actor, pull=fresh)
    return fresh


def check_may_merge(actor: Actor, pull: PullRequest, method: str, stands: Standing) -> None:
    """Raise Forbidden or Invalid unless the actor may merge this way, once nothing stands in the way."""
    if not stands.may_merge:
        raise Forbidden(
            f"{pull.base_branch} takes merges by {who_may_merge(stands.rule)} only.",
            next_step="Ask one of them.",
        )
    if actor.ceiling(pull.repository_id) < Level.WRITE:
        raise Forbidden("This token may only read.", next_step="Use a token with write access.")
    if method not in {each.value for each in stands.methods}:
        raise Invalid(
            f"{pull.repository.full_name} does not allow this way of merging.",
            field="method",
            next_step="Choose another one.",
        )


def _merge(actor: Actor, pull: PullRequest, method: str, title: str, message: str, expected_head: str) -> RefUpdate:
    """Make the merged commit and move the base branch to it; looks again when somebody else moved it meanwhile."""
    if pull.is_merged:
        raise Conflict("It is merged already.", next_step="Load the page again.")
    if expected_head and expected_head != pull.head_commit:
        raise Conflict(
            f"The branch got new commits since you looked: it is at {pull.head_commit[:10]} now. Nothing was merged.",
            next_step="Look at them, then merge again.",
        )
    folder, words = git_dir(pull.repository), _words(pull, method, title, message)
    for attempt in range(ATTEMPTS):
        stands = standing(pull, actor)
        check_may_merge(actor, pull, method, stands)
        _check_clear(stands)
        base = refs.branch_tip(folder, pull.base_branch)
        if base is None:
            raise Conflict(f"There is no branch {pull.base_branch} any more.", next_step="Change the base.")
        if base != pull.base_commit:  # Moved since the look: conflicts, checks and distance are of another base.
            look_again(pull)
            pull.refresh_from_db()
            continue
        made = _made(actor, pull, method, base, words)
        merge_places.prepare(Merging(actor, pull, base, made))
        PullRequest.objects.filter(pk=pull.pk, merged_at=None).update(merge_method=method, merged_by=actor.user)
        update = RefUpdate(f"{BRANCHES}{pull.base_branch}", base, made)
        try:
            # Both or none: a hub that dies right now finds the mark, and knows that this was merged.
            refs.move_refs(folder, [update, RefUpdate(merge_mark(pull.topic.number), ZERO, made)])
        except RefMoved:
            time.sleep(0.05 * attempt)
            look_again(pull)
            pull.refresh_from_db()
            continue
        return update
    raise Conflict(f"{pull.base_branch} keeps moving; nothing was merged.", next_step="Try again in a moment.")


def _made(actor: Actor, pull: PullRequest, method: str, base: str, words: str) -> str:
    """The commit that the base branch moves to. Raises Conflict, Invalid, Unavailable."""
    folder, head, me = git_dir(pull.repository), pull.head_commit, person_of(actor)
    try:
        with resolving(data_resolver(pull, keeps_for=actor)):
            match Method(method):
                case Method.MERGE:
                    return engine.merge(folder, base, head, person=me, message=words)
                case Method.SQUASH:
                    return engine.squash(folder, base, head, author=_author(pull, actor), committer=me, message=words)
                case Method.REBASE:
                    return engine.rebase(folder, base, head, committer=me)
                case _:
                    return engine.fast_forward(folder, base, head)
    except engine.Conflicts as found:
        raise Conflict(f"{found} {_paths(found.paths)}", next_step="Resolve them on the branch, and push.") from None
    except engine.NotForward:
        raise Conflict(
            f"{pull.base_branch} has commits that the branch lacks: it cannot just step forward.",
            next_step="Update the branch, or merge in another way.",
        ) from None
    except engine.MergeRefused as refusal:
        raise Conflict(str(refusal), next_step="Merge in another way.") from None
    except GitError as error:
        raise Unavailable("git could not merge this now; nothing was changed.", next_step="Try again later.") from error


def _author(pull: PullRequest, actor: Actor) -> Person:
    author = pull.topic.author
    if author is None or author == actor.user:
        return person_of(actor)
    # SECURITY: who asks for a merge has not chosen to publish an address; that of the hub names them.
    return Person(author.display_name, noreply_of(author))


def _paths(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return f"{', '.join(paths[:5])}{more}."


def _words(pull: PullRequest, method: str, title: str, message: str) -> str:
    first = " ".join(title.split())[:255] or default_title(pull, method)
    rest = message.strip() if title.strip() or message.strip() else default_message(pull, method)
    return f"{first}\n\n{rest}" if rest else first


def _check_clear(stands: Standing) -> None:
    if stands.blockers:
        words = " ".join(blocker.words for blocker in stands.blockers)
        raise Conflict(words, next_step="Nothing was merged.")


def _fresh(pull: PullRequest) -> PullRequest:
    found = find_pull(pull.repository, pull.topic.number)
    if found is None:
        raise HubError("The pull request is gone.")
    return found


@contextmanager
def _one_at_a_time(repository: Repository) -> Iterator[None]:
    """Merges of a repository wait for each other, so that none is made twice; pushes do not wait for them."""
    with (git_dir(repository) / LOCK).open("w") as file:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Conflict("Another merge takes long; nothing was merged.", next_step="Try again.") from None
                time.sleep(0.05)
        yield
