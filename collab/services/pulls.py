"""Opens pull requests and changes what they are: title and text are topic_state's, the merge is merging's."""

from __future__ import annotations

from django.db import transaction

from accounts.actor import Actor
from accounts.levels import Level
from collab.access import check_talk, may_edit
from collab.models import Kind, PullRequest, PullVersion
from collab.selectors.pulls import open_pull_between
from collab.services.happening import note, tell
from collab.services.reviews import base_changed
from collab.services.talking import take_in
from collab.services.topics import new_topic
from hub.lib.errors import Conflict, Forbidden, Invalid, NotFound
from jobs.services import enqueue
from repos.access import level_for
from repos.git import compare, refs
from repos.models import Repository
from repos.paths import git_dir
from repos.services.families import is_wider
from repos.services.forks import take_from
from repos.services.protection import merge_rule_for

LOOK = "collab.look_at_pull"
MAX_BRANCH = 255


def open_pull(
    *,
    actor: Actor,
    repository: Repository,
    head_repository: Repository,
    head_branch: str,
    base_branch: str,
    title: str,
    body: str = "",
    draft: bool = False,
    allow_edits: bool = True,
) -> PullRequest:
    """A branch (of the repository itself or of one of its family) asks to be merged into `base_branch`.

    Its commits are here then, held by refs/pull/<number>/head. Raises NotFound for a branch, Conflict when the same is
    asked already, Invalid when there is nothing to merge, Forbidden, QuotaExceeded.
    """
    check_talk(actor, repository)
    check_head(actor, repository, head_repository)
    base, head = tips(repository, base_branch, head_repository, head_branch)
    existing = open_pull_between(repository, head_repository, head_branch, base_branch)
    if existing is not None:
        raise Conflict(
            f"Pull request #{existing.topic.number} asks for the same already.",
            next_step="Push to its branch; it follows by itself.",
        )
    bring_head(repository, head_repository, head)
    folder = git_dir(repository)
    ancestor = compare.merge_base(folder, base, head) or ""
    distance = compare.distance(folder, base, head)
    if not distance.ahead:
        raise Invalid(
            f"{base_branch} holds every commit of {head_branch} already: there is nothing to merge.",
            field="head",
            next_step="Choose another branch, or commit something first.",
        )
    with transaction.atomic():
        topic = new_topic(actor=actor, repository=repository, kind=Kind.PULL, title=title, body=body)
        pull = PullRequest.objects.create(
            topic=topic,
            repository=repository,
            base_branch=base_branch,
            head_repository=head_repository,
            head_branch=head_branch,
            base_commit=base,
            head_commit=head,
            merge_base=ancestor,
            is_draft=draft,
            allow_edits=allow_edits,
            commits_count=distance.ahead,
            behind=distance.behind,
        )
        PullVersion.objects.create(pull=pull, number=1, head_commit=head, base_commit=base, user=actor.user)
        called = take_in(actor=actor, topic=topic, text=topic.body)
        tell(actor=actor, verb="opened pull request", topic=topic, mentions=called)
        enqueue(LOOK, pull.pk, queue="git")
        # A number that is rolled back is given again: whatever its ref held is replaced.
        refs.set_ref(folder, head_ref(topic.number), head)
    return pull


@transaction.atomic
def change_base(*, actor: Actor, pull: PullRequest, branch: str) -> None:
    """It asks to be merged into another branch of the repository; looked at again in the background.

    Its author and writers may. Raises NotFound, Invalid, Conflict (asked already, merged), Forbidden.
    """
    check_own(actor, pull)
    if not branch:
        raise Invalid("Choose the branch it shall be merged into.", field="base")
    _check_length(branch, "base")
    if branch == pull.base_branch:
        return
    _check_open(pull)
    head = pull.head_repository
    if head is not None and (head.pk, pull.head_branch) == (pull.repository_id, branch):
        raise Invalid("A branch cannot be merged into itself.", field="base", next_step="Choose another branch.")
    tip = refs.branch_tip(git_dir(pull.repository), branch)
    if tip is None:
        raise NotFound(f"There is no branch {branch} in {pull.repository.full_name}.", field="base")
    existing = open_pull_between(pull.repository, head, pull.head_branch, branch) if head else None
    if existing is not None:
        raise Conflict(f"Pull request #{existing.topic.number} asks for the same already.", field="base")
    old, pull.base_branch, pull.check_state = pull.base_branch, branch, PullRequest.Check.CHECKING
    # As of now: a base that holds all of it already has not been merged into by anybody.
    pull.base_commit, pull.auto_method = tip, ""
    pull.save(update_fields=["base_branch", "base_commit", "check_state", "auto_method"])
    note(actor=actor, topic=pull.topic, verb="base_changed", old=old, new=branch)
    # SECURITY: an approval for a branch that asks for little must not open one that asks for much.
    if merge_rule_for(pull.repository.protected_branches.all(), branch).dismiss_stale:
        base_changed(actor=actor, pull=pull)
    tell(actor=actor, verb="edited pull request", topic=pull.topic, base=branch)
    enqueue(LOOK, pull.pk, queue="git")


@transaction.atomic
def set_draft(*, actor: Actor, pull: PullRequest, draft: bool) -> None:
    """It is a draft that cannot be merged yet, or ready for review. Its author and writers may. Raises Forbidden."""
    check_own(actor, pull)
    _check_open(pull)
    if pull.is_draft == draft:
        return
    pull.is_draft = draft
    if draft:
        pull.auto_method = ""
    pull.check_state = PullRequest.Check.CHECKING if not draft else pull.check_state
    pull.save(update_fields=["is_draft", "auto_method", "check_state"])
    note(actor=actor, topic=pull.topic, verb="draft" if draft else "ready")
    verb = "made pull request a draft" if draft else "marked pull request ready"
    tell(actor=actor, verb=verb, topic=pull.topic)


def set_allow_edits(*, actor: Actor, pull: PullRequest, allow: bool) -> None:
    """Whether writers of the base may push to the branch of the fork; its author alone decides. Raises Forbidden."""
    user = check_talk(actor, pull.repository)
    if user.pk != pull.topic.author_id:
        raise Forbidden("Only its author decides who may push to the branch.")
    pull.allow_edits = allow
    pull.save(update_fields=["allow_edits"])


def check_own(actor: Actor, pull: PullRequest) -> None:
    """Its author and writers may go on. Raises Unauthenticated, Forbidden."""
    check_talk(actor, pull.repository, pull.topic)
    if not may_edit(actor, pull.repository, pull.topic.author_id):
        raise Forbidden("Only its author and people with write access may change this pull request.")


def _check_open(pull: PullRequest) -> None:
    if not pull.topic.is_open:
        word = "merged" if pull.is_merged else "closed"
        raise Conflict(f"This pull request is {word}.", next_step="Open a new one." if pull.is_merged else "Reopen it.")


def head_ref(number: int) -> str:
    """The ref in the base repository that holds the head of a pull request."""
    return f"{refs.PULLS}{number}/head"


def check_head(actor: Actor, repository: Repository, head: Repository) -> None:
    """Whether the actor may bring commits of `head` into `repository`; raises NotFound, Invalid, Forbidden."""
    if head.pk == repository.pk:
        return
    level = level_for(actor, head)
    if level < Level.READ:
        raise NotFound("There is no such fork, or you may not see it.", field="head")
    if (head.family_id or head.pk) != (repository.family_id or repository.pk):
        raise Invalid(f"{head.full_name} is no fork of {repository.full_name}.", field="head")
    # SECURITY: a pull request shows the head's commits to all who may read the base; who may only read a narrower
    # fork must not be able to publish it.
    if is_wider(repository.visibility, head.visibility) and level < Level.WRITE:
        raise Forbidden(
            f"{head.full_name} is less open than {repository.full_name}: this needs write access to it.",
            next_step="Ask somebody who may write to it.",
        )


def tips(repository: Repository, base_branch: str, head_repository: Repository, head_branch: str) -> tuple[str, str]:
    """The commits of both branches; raises NotFound for one that is not there, Invalid when they are the same."""
    for field, name in (("base", base_branch), ("head", head_branch)):
        _check_length(name, field)
    if repository.pk == head_repository.pk and base_branch == head_branch:
        raise Invalid("A branch cannot be merged into itself.", field="head", next_step="Choose another branch.")
    base = refs.branch_tip(git_dir(repository), base_branch)
    if base is None:
        raise NotFound(f"There is no branch {base_branch} in {repository.full_name}.", field="base")
    head = refs.branch_tip(git_dir(head_repository), head_branch)
    if head is None:
        raise NotFound(f"There is no branch {head_branch} in {head_repository.full_name}.", field="head")
    return base, head


def _check_length(branch: str, field: str) -> None:
    if len(branch) > MAX_BRANCH:
        raise Invalid(
            f"The name of the branch is longer than {MAX_BRANCH} characters.",
            field=field,
            next_step="Give it a shorter one.",
        )


def bring_head(repository: Repository, head_repository: Repository, commit: str) -> None:
    """The commit of a fork, and all it needs, are in the repository; raises QuotaExceeded."""
    if repository.pk != head_repository.pk:
        take_from(head_repository, repository, commit)
