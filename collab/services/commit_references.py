"""Reads the messages of pushed commits: what topics they name, and which issues they close on the default branch."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from accounts.actor import Actor
from accounts.levels import Level
from collab.models import Kind, Reference, Topic
from collab.services.topic_state import close_topic
from collab.text import Named, find_topics, references_in_message
from repos.access import level_for
from repos.git import history, objects
from repos.git.history import Commit
from repos.git.process import GitError
from repos.git.refs import RefUpdate
from repos.models import Activity, Repository, Visibility
from repos.paths import git_dir

# Of one push the latest: an imported history names thousands of topics that are long settled.
MOST_COMMITS = 250


def read_commits(*, activity: Activity) -> None:
    """Take down what the commits of a push name; on the default branch "fixes #3" closes it. May run twice.

    `activity` is the row of one branch that moved, with repository, its owner and user selected.
    """
    repository = activity.repository
    update = RefUpdate(*(str(activity.data.get(word, "")) for word in ("ref", "old", "new")))
    if repository is None or update.branch is None or update.is_deletion:
        return
    named: list[tuple[Commit, Named]] = []
    # The oldest first, as they were written.
    for commit in reversed(_commits(repository, update)):
        named += [(commit, each) for each in references_in_message(commit.message)]
    if not named:
        return
    # SECURITY: what the person who pushed may not see is not found, and so not told of either.
    actor = Actor(user=activity.user)
    keys = {_key(each): None for _, each in named}
    topics = find_topics(keys, repository=repository, actor=actor)
    reached = update.branch == repository.default_branch
    for commit, each in named:
        topic = topics.get(_key(each))
        if topic is not None:
            _take_down(actor, repository, topic, commit, closes=each.closes and reached)


def _key(named: Named) -> tuple[str, str, int]:
    return (named.owner.lower(), named.name.lower(), named.number)


def _commits(repository: Repository, update: RefUpdate) -> list[Commit]:
    """What the update brought, newest first: for a new branch, what the default branch has not."""
    folder = git_dir(repository)
    span = f"{update.old}..{update.new}"
    if update.is_creation:
        span = update.new
        if update.branch != repository.default_branch:
            try:
                base = objects.resolve(folder, repository.default_branch).commit
            except objects.Missing:
                pass
            else:
                span = f"{base}..{update.new}"
    try:
        return history.log(folder, span, limit=MOST_COMMITS)
    except GitError:
        # The branch was pushed again and the commits are gone: the job of that push reads what is there.
        return []


@transaction.atomic
def _take_down(actor: Actor, repository: Repository, topic: Topic, commit: Commit, *, closes: bool) -> None:
    """One row for a commit and a topic; the first time that it is to close the topic, it does."""
    row, _ = Reference.objects.get_or_create(
        target=topic,
        repository=repository,
        commit=commit.id,
        defaults={"summary": commit.subject[:300], "user": actor.user},
    )
    # A commit closes once: an issue that was opened again since stays open when the branch is pushed again.
    if not closes or not Reference.objects.filter(pk=row.pk, closes=False).update(closes=True):
        return
    # SECURITY: a fork, or anybody's own repository, closes nothing elsewhere: that needs WRITE where the issue is.
    if topic.kind != Kind.ISSUE or not topic.is_open or level_for(actor, topic.repository) < Level.WRITE:
        return
    close_topic(actor=actor, topic=topic, reason=Topic.Reason.COMPLETED, **_cause(repository, topic, commit))


def _cause(repository: Repository, topic: Topic, commit: Commit) -> dict[str, str]:
    if repository.pk == topic.repository_id:
        return {"commit": commit.id}
    # SECURITY: the line on the issue is read by everybody there; it must not name a repository that they may not see.
    return (
        {"commit": commit.id, "repository": repository.full_name} if repository.visibility == Visibility.PUBLIC else {}
    )


def wanted(activity: Activity) -> bool:
    """Whether a row of Activity tells of a branch that got commits."""
    return activity.verb in ("pushed", "created branch") and "new" in activity.data


def read_commits_by_id(activity_id: int) -> None:
    """Like read_commits for a row that may be gone."""
    rows: Iterable[Activity] = Activity.objects.select_related("repository__owner", "user").filter(pk=activity_id)
    for activity in rows:
        read_commits(activity=activity)
