"""The runs of a pull request: those started at its commits, and those of its base that they are held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from accounts.actor import Actor
from accounts.levels import Level
from collab.models import PullRequest
from repos.access import level_for
from repos.git import history
from repos.git.history import Commit
from repos.git.objects import Missing
from repos.git.process import GitError
from repos.models import Repository
from repos.paths import git_dir
from tracking.models import Run, RunStatus
from tracking.selectors.runs_of_commits import CommitRun, runs_of_commits

MOST_COMMITS = 250
"""Commits of a head that are asked for runs, from the newest on."""
MOST_BASE_COMMITS = 100
MOST_EARLIER = 20

Has = Callable[[Run], bool]


@dataclass(frozen=True)
class PullRuns:
    """`head`: runs at the commits that the pull request brings, newest first, of the repositories in `homes`.

    `commits` are these commits, newest first; `base_commits` the newest of the base branch.
    """

    pull: PullRequest
    homes: tuple[Repository, ...]
    commits: tuple[Commit, ...]
    base_commits: tuple[Commit, ...]
    head: tuple[CommitRun, ...]
    at_base: tuple[CommitRun, ...]

    @property
    def at_head(self) -> list[CommitRun]:
        """The runs at the newest commit."""
        return [each for each in self.head if each.commit == self.pull.head_commit]

    @property
    def experiments(self) -> set[str]:
        """The names of the experiments that the runs of the head lie in."""
        return {each.run.experiment.name for each in self.head}

    def of_base(self, experiment: str = "", has: Has = lambda run: True) -> list[CommitRun]:
        """What the head is held against: finished runs at the newest commit of the base branch that has any.

        Of the experiment named, else of those of the head's runs; without any the newest one there that began before
        the branches parted; and where no experiment is named, those of any. `has` says which runs count.
        """
        wanted = {experiment} if experiment else self.experiments
        counted = [each for each in self.at_base if each.run.status == RunStatus.FINISHED and has(each.run)]
        same = [each for each in counted if each.run.experiment.name in wanted]
        before = (each for each in self.earlier if each.run.experiment.name in wanted and has(each.run))
        return self._newest(same) or list(islice(before, 1)) or ([] if experiment else self._newest(counted))

    def _newest(self, runs: Sequence[CommitRun]) -> list[CommitRun]:
        """Those at the newest commit of the base that has any."""
        present = {each.commit for each in runs}
        newest = next((commit.id for commit in self.base_commits if commit.id in present), "")
        return [each for each in runs if each.commit == newest]

    @cached_property
    def earlier(self) -> list[CommitRun]:
        """Finished runs in experiments of the head that began before the branches parted, newest first."""
        parted = next((each for each in self.base_commits if each.id == self.pull.merge_base), None)
        when = int(parted.committer.when.timestamp() * 1000) if parted else None
        rows = Run.objects.select_related("experiment", "repository__owner").filter(
            repository=self.pull.repository,
            experiment__name__in=self.experiments,
            deleted_at=None,
            status=RunStatus.FINISHED,
        )
        if when is not None:
            rows = rows.filter(start_time__lt=when)
        own = {each.run.pk for each in self.head}
        found = rows.order_by("-start_time", "uuid")[: MOST_EARLIER + len(own)] if self.experiments else []
        return [CommitRun(run, "") for run in found if run.pk not in own][:MOST_EARLIER]


def runs_of_pull(pull: PullRequest, homes: Sequence[Repository]) -> PullRuns:
    """The runs that these repositories have of a pull request's commits, and of the base branch in its own.

    Two looks into git and four queries; what is left of a branch that git has lost is nothing.
    """
    commits = _log(pull, f"{pull.merge_base}..{pull.head_commit}" if pull.merge_base else pull.head_commit)
    own = {commit.id for commit in commits}
    base = [each for each in _log(pull, pull.base_commit, MOST_BASE_COMMITS) if each.id not in own]
    return PullRuns(
        pull,
        tuple(homes),
        tuple(commits),
        tuple(base),
        tuple(runs_of_commits([each.pk for each in homes], [commit.id for commit in commits])),
        tuple(runs_of_commits([pull.repository.pk], [commit.id for commit in base])),
    )


def _log(pull: PullRequest, span: str, limit: int = MOST_COMMITS) -> list[Commit]:
    try:
        return history.log(git_dir(pull.repository), span, limit=limit) if span else []
    except (Missing, GitError):
        return []


def readable_homes(pull: PullRequest, actor: Actor) -> list[Repository]:
    """Where a reader may look for runs of the head: the base's repository, and the head's if they may read it."""
    head = pull.head_repository
    if head is None or head.pk == pull.repository_id or level_for(actor, head) < Level.READ:
        return [pull.repository]
    return [pull.repository, head]


def trusted_homes(pull: PullRequest) -> list[Repository]:
    """Where runs count for checks: the base's repository, and the head's if its author may write to the base.

    SECURITY: a check may be required before a merge; who may not write to the repository must not pass it by
    logging numbers in a fork of their own.
    """
    head, author = pull.head_repository, pull.topic.author
    if head is None or head.pk == pull.repository_id or author is None:
        return [pull.repository]
    may = level_for(Actor(user=author), pull.repository) >= Level.WRITE
    # Their own numbers only where they could have been the ones to log them.
    return [pull.repository, head] if may and level_for(Actor(user=author), head) >= Level.WRITE else [pull.repository]
