"""What the box below a pull request's conversation shows: how it stands, and what its reader can do about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import Team, User
from collab.merge_words import default_message, default_title
from collab.models import PullRequest, Review, ReviewRequest
from collab.selectors.people import members
from collab.selectors.standing import MergeMethod, Standing, standing
from repos.access import level_for
from repos.git.refs import branch_tip
from repos.paths import git_dir

MOST_PEOPLE = 200


@dataclass(frozen=True, slots=True)
class OfferedMethod:
    """A way to merge with the words it would use."""

    method: MergeMethod
    title: str
    message: str

    @property
    def has_words(self) -> bool:
        """Whether it makes a commit whose words can be chosen."""
        return self.method.value in (PullRequest.Method.MERGE, PullRequest.Method.SQUASH)


@dataclass(frozen=True, slots=True)
class MergeBox:
    """How a pull request stands for one reader."""

    stands: Standing
    offered: list[OfferedMethod]
    head_exists: bool
    can_change: bool
    can_update: bool
    can_delete: bool
    can_restore: bool
    can_revert: bool

    @property
    def can_merge(self) -> bool:
        """The reader may merge it right now."""
        return self.stands.is_clear and self.stands.may_merge and bool(self.offered)

    @property
    def is_checking(self) -> bool:
        """Nobody knows yet whether it can be merged: the whole box changes in a moment."""
        return self.stands.blocked_by("checking")

    @property
    def can_order(self) -> bool:
        """The reader may have it merged as soon as nothing stands in the way."""
        return self.stands.can_wait and not self.is_checking and self.stands.may_merge and bool(self.offered)

    @property
    def waits(self) -> bool:
        """Some check has not come to its end: the list changes by and by."""
        return any(check.status is None or check.status.state == "pending" for check in self.stands.checks)


def merge_box(pull: PullRequest, actor: Actor) -> MergeBox:
    """The box of a pull request for a reader."""
    stands = standing(pull, actor)
    head = pull.head_repository
    tip = branch_tip(git_dir(head), pull.head_branch) if head is not None else None
    here = level_for(actor, pull.repository)
    writes = actor.user is not None and actor.ceiling(pull.repository_id) >= Level.WRITE
    there = here if head is None or head.pk == pull.repository_id else level_for(actor, head)
    may_write_head = writes and head is not None and there >= Level.WRITE
    is_open = pull.topic.is_open
    is_spare = head is not None and pull.head_branch != head.default_branch
    return MergeBox(
        stands=stands,
        offered=_offered(pull, stands) if is_open and stands.may_merge else [],
        head_exists=tip is not None,
        can_change=_may_change(pull, actor, here),
        can_update=is_open and bool(pull.behind) and tip is not None and _may_push(pull, writes, there, here),
        can_delete=not is_open and may_write_head and tip == pull.head_commit and is_spare,
        can_restore=not is_open and may_write_head and tip is None,
        can_revert=pull.is_merged and writes and here >= Level.WRITE,
    )


def _may_change(pull: PullRequest, actor: Actor, level: Level) -> bool:
    """Its author and writers may, as collab.access.may_edit says; `level` is the actor's here."""
    if actor.user is None or actor.ceiling(pull.repository_id) < Level.WRITE:
        return False
    return actor.user.pk == pull.topic.author_id or level >= Level.WRITE


def _may_push(pull: PullRequest, writes: bool, there: Level, here: Level) -> bool:
    """What the page offers; the service decides."""
    return writes and (there >= Level.WRITE or (pull.allow_edits and here >= Level.WRITE))


def _offered(pull: PullRequest, stands: Standing) -> list[OfferedMethod]:
    return [
        OfferedMethod(method, default_title(pull, method.value), default_message(pull, method.value))
        for method in stands.methods
        if method.can
    ]


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who is asked, or has judged, in the panel beside a pull request."""

    name: str
    state: str
    is_team: bool = False
    is_code_owner: bool = False
    is_stale: bool = False
    request: ReviewRequest | None = None


@dataclass(frozen=True, slots=True)
class Reviewers:
    """The panel of reviewers; `people` and `teams` are those who can be asked, for who may ask."""

    rows: list[Reviewer]
    may_ask: bool
    people: list[User] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)
    asked_users: frozenset[int] = frozenset()
    asked_teams: frozenset[int] = frozenset()


def reviewers_of(pull: PullRequest, actor: Actor, verdicts: list[Review]) -> Reviewers:
    """Who is asked and who has judged, and for those who may ask whom else they may."""
    requests = list(pull.review_requests.select_related("user", "team").order_by("pk"))
    judged = {review.author_id: review for review in verdicts}
    rows = [_asked(row) for row in requests]
    asked = frozenset(row.user_id for row in requests if row.user_id)
    rows += [
        Reviewer(review.author.username, review.state, is_stale=review.is_stale)
        for key, review in judged.items()
        if review.author is not None and key not in asked
    ]
    may_ask = pull.topic.is_open and _may_change(pull, actor, level_for(actor, pull.repository))
    if not may_ask:
        return Reviewers(rows, may_ask=False)
    organization = pull.repository.owner.organization
    return Reviewers(
        rows,
        may_ask=True,
        people=[user for user in members(pull.repository)[:MOST_PEOPLE] if user.pk != pull.topic.author_id],
        teams=list(organization.teams.all()) if organization else [],
        asked_users=asked,
        asked_teams=frozenset(row.team_id for row in requests if row.team_id),
    )


def _asked(row: ReviewRequest) -> Reviewer:
    name = row.user.username if row.user else row.team.name if row.team else ""
    return Reviewer(name, "asked", is_team=row.team_id is not None, is_code_owner=row.is_code_owner, request=row)
