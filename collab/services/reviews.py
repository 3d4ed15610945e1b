"""Reviews: begun in private, sent with all their comments at once, dismissed, asked for again."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from collab.access import check_talk, check_triage
from collab.models import Comment, PullRequest, Review, ReviewRequest, Thread, Topic
from collab.services.happening import note, tell
from collab.services.talking import take_in
from collab.services.topics import clean_body
from hub.lib.errors import Conflict, Forbidden, Invalid
from repos.access import level_for

VERBS = {
    Review.State.COMMENTED: "reviewed pull request",
    Review.State.APPROVED: "approved pull request",
    Review.State.CHANGES: "requested changes",
}
JUDGEMENTS = (Review.State.APPROVED, Review.State.CHANGES)
MAX_REASON = 300
MOVED = "The branch has moved since."
REBASED = "It asks to be merged into another branch now."


def start_review(*, actor: Actor, pull: PullRequest) -> Review:
    """The actor's review that is not sent yet, begun now if there was none. Raises Unauthenticated, Forbidden."""
    author = check_talk(actor, pull.repository, pull.topic)
    pending = Review.objects.filter(pull=pull, author=author, state=Review.State.PENDING)
    found = pending.first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return Review.objects.create(pull=pull, author=author, commit=pull.head_commit)
    except IntegrityError:  # Begun in another window at the same time.
        return pending.get()


@transaction.atomic
def send_review(*, actor: Actor, pull: PullRequest, state: str, body: str = "", seen: str = "") -> Review:
    """The actor's judgement of the head stands for all to see, with the comments that waited for it.

    `seen` is the commit that the actor saw: another head is not approved. Raises Invalid when it says nothing,
    Forbidden for a judgement of one's own change, Conflict once it is merged.
    """
    author = check_talk(actor, pull.repository, pull.topic)
    judged = _checked_state(pull, author, state)
    # SECURITY: what was pushed while somebody read must not be approved with what they read.
    if judged == Review.State.APPROVED and seen and seen != pull.head_commit:
        raise Conflict(
            f"The branch got new commits since you looked: it is at {pull.head_commit[:10]} now. Nothing was sent.",
            next_step="Look at them, then approve.",
        )
    said = clean_body(body)
    review = start_review(actor=actor, pull=pull)
    review = Review.objects.select_for_update().get(pk=review.pk)
    if review.state != Review.State.PENDING:
        raise Conflict("This review was sent already, from another window.", next_step="Look at the conversation.")
    comments = list(review.comments.select_related("thread").order_by("pk"))
    if not said.strip() and not comments and judged != Review.State.APPROVED:
        raise Invalid("There is nothing in this review.", field="body", next_step="Say what should change, or approve.")
    now = timezone.now()
    review.state, review.body, review.commit, review.submitted_at = judged, said, pull.head_commit, now
    review.is_stale = False
    review.is_official = level_for(actor, pull.repository) >= Level.WRITE
    review.save()
    _publish(pull, comments)
    ReviewRequest.objects.filter(Q(user=author) | Q(team__members=author), pull=pull).delete()
    _tell(actor, pull, review, comments)
    return review


def _checked_state(pull: PullRequest, author: User, state: str) -> Review.State:
    if state not in VERBS:
        raise Invalid(
            "A review comments, approves or requests changes.", field="state", next_step="Choose one of them."
        )
    judged = Review.State(state)
    if judged in JUDGEMENTS and author.pk == pull.topic.author_id:
        raise Forbidden("Nobody judges their own pull request.", next_step="Send the review as a comment.")
    if judged in JUDGEMENTS and not pull.topic.is_open:
        word = "merged" if pull.is_merged else "closed"
        raise Conflict(f"This pull request is {word}: there is nothing to judge.", next_step="Send it as a comment.")
    return judged


def _publish(pull: PullRequest, comments: list[Comment]) -> None:
    """What waited is seen by all, as of now: the order of a conversation is that of its being said aloud."""
    now = timezone.now()
    Comment.objects.filter(pk__in=[each.pk for each in comments]).update(is_pending=False, created_at=now)
    threads = {each.thread_id for each in comments if each.thread_id}
    Thread.objects.filter(pk__in=threads).update(updated_at=now)
    count = F("comments_count") + len(comments)
    Topic.objects.filter(pk=pull.topic_id).update(comments_count=count, updated_at=now)


def _tell(actor: Actor, pull: PullRequest, review: Review, comments: list[Comment]) -> None:
    called: dict[int, User] = {}
    for text, comment in [(review.body, None), *((each.body, each) for each in comments)]:
        if text:
            thread = comment.thread if comment else None
            own = None if comment else review
            for user in take_in(actor=actor, topic=pull.topic, thread=thread, text=text, comment=comment, review=own):
                called[user.pk] = user
    users = [pull.topic.author] if pull.topic.author is not None else []
    tell(
        actor=actor,
        verb=VERBS[Review.State(review.state)],
        topic=pull.topic,
        users=users,
        mentions=called.values(),
        review=review.pk,
        comments=len(comments),
    )


@transaction.atomic
def discard_review(*, actor: Actor, pull: PullRequest) -> int:
    """The actor's review that was not sent is gone, with its comments; how many those were. Raises Conflict."""
    author = check_talk(actor, pull.repository, pull.topic)
    review = Review.objects.filter(pull=pull, author=author, state=Review.State.PENDING).first()
    if review is None:
        raise Conflict("There is no review of yours that waits to be sent.", next_step="It may have been sent already.")
    threads = list(review.comments.values_list("thread_id", flat=True))
    review.delete()
    for pk in set(threads):
        count = Comment.objects.filter(thread=pk).count()
        Thread.objects.filter(pk=pk).update(comments_count=count)
    Thread.objects.filter(pk__in=threads, comments_count=0).delete()
    return len(threads)


@transaction.atomic
def dismiss_review(*, actor: Actor, review: Review, reason: str) -> None:
    """A judgement does not count any more, and everybody sees why. Needs WRITE; raises Invalid, Conflict, Forbidden."""
    user = check_triage(actor, review.pull.repository)
    why = " ".join(reason.replace("\0", "").split())
    if not why or len(why) > MAX_REASON:
        raise Invalid(f"Say why, in at most {MAX_REASON} characters.", field="reason")
    row = Review.objects.select_for_update().get(pk=review.pk)
    if row.state not in JUDGEMENTS:
        raise Conflict("Only an approval or a request for changes can be dismissed.", next_step="Load the page again.")
    _dismiss(row, why, user)
    note(actor=actor, topic=review.pull.topic, verb="dismissed review", of=_name(row), reason=why, review=row.pk)
    users = [row.author] if row.author is not None else []
    tell(actor=actor, verb="dismissed review", topic=review.pull.topic, users=users, review=row.pk, reason=why)
    review.refresh_from_db()


def _dismiss(review: Review, why: str, user: User | None) -> None:
    review.state, review.dismissal, review.dismissed_by = Review.State.DISMISSED, why, user
    review.save(update_fields=["state", "dismissal", "dismissed_by"])


def _name(review: Review) -> str:
    return review.author.username if review.author else ""


def head_moved(*, actor: Actor, pull: PullRequest, head: str, dismisses: bool) -> None:
    """Reviews of another head are stale; with `dismisses` their approvals do not count any more.

    Call it in the transaction that acts.
    """
    sent = Review.objects.filter(pull=pull).exclude(commit=head).exclude(state=Review.State.PENDING)
    sent.filter(is_stale=False).update(is_stale=True)
    Review.objects.filter(pull=pull, commit=head, is_stale=True).update(is_stale=False)
    if dismisses:
        _end_approvals(actor, pull, sent, MOVED)


def base_changed(*, actor: Actor, pull: PullRequest) -> None:
    """Approvals do not count any more: they were given to what the pull request brings into another branch.

    Call it in the transaction that acts, where a rule of the new base ends approvals of what has changed since.
    """
    _end_approvals(actor, pull, Review.objects.filter(pull=pull), REBASED)


def _end_approvals(actor: Actor, pull: PullRequest, reviews: QuerySet[Review], why: str) -> None:
    for review in reviews.filter(state=Review.State.APPROVED).select_related("author"):
        _dismiss(review, why, None)
        note(actor=actor, topic=pull.topic, verb="dismissed review", of=_name(review), reason=why, review=review.pk)
