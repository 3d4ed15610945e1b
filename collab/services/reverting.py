"""Takes a merged pull request back: on a branch of its own, so that it can be reviewed like any change."""

from __future__ import annotations

from accounts.actor import Actor
from collab.access import check_triage
from collab.models import PullRequest
from hub.lib.errors import Conflict, NotFound
from repos.git import merging, refs
from repos.git.refs import BRANCHES, ZERO, RefMoved, RefUpdate
from repos.paths import git_dir
from repos.services import protection
from repos.services.edits import person_of
from repos.services.pushes import record_push


def revert_pull(*, actor: Actor, pull: PullRequest) -> str:
    """The branch `revert-<number>-<branch>` stands on the base, less what the pull request brought; its name.

    Needs WRITE. Raises Conflict when it is not merged, later changes are in the way or the branch exists; NotFound.
    """
    check_triage(actor, pull.repository)
    if not pull.is_merged:
        raise Conflict("It is not merged, so there is nothing to take back.")
    repo, number = pull.repository, pull.topic.number
    folder, name = git_dir(repo), f"revert-{number}-{pull.head_branch}"
    protection.check_branch(actor=actor, repository=repo, branch=name)
    tip = refs.branch_tip(folder, pull.base_branch)
    if tip is None:
        raise NotFound(f"There is no branch {pull.base_branch} any more.")
    message = f'Revert "{pull.topic.title} (#{number})"\n\nReverts {repo.full_name}#{number}'
    before, after = pull.base_commit, pull.merge_commit
    try:
        made = merging.revert(folder, tip, before=before, after=after, person=person_of(actor), message=message)
        update = RefUpdate(f"{BRANCHES}{name}", ZERO, made)
        refs.move_refs(folder, [update])
    except merging.Conflicts as found:
        raise Conflict(
            f"{found} {', '.join(found.paths[:5])}", next_step="Revert it on your machine, and push a branch."
        ) from None
    except merging.MergeRefused as refusal:
        raise Conflict(str(refusal)) from None
    except RefMoved:
        raise Conflict(f"There is a branch {name} already.", next_step="Open a pull request from it.") from None
    record_push(actor=actor, repository=repo, updates=[update])
    return name
