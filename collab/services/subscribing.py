"""Who wants to hear of a topic or a thread, or nothing of it any more, and how much of a repository somebody hears."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from collab.models import Notification, NotificationSettings, Subscription, Thread, Topic, Watch
from hub.lib.errors import Forbidden, Invalid, Unauthenticated
from repos.models import Repository

# Which reason stays when somebody has several: the earlier one.
REASONS = ("author", "assigned", "review", "mentioned", "state", "commented", "subscribed")
# What somebody may choose to hear of a repository, with its words.
WATCH_KINDS = {
    "issue": "Issues",
    "pull": "Pull requests",
    "discussion": "Discussions",
    "talk": "Talk on files, runs and models",
    "model": "Models and promotions",
    "push": "Pushes",
}


def check_listen(actor: Actor, repository: Repository) -> User:
    """The person who says what they want to hear of a repository. Raises Unauthenticated, Forbidden."""
    if actor.user is None:
        raise Unauthenticated("Sign in to choose what you hear.")
    # SECURITY: a token that may only read must not silence somebody.
    if actor.ceiling(repository.pk) < Level.WRITE:
        raise Forbidden("This token may only read.", next_step="Use a token with write access.")
    return actor.user


def subscribe(*, user: User, reason: str, topic: Topic | None = None, thread: Thread | None = None) -> Subscription:
    """They follow a topic or a thread from now on, in the caller's transaction.

    `reason` is one of REASONS. Who has muted it stays muted, unless they ask for it themselves (`subscribed`).
    """
    return subscribe_all(users=[user], reason=reason, topic=topic, thread=thread)[0]


def subscribe_all(
    *, users: Iterable[User], reason: str, topic: Topic | None = None, thread: Thread | None = None
) -> list[Subscription]:
    """Like `subscribe` for many people at once: a constant number of queries."""
    assert reason in REASONS, reason
    assert (topic is None) != (thread is None), "one of topic and thread"
    people = {user.pk: user for user in users}
    Subscription.objects.bulk_create(
        [Subscription(user=user, topic=topic, thread=thread, reason=reason) for user in people.values()],
        ignore_conflicts=True,
    )
    rows = Subscription.objects.filter(topic=topic, thread=thread, user__in=people)
    rows.filter(reason__in=REASONS[REASONS.index(reason) + 1 :]).update(reason=reason)
    if reason == "subscribed":
        rows.filter(is_muted=True).update(is_muted=False)
    found = {row.user_id: row for row in rows}
    return [found[pk] for pk in people]


def unsubscribe(*, user: User, topic: Topic | None = None, thread: Thread | None = None) -> None:
    """They hear of it only when they are called by name."""
    Subscription.objects.filter(user=user, topic=topic, thread=thread).delete()


def mute(*, user: User, topic: Topic | None = None, thread: Thread | None = None) -> Subscription:
    """They hear nothing of a topic or a thread any more, even when called by name; what waits is put away."""
    assert (topic is None) != (thread is None), "one of topic and thread"
    row, _ = Subscription.objects.update_or_create(
        user=user,
        topic=topic,
        thread=thread,
        defaults={"is_muted": True},
        create_defaults={"reason": "subscribed", "is_muted": True},
    )
    Notification.objects.filter(user=user, topic=topic, thread=thread).update(
        is_done=True, is_unread=False, mail_due_at=None
    )
    return row


def stop_mail(*, user: User, what: str, number: int) -> None:
    """What a link in a mail asks for: mute a topic or thread, no longer watch a repository, or no mail at all.

    What is gone meanwhile needs nothing more.
    """
    if what == "mail":
        NotificationSettings.objects.update_or_create(user=user, defaults={"mail": NotificationSettings.Mail.NEVER})
        Notification.objects.filter(user=user).update(mail_due_at=None)
    elif what == "repository":
        Watch.objects.filter(user=user, repository=number).delete()
    elif what == "topic" and (topic := Topic.objects.filter(pk=number).first()) is not None:
        mute(user=user, topic=topic)
    elif what == "thread" and (thread := Thread.objects.filter(pk=number).first()) is not None:
        mute(user=user, thread=thread)


def watch(*, actor: Actor, repository: Repository, level: str, kinds: Iterable[str] = ()) -> Watch | None:
    """How much of a repository the actor hears from now on.

    `level` is one of Watch.Level; PARTICIPATING is what people hear anyway and needs no row. `kinds` are those of
    WATCH_KINDS for CUSTOM. Raises Invalid, Unauthenticated.
    """
    user = check_listen(actor, repository)
    if level not in Watch.Level.values:
        raise Invalid(f"There is no level {level[:40]!r}.", field="level", next_step="Choose one of the list.")
    chosen = [kind for kind in WATCH_KINDS if kind in set(kinds)]
    if level == Watch.Level.CUSTOM and not chosen:
        raise Invalid("Nothing is chosen.", field="kinds", next_step="Choose at least one kind, or another level.")
    if level == Watch.Level.PARTICIPATING:
        Watch.objects.filter(user=user, repository=repository).delete()
        return None
    row, _ = Watch.objects.update_or_create(
        user=user,
        repository=repository,
        defaults={"level": level, "kinds": chosen if level == Watch.Level.CUSTOM else []},
    )
    return row


def settings_of(user: User) -> NotificationSettings:
    """How somebody wants to be told; the row is made when it is first written to."""
    return NotificationSettings.objects.get_or_create(user=user)[0]
