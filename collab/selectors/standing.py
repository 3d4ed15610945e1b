"""Whether a pull request may be merged, by whom and how, and if not what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.actor import Actor
from accounts.levels import Level
from collab.models import PullRequest, Review, Thread
from collab.selectors.code_owners import Owned, OwnerPeople, owned_files, people_behind
from collab.selectors.pull_data import data_of
from collab.selectors.readers import writers_of
from repos.access import level_for
from repos.models import CommitStatus, Repository
from repos.selectors.statuses import Checks, icon_of, latest_statuses
from repos.services.protection import WHO, MergeRule, merge_rule_for

Check = PullRequest.Check
Method = PullRequest.Method
MOST_DATA = 3
PASSED = {CommitStatus.State.SUCCESS, CommitStatus.State.WARNING}
WORDS = {
    Method.MERGE: ("Merge commit", "All commits are added to the base branch, joined by a merge commit."),
    Method.SQUASH: ("Squash and merge", "The changes become one commit on the base branch."),
    Method.REBASE: ("Rebase and merge", "The commits are put on top of the base branch, one by one."),
    Method.FAST_FORWARD: ("Fast-forward", "The base branch steps forward to the head; no commit is made."),
}


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that stands in the way. `waits`: it may go away by itself, so that a merge can wait for it."""

    key: str
    words: str
    detail: str = ""
    kind: str = "bad"
    waits: bool = True


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A check of the head: what it says, and whether a rule wants it. `status` is None while it has said nothing."""

    context: str
    status: CommitStatus | None
    is_required: bool

    @property
    def icon(self) -> str:
        """The icon of its state."""
        return icon_of(self.status)[0] if self.status else "circle-dashed"

    @property
    def kind(self) -> str:
        """The colour of the icon."""
        return icon_of(self.status)[1] if self.status else "quiet"

    @property
    def word(self) -> str:
        """passed, failed …"""
        return icon_of(self.status)[2] if self.status else "expected: waits to be reported"


@dataclass(frozen=True, slots=True)
class MergeMethod:
    """A way to merge that the repository allows; `can` is False where this pull request cannot take it now."""

    value: str
    label: str
    words: str
    can: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """What a pull request needs before it may be merged, and how far it has come."""

    rule: MergeRule
    blockers: list[Blocker]
    checks: list[ShownCheck]
    verdicts: list[Review]
    approvals: int
    methods: list[MergeMethod]
    may_merge: bool
    owned: list[Owned] = field(default_factory=list)

    @property
    def is_clear(self) -> bool:
        """Nothing stands in the way, whoever may merge."""
        return not self.blockers

    @property
    def can_wait(self) -> bool:
        """Everything that stands in the way may go away by itself."""
        return bool(self.blockers) and all(blocker.waits for blocker in self.blockers)

    @property
    def checks_summary(self) -> Checks | None:
        """The checks that have spoken, as one."""
        known = tuple(check.status for check in self.checks if check.status)
        return Checks(known) if known else None

    def blocked_by(self, key: str) -> bool:
        """Whether a blocker of this kind is there."""
        return any(blocker.key == key for blocker in self.blockers)


def standing(pull: PullRequest, actor: Actor) -> Standing:
    """How a pull request stands, for somebody who looks at it or wants to merge it; nine queries at most."""
    repo = pull.repository
    rule = merge_rule_for(repo.protected_branches.all(), pull.base_branch)
    verdicts = latest_verdicts(pull)
    counted = _counted(verdicts, pull, rule)
    approvals = [review for review in counted if review.state == Review.State.APPROVED]
    checks = _checks(pull, rule)
    owned = owned_files(pull) if rule.code_owners and pull.topic.is_open else []
    blockers = [
        *_state_blockers(pull),
        *_review_blockers(rule, counted, approvals),
        *_owner_blockers(owned, approvals),
        *_check_blockers(checks),
        *_thread_blockers(pull, rule),
        *_behind_blockers(pull, rule),
        *_data_blockers(pull),
    ]
    level = level_for(actor, repo) if actor.user is not None else Level.NONE
    return Standing(
        rule=rule,
        blockers=blockers,
        checks=checks,
        verdicts=verdicts,
        approvals=len(approvals),
        methods=methods_of(repo, pull),
        may_merge=level >= max(Level.WRITE, rule.merge_level),
        owned=owned or [],
    )


def latest_verdicts(pull: PullRequest) -> list[Review]:
    """The last approval or request for changes of each person that was not dismissed since, in the order given.

    Official are those of people who could write then and can now.
    """
    judged = (Review.State.APPROVED, Review.State.CHANGES, Review.State.DISMISSED)
    rows = Review.objects.filter(pull=pull, state__in=judged, author__isnull=False).select_related("author")
    last = {review.author_id: review for review in rows.order_by("submitted_at", "pk")}
    found = [review for review in last.values() if review.state != Review.State.DISMISSED]
    official = [review for review in found if review.is_official]
    if official:
        # SECURITY: who was let out of the repository approves nothing in it any more.
        wanted = [review.author_id for review in official if review.author_id]
        writers = set(writers_of(pull.repository).filter(pk__in=wanted).values_list("pk", flat=True))
        for review in official:
            review.is_official = review.author_id in writers
    return found


def methods_of(repository: Repository, pull: PullRequest | None = None) -> list[MergeMethod]:
    """The ways to merge that the repository's settings allow, the usual first."""
    allowed = {
        Method.MERGE: repository.allow_merge_commit,
        Method.SQUASH: repository.allow_squash,
        Method.REBASE: repository.allow_rebase,
        Method.FAST_FORWARD: repository.allow_fast_forward,
    }
    forward = pull is None or not pull.behind
    return [
        MergeMethod(method.value, *WORDS[method], can=forward or method != Method.FAST_FORWARD)
        for method, is_allowed in allowed.items()
        if is_allowed
    ]


def who_may_merge(rule: MergeRule) -> str:
    """writers, administrators or nobody."""
    return WHO[max(Level.WRITE, rule.merge_level)]


def _counted(verdicts: list[Review], pull: PullRequest, rule: MergeRule) -> list[Review]:
    """The verdicts that count for rules: of writers, not the author's own, and of this head where a rule says so."""
    official = [review for review in verdicts if review.is_official and review.author_id != pull.topic.author_id]
    return [
        review
        for review in official
        if not (rule.dismiss_stale and review.state == Review.State.APPROVED and review.commit != pull.head_commit)
    ]


def _state_blockers(pull: PullRequest) -> list[Blocker]:
    if not pull.topic.is_open:
        return [Blocker("closed", "This pull request is closed.", waits=False)]
    found = []
    if pull.is_draft:
        found.append(Blocker("draft", "This is a draft.", "Mark it ready for review first.", "quiet", waits=False))
    if pull.check_state == Check.CHECKING:
        found.append(Blocker("checking", "Checking whether it can be merged …", kind="quiet"))
    elif pull.check_state == Check.CONFLICTS:
        found.append(Blocker("conflicts", "The branch has conflicts with the base.", "They must be resolved first."))
    elif pull.check_state == Check.EMPTY:
        found.append(Blocker("empty", "There is nothing to merge: the base holds all of it.", waits=False))
    elif pull.check_state == Check.BROKEN:
        found.append(_broken(pull))
    return found


def _broken(pull: PullRequest) -> Blocker:
    if not pull.merge_base:
        return Blocker("broken", "The two branches share no history, so they cannot be merged.", waits=False)
    return Blocker(
        "broken",
        "It cannot be checked now.",
        f"Is the branch {pull.base_branch} still there? Push again, or change the base.",
        waits=False,
    )


def _review_blockers(rule: MergeRule, counted: list[Review], approvals: list[Review]) -> list[Blocker]:
    found = []
    missing = rule.approvals - len(approvals)
    if missing > 0:
        detail = f"{len(approvals)} of {rule.approvals} given by people with write access."
        words = f"{missing} more approval{'' if missing == 1 else 's'} needed."
        found.append(Blocker("approvals", words, detail, "warn"))
    against = [review.author.username for review in counted if review.state == Review.State.CHANGES and review.author]
    if rule.no_requested_changes and against:
        found.append(Blocker("changes", f"Changes requested by {', '.join(against)}."))
    return found


def _owner_blockers(owned: list[Owned] | None, approvals: list[Review]) -> list[Blocker]:
    if owned is None:
        # SECURITY: a machine too busy to tell must not let anything past the owners of files.
        return [Blocker("owners", "Whose files these are cannot be told now.", "git failed; try again later.", "warn")]
    if not owned:
        return []
    behind = people_behind({owner for group in owned for owner in group.owners})
    approved = {review.author_id for review in approvals}
    missing = [group for group in owned if not _is_approved(group, behind, approved)]
    return [
        Blocker(
            "owners",
            f"A code owner has to approve: {' or '.join('@' + owner for owner in group.owners)}.",
            f"For {', '.join(group.paths)}{f' and {group.count - len(group.paths)} more' if group.count > 3 else ''}.",
            "warn",
        )
        for group in missing
    ]


def _is_approved(group: Owned, behind: OwnerPeople, approved: set[int | None]) -> bool:
    """Whether one of the owners approved; owners that nobody is cannot be waited for, but are not passed over."""
    people: set[int] = set()
    for owner in group.owners:
        user, team = behind.users.get(owner.lower()), behind.teams.get(owner.lower())
        people |= {user.pk} if user else set()
        people |= {member.pk for member in team.members.all()} if team else set()
    return bool(people & approved)


def _checks(pull: PullRequest, rule: MergeRule) -> list[ShownCheck]:
    known = {row.context: row for row in latest_statuses(pull.repository, pull.head_commit)}
    required = [ShownCheck(context, known.get(context), True) for context in rule.checks]
    others = [ShownCheck(context, row, False) for context, row in known.items() if context not in rule.checks]
    return required + others


def _check_blockers(checks: list[ShownCheck]) -> list[Blocker]:
    wanted = [check for check in checks if check.is_required and (not check.status or check.status.state not in PASSED)]
    failed = [check.context for check in wanted if check.kind == "bad"]
    waiting = [check.context for check in wanted if check.kind != "bad"]
    found = []
    if failed:
        found.append(Blocker("checks", f"Required checks failed: {', '.join(failed)}."))
    if waiting:
        found.append(Blocker("waiting", f"Required checks have not passed yet: {', '.join(waiting)}.", kind="warn"))
    return found


def _thread_blockers(pull: PullRequest, rule: MergeRule) -> list[Blocker]:
    if not rule.no_open_threads:
        return []
    seen = Thread.objects.filter(topic=pull.topic_id, resolved_at=None, comments__is_pending=False)
    count = seen.distinct().count()
    if not count:
        return []
    words = f"{count} conversation{' is' if count == 1 else 's are'} not resolved."
    return [Blocker("threads", words, kind="warn")]


def _behind_blockers(pull: PullRequest, rule: MergeRule) -> list[Blocker]:
    if not rule.up_to_date or not pull.behind:
        return []
    commits = f"{pull.behind} commit{'' if pull.behind == 1 else 's'}"
    return [Blocker("behind", f"The branch lacks {commits} of the base.", "Update it first.", "warn")]


def _data_blockers(pull: PullRequest) -> list[Blocker]:
    """Data that the head names and nobody has pushed: the base would name it without having it."""
    missing = data_of(pull).blocking if pull.topic.is_open else []
    return [
        Blocker("data", f"{each.words}.", f"Whoever has the data sends it with “{each.command}”.")
        for each in missing[:MOST_DATA]
    ]
