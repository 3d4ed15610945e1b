"""Sends notices as mail: one for each conversation with all that is new in it, or a digest."""

from __future__ import annotations

import datetime as dt
import smtplib
from collections.abc import Sequence
from urllib.parse import urlsplit

import structlog
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.actor import Actor
from accounts.mail import mail_works
from accounts.models import User
from collab.models import Notification, NotificationSettings
from collab.notice_links import stop_token
from collab.selectors.audience import REASONS
from collab.selectors.mails import Letter, hub_address, letter_of, people_with_mail_due, waiting_mail
from collab.services.notifying import MAIL_PAUSE
from collab.services.subscribing import settings_of
from jobs.services import enqueue

log = structlog.get_logger()
PEOPLE_AT_ONCE = 100


def ask_for_mail() -> None:
    """Have mail sent when some is due: digests, and what came while another mail waited."""
    if mail_works() and people_with_mail_due(timezone.now(), limit=1):
        enqueue("collab.mail")


def send_due_mail() -> int:
    """Send what is due to at most PEOPLE_AT_ONCE people, and ask for another round when more wait; how many mails.

    What cannot be sent keeps waiting; a mail server that does not answer fails the job, which is tried again.
    """
    if not mail_works():
        return 0
    # Of what comes within the pause, several become one.
    now = timezone.now()
    people = people_with_mail_due(now, limit=PEOPLE_AT_ONCE)
    connection = get_connection()
    try:
        sent = sum(_send_to(user, connection, now) for user in people)
    finally:
        connection.close()
    if len(people) == PEOPLE_AT_ONCE:
        enqueue("collab.mail")
    return sent


def _send_to(user: User, connection: BaseEmailBackend, now: dt.datetime) -> int:
    row = settings_of(user)
    if not (user.email and user.is_active) or row.mail == NotificationSettings.Mail.NEVER:
        Notification.objects.filter(user=user).update(mail_due_at=None)
        return 0
    digest = row.mail != NotificationSettings.Mail.EACH
    # Without a digest, what would be due in a moment goes along now.
    until = now if digest else now + MAIL_PAUSE
    notices = waiting_mail(Actor(user=user), until)
    letters = [letter_of(Actor(user=user), notice) for notice in notices]
    mails = [_digest(row, letters)] if digest and letters else [_mail(row, letter) for letter in letters]
    try:
        for message in mails:
            message.connection = connection
            message.send()
    except smtplib.SMTPRecipientsRefused:
        # Tried again, it would be refused again; the inbox has it all.
        log.warning("mail_refused", user=user.pk)
        mails = []
    _settle(user, notices, until, now)
    if digest and mails:
        NotificationSettings.objects.filter(pk=row.pk).update(digest_sent_at=now)
    return len(mails)


def _settle(user: User, notices: Sequence[Notification], until: dt.datetime, now: dt.datetime) -> None:
    """Nothing of these waits any more, nor what was read meanwhile or may not be seen; what came just now does."""
    for notice in notices:
        Notification.objects.filter(pk=notice.pk).update(mailed_at=now)
        Notification.objects.filter(pk=notice.pk, last_activity=notice.last_activity).update(mail_due_at=None)
    kept = [notice.pk for notice in notices]
    Notification.objects.filter(user=user, mail_due_at__lte=until).exclude(pk__in=kept).update(mail_due_at=None)


def _mail(row: NotificationSettings, letter: Letter) -> EmailMultiAlternatives:
    """A mail about one conversation; mail programs gather those of a conversation by References."""
    notice = letter.notice
    root, what, number = _root(notice)
    stop = _stop_url(row, what, number)
    context = {
        "letter": letter, "why": REASONS.get(notice.reason, ""), "stop_url": stop, 
        "settings_url": f"{hub_address()}/-/settings/notifications",
    }  # fmt: skip
    message = _message(row, letter.subject, "notice", context, stop)
    here = f"<{root}.{notice.last_activity}.{row.user_id}@{_host()}>"
    message.extra_headers |= {"Message-ID": here, "In-Reply-To": f"<{root}@{_host()}>"}
    message.extra_headers |= {"References": f"<{root}@{_host()}>", "X-Cairn-Reason": notice.reason}
    message.extra_headers["List-ID"] = f"<{notice.repository.name}.{notice.repository.owner.slug}.{_host()}>"
    return message


def _digest(row: NotificationSettings, letters: Sequence[Letter]) -> EmailMultiAlternatives:
    stop = _stop_url(row, "mail", 0)
    context = {
        "letters": letters, "stop_url": stop, "settings_url": f"{hub_address()}/-/settings/notifications",
        "inbox_url": f"{hub_address()}/-/notifications", "weekly": row.mail == NotificationSettings.Mail.WEEKLY,
    }  # fmt: skip
    count = len(letters)
    subject = f"{count} conversation{'s' if count > 1 else ''} with news"
    message = _message(row, subject, "digest", context, stop)
    message.extra_headers["Message-ID"] = f"<digest.{letters[0].notice.last_activity}.{row.user_id}@{_host()}>"
    return message


def _message(
    row: NotificationSettings, subject: str, template: str, context: dict[str, object], stop: str
) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split())[:250],
        body=render_to_string(f"emails/{template}.txt", context),
        to=[row.user.email],
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "Precedence": "list",
        },
    )
    message.attach_alternative(render_to_string(f"emails/{template}.html", context), "text/html")
    return message


def _root(notice: Notification) -> tuple[str, str, int]:
    """The name of a conversation in mails, and what a link that stops it stops."""
    if notice.topic_id is not None:
        return f"topic-{notice.topic_id}", "topic", notice.topic_id
    if notice.thread_id is not None:
        return f"thread-{notice.thread_id}", "thread", notice.thread_id
    return f"{notice.kind}-{notice.pk}", "repository", notice.repository_id


def _stop_url(row: NotificationSettings, what: str, number: int) -> str:
    # SECURITY: the only secret in a mail; it can stop mail and nothing else.
    return f"{hub_address()}/-/notifications/stop/{stop_token(row, what, number)}"


def _host() -> str:
    return urlsplit(hub_address()).hostname or "localhost"
