"""Mail: several news become one, digests, stopping by a link; never to those who may not read any more."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from collab.models import Kind, Notification, NotificationSettings, Subscription
from collab.notice_links import feed_token, read_feed_token, read_stop_token, stop_token
from collab.services.comments import post_comment
from collab.services.inbox import change_settings, renew_links
from collab.services.mailing import ask_for_mail, send_due_mail
from collab.services.notifying import mail_due, notify
from collab.services.subscribing import subscribe
from collab.services.topics import new_topic
from jobs.models import Job
from repos.models import Activity
from repos.services.people import remove_collaborator


@pytest.fixture(autouse=True)
def _mail_works(settings):
    settings.MAIL_URL = "smtp://localhost"
    settings.HUB_URL = "https://hub.example.org/"


@pytest.fixture
def issue(repo, alice, bob):
    """alice's issue, on which bob has said two things that alice was told of."""
    topic = new_topic(actor=Actor(user=alice), repository=repo, kind=Kind.ISSUE, title="Loss is NaN")
    subscribe(user=alice, reason="author", topic=topic)
    say(topic, bob, "It *is*, since @somebody changed the data: [look](docs/a.md)")
    say(topic, bob, "<script>alert(1)</script> Here, too")
    return topic


def say(topic, user, body):
    comment = post_comment(actor=Actor(user=user), topic=topic, body=body)
    notify(activity_id=Activity.objects.filter(data__comment=comment.pk).latest("pk").pk)
    return comment


def make_due():
    Notification.objects.filter(mail_due_at__isnull=False).update(mail_due_at=timezone.now() - dt.timedelta(seconds=1))


def test_several_news_become_one_mail_of_a_conversation(issue, repo, bob):
    assert Job.objects.filter(task="collab.mail").count() == 1
    assert send_due_mail() == 0  # More may come within two minutes.
    make_due()
    assert send_due_mail() == 1
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([issue.author.email], "[alice/stones] Loss is NaN (#1)")
    headers = message.extra_headers
    assert headers["In-Reply-To"] == headers["References"] == f"<topic-{issue.pk}@hub.example.org>"
    assert headers["Message-ID"] != headers["References"]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "It *is*, since @somebody" in message.body and "Here, too" in message.body
    assert "You began this" in message.body
    html = message.alternatives[0][0]
    assert "<script" not in html
    assert 'href="https://hub.example.org/alice/stones/src/main/docs/a.md"' in html and 'href="/' not in html
    # Nothing waits any more; what is said next is a mail of its own, without what was mailed before.
    assert send_due_mail() == 0
    say(issue, bob, "Fixed by less data.")
    make_due()
    assert send_due_mail() == 1
    assert "Fixed by less data." in mail.outbox[1].body and "Here, too" not in mail.outbox[1].body
    assert mail.outbox[1].extra_headers["Message-ID"] != headers["Message-ID"]


def test_nothing_is_mailed_of_what_may_not_be_read_or_was_read(issue, repo, alice, bob):
    """A mail written two minutes after somebody was shut out must not tell them what was said."""
    say(issue, alice, "For bob")
    assert Notification.objects.filter(user=bob, mail_due_at__isnull=False).exists()
    remove_collaborator(actor=Actor(user=alice), repository=repo, user=bob)
    Notification.objects.filter(user=alice).update(is_unread=False)
    make_due()
    assert send_due_mail() == 0 and mail.outbox == []
    assert not Notification.objects.filter(mail_due_at__isnull=False).exists()


def test_digest_gathers_conversations(issue, repo, alice, bob):
    change_settings(user=alice, mail="daily", digest_at=6, own_actions=False, watch_new=True)
    second = new_topic(actor=Actor(user=alice), repository=repo, kind=Kind.ISSUE, title="Slow loader")
    subscribe(user=alice, reason="author", topic=second)
    say(second, bob, "Very slow.")
    assert send_due_mail() == 0  # Not before six.
    assert {row.mail_due_at.hour for row in Notification.objects.filter(user=alice)} == {6}
    make_due()
    Job.objects.all().delete()
    ask_for_mail()
    assert Job.objects.filter(task="collab.mail").exists()
    assert send_due_mail() == 1
    (message,) = mail.outbox
    assert message.subject == "2 conversations with news"
    assert "Loss is NaN" in message.body and "Slow loader" in message.body
    assert NotificationSettings.objects.get(user=alice).digest_sent_at is not None


def test_days_of_digests():
    friday = dt.datetime(2026, 11, 20, 8, 30, tzinfo=dt.UTC)
    assert mail_due("daily", 9, friday) == friday.replace(hour=9, minute=0)
    assert mail_due("daily", 8, friday) == friday.replace(day=21, hour=8, minute=0)
    assert mail_due("weekly", 7, friday) == friday.replace(day=23, hour=7, minute=0)
    assert mail_due("never", 7, friday) is mail_due("", 7, friday) is None


def test_nobody_without_address_and_no_mail_where_none_is_configured(issue, alice, settings):
    settings.MAIL_URL = ""
    assert send_due_mail() == 0
    alice.email = ""
    alice.save()
    settings.MAIL_URL = "smtp://localhost"
    make_due()
    assert send_due_mail() == 0 and not Notification.objects.filter(mail_due_at__isnull=False).exists()


def test_link_of_a_mail_stops_it_without_signing_in(issue, alice, browser_of):
    make_due()
    send_due_mail()
    url = re.search(
        r"<(https://hub.example.org(/-/notifications/stop/[^>]+))>", mail.outbox[0].extra_headers["List-Unsubscribe"]
    )[2]
    anybody = browser_of(None)
    assert anybody.get(url).status_code == 200
    assert not Subscription.objects.filter(user=alice, is_muted=True).exists()  # Looking changes nothing.
    assert anybody.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Subscription.objects.get(user=alice, topic=issue).is_muted


def test_links_are_whole_or_nothing_and_end_together(repo, alice, bob):
    row = NotificationSettings.objects.create(user=alice)
    stop, feed = stop_token(row, "topic", 7), feed_token(row)
    assert read_stop_token(stop).number == 7 and read_feed_token(feed) == alice
    # Neither opens what the other does, names somebody else or something else.
    sign = stop.rpartition("-")[2]
    NotificationSettings.objects.create(user=bob)
    for wrong in (
        f"{bob.pk}-topic-7-{sign}",
        f"{alice.pk}-topic-8-{sign}",
        f"{alice.pk}-thread-7-{sign}",
        "",
        "-",
        feed,
    ):
        assert read_stop_token(wrong) is None
    for wrong in (f"{alice.pk}-{sign}", f"{bob.pk}-{feed.partition('-')[2]}", "", "1", stop):
        assert read_feed_token(wrong) is None
    renew_links(user=alice)
    assert read_stop_token(stop) is None and read_feed_token(feed) is None


def test_feeds_are_read_by_token_and_say_when_nothing_is_new(issue, repo, alice, mallory, browser_of):
    nobody = browser_of(None)
    token = feed_token(NotificationSettings.objects.get_or_create(user=alice)[0])
    for path in ("activity.atom", "issues.atom", "discussions.atom"):
        where = f"/alice/stones/{path}"
        assert nobody.get(where).status_code == 404
        assert browser_of(mallory).get(where).status_code == 404
        answer = nobody.get(where, {"token": token})
        assert answer["Content-Type"].startswith("application/atom+xml")
        again = nobody.get(where, {"token": token}, headers={"if-none-match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert b"#1 Loss is NaN" in nobody.get("/alice/stones/issues.atom", {"token": token}).content
    assert b"commented on issue" in nobody.get("/-/activity.atom", {"token": token}).content
    assert nobody.get("/-/activity.atom", {"token": token + "0"}).status_code == 404
    # The token reads feeds and nothing else.
    assert nobody.get("/alice/stones/activity", {"token": token}).status_code == 404


def test_activity_hides_what_may_not_be_seen(issue, alice, mallory, browser_of):
    """What bob does in a private repository must not show on his page to a stranger."""
    for path in ("/bob/?tab=activity", "/bob.atom"):
        assert b"Loss is NaN" in browser_of(alice).get(path).content
        assert b"Loss is NaN" not in browser_of(mallory).get(path).content


def test_activity_is_paged_at_constant_cost(repo, alice, browser_of):
    browser, cost = browser_of(alice), set()
    for number in range(45):
        facts = {"owner": repo.owner, "user": alice, "verb": "created branch", "subject": f"b{number}."}
        Activity.objects.create(repository=repo, **facts)
        if number in (1, 3):
            with CaptureQueriesContext(connection) as queries:
                browser.get("/alice/stones/activity")
            cost.add(len(queries))
    assert len(cost) == 1
    first = browser.get("/alice/stones/activity")
    assert b"b44." in first.content and b"b2." not in first.content
    assert b"b2." in browser.get(f"/alice/stones/activity?before={first.context['next']}").content
    assert browser.get("/alice/stones/activity?before=x").status_code == 400


def test_settings_page_says_when_no_mail_goes_out(alice, browser_of, settings):
    browser = browser_of(alice)
    User.objects.update(email="")
    assert b"You have given no e-mail address" in browser.get("/-/settings/notifications").content
    settings.MAIL_URL = ""
    assert b"This hub sends no mail" in browser.get("/-/settings/notifications").content
    assert not NotificationSettings.objects.exists()
    assert browser.post("/-/settings/notifications", {"mail": "hourly", "digest_at": "25"}).status_code == 400
    assert browser.post("/-/settings/notifications", {"mail": "weekly", "digest_at": "5"}).status_code == 302
    assert NotificationSettings.objects.values_list("mail", "digest_at", "watch_new").get() == ("weekly", 5, False)
