"""Turns an Activity into lines of inboxes: one for each person and topic, which new news makes unread again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from urllib.parse import quote

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.mail import mail_works
from collab.models import Comment, Kind, Notification, NotificationSettings, Thread, Topic, Watch
from collab.selectors.audience import RANK, Hearer, News, hearers
from collab.services.subscribing import subscribe
from collab.verbs import OF_MODELS
from jobs.services import enqueue
from repos.models import Activity, Repository

OF_STATE = ("closed", "reopened", "merged")
MAIL_PAUSE = dt.timedelta(minutes=2)
_FOLDERS = {Kind.ISSUE: "issues", Kind.PULL: "pulls", Kind.DISCUSSION: "discussions"}


def notify(*, activity_id: int) -> int:
    """Tell everybody who should hear of an Activity; how many lines of inboxes are new or unread again.

    Access is asked for again here, and what was told already is not told a second time, so it may run twice.
    """
    activity = Activity.objects.select_related("repository__owner", "user").filter(pk=activity_id).first()
    if activity is None or activity.repository is None:
        return 0
    if activity.verb == "created repository":
        _watch_own(activity, activity.repository)
        return 0
    with transaction.atomic():
        news = _news(activity, activity.repository)
        if news is None:
            return 0
        if news.topic is not None and activity.user is not None and activity.verb.startswith(OF_STATE):
            subscribe(user=activity.user, reason="state", topic=news.topic)
        told = sum(_tell(news, batch) for batch in hearers(news))
        if told and mail_works():
            enqueue("collab.mail", delay=MAIL_PAUSE.total_seconds())
    return told


def _watch_own(activity: Activity, repository: Repository) -> None:
    """Who made a repository watches it, unless they do not want that."""
    user = activity.user
    if user is not None and not NotificationSettings.objects.filter(user=user, watch_new=False).exists():
        Watch.objects.get_or_create(user=user, repository=repository)


def _news(activity: Activity, repository: Repository) -> News | None:
    """What happened in the words of an inbox; None when what it is about is gone."""
    data, verb = activity.data, activity.verb
    if verb == "pushed":
        branch = activity.subject[:250]
        return News(activity, repository, "push", f"Pushes to {branch}", f"/commits/{quote(branch)}"[:600])
    if verb in OF_MODELS:
        return News(activity, repository, "model", activity.subject[:300], _model_url(activity))
    # The rows are locked, so that two jobs about one topic do not both make its line (SQLite has one writer anyway).
    topic = Topic.objects.select_for_update().filter(pk=data.get("topic"), repository=repository).first()
    thread = Thread.objects.select_for_update().filter(pk=data.get("thread"), repository=repository).first()
    if topic is not None:
        url = f"/{_FOLDERS[Kind(topic.kind)]}/{topic.number}"
        return News(activity, repository, topic.kind, topic.title, url, topic, thread)
    if thread is not None and thread.topic_id is None:
        return News(
            activity,
            repository,
            "talk",
            f"Talk on {activity.data.get('title') or thread.key}"[:300],
            f"/threads/{thread.pk}",
            None,
            thread,
        )
    return None


def _model_url(activity: Activity) -> str:
    model = activity.data.get("model")
    return f"/models/{quote(model, safe='')}"[:600] if isinstance(model, str) and model else "/models"


def _tell(news: News, batch: Sequence[Hearer]) -> int:
    """Write the lines of a batch: those that are there become unread, the others are made."""
    known = {row.user_id: row for row in _lines(news).filter(user__in=[each.user_id for each in batch])}
    comment = _comment(news)
    changed, fresh = [], []
    for each in batch:
        row = known.get(each.user_id)
        if row is None:
            fresh.append(_fresh(news, each, comment))
        elif _renew(row, news, each, comment):
            changed.append(row)
    fields = ("reason", "title", "url", "actor", "verb", "comment", "count", "is_unread", "is_done", "mail_due_at")
    Notification.objects.bulk_update(changed, [*fields, "updated_at", "last_activity"], batch_size=100)
    Notification.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=100)
    return len(changed) + len(fresh)


def _lines(news: News) -> QuerySet[Notification]:
    if news.topic is not None:
        return Notification.objects.filter(topic=news.topic)
    if news.thread is not None:
        return Notification.objects.filter(thread=news.thread)
    return Notification.objects.filter(
        repository=news.repository, topic=None, thread=None, kind=news.kind, url=news.url
    )


def _comment(news: News) -> Comment | None:
    return Comment.objects.filter(
        pk=news.activity.data.get("comment"), repository=news.repository, is_pending=False
    ).first()


def _fresh(news: News, hearer: Hearer, comment: Comment | None) -> Notification:
    return Notification(
        user_id=hearer.user_id,
        repository=news.repository,
        topic=news.topic,
        thread=None if news.topic is not None else news.thread,
        comment=comment,
        kind=news.kind,
        reason=hearer.reason,
        title=news.title,
        url=news.url,
        actor=news.activity.user,
        verb=news.activity.verb,
        mail_due_at=mail_due(hearer.mail, hearer.digest_at),
        updated_at=news.activity.created_at,
        last_activity=news.activity.pk,
    )


def _renew(row: Notification, news: News, hearer: Hearer, comment: Comment | None) -> bool:
    """Make a line tell this too; False when it told it already, or something later and nothing weightier."""
    weightier = RANK[hearer.reason] < RANK.get(row.reason, len(RANK))
    if row.last_activity >= news.activity.pk:
        # Jobs may run in another order than things happened: being called by name must not get lost.
        if weightier and row.is_unread:
            row.reason = hearer.reason
            return True
        return False
    waiting = row.is_unread and not row.is_done
    if not waiting or weightier:
        row.reason = hearer.reason
    row.comment = row.comment if waiting and row.comment_id is not None else comment
    row.count = row.count + 1 if waiting else 1
    row.title, row.url, row.verb, row.actor = news.title, news.url, news.activity.verb, news.activity.user
    row.is_unread, row.is_done = True, False
    row.updated_at, row.last_activity = news.activity.created_at, news.activity.pk
    row.mail_due_at = row.mail_due_at or mail_due(hearer.mail, hearer.digest_at)
    return True


def mail_due(mail: str, hour: int, now: dt.datetime | None = None) -> dt.datetime | None:
    """When the next mail goes to somebody; None: never. `mail` is one of NotificationSettings.Mail or ""."""
    now = now or timezone.now()
    if mail == NotificationSettings.Mail.EACH:
        return now + MAIL_PAUSE
    if mail not in (NotificationSettings.Mail.DAILY, NotificationSettings.Mail.WEEKLY):
        return None
    due = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    while due <= now or (mail == NotificationSettings.Mail.WEEKLY and due.weekday() != 0):
        due += dt.timedelta(days=1)
    return due
