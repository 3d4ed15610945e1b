"""Webhooks: who is told what, the signature, attempts and their log, chats' formats, and where messages may not go."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from hub.lib.errors import Conflict, Invalid
from jobs.models import Job
from repos import hook_events, tasks
from repos.hook_events import Telling
from repos.hook_formats import content
from repos.models import Activity, Repository, Webhook, WebhookDelivery
from repos.services import webhooks
from repos.services.hook_deliveries import KEPT, MOST_ATTEMPTS, call_webhooks
from repos.services.repositories import change_repository
from tests.repos.conftest import BrowserOf
from tests.support.target import Target, running_target

SECRET = "rolling stones"


@pytest.fixture
def target(settings: Any) -> Iterator[Target]:
    settings.ALLOW_PRIVATE_TARGETS = True
    with running_target() as found:
        yield found


@pytest.fixture
def actor(alice: User) -> Actor:
    return Actor(user=alice)


def work(rounds: int = 4) -> None:
    """Do the waiting jobs of webhooks as a worker would, those that they enqueue too."""
    doers = {"repos.call_webhooks": tasks.call_webhooks, "repos.deliver_webhook": tasks.deliver_webhook}
    for _ in range(rounds):
        for job in Job.objects.filter(state=Job.State.WAITING, task__in=doers).order_by("pk"):
            doers[job.task](job.pk)


def test_a_change_is_told_and_signed(repo: Repository, actor: Actor, target: Target) -> None:
    hook = webhooks.create_webhook(actor=actor, place=repo, url=target.url, secret=SECRET)
    assert SECRET not in hook.sealed_secret
    change_repository(actor=actor, repository=repo, visibility="public")
    work()
    (heard,) = target.received
    told = json.loads(heard.body)
    assert told["action"] == "visibility" and told["repository"]["full_name"] == "alice/stones"
    assert told["sender"]["login"] == "alice"
    expected = hmac.digest(SECRET.encode(), heard.body, hashlib.sha256).hex()
    names = {"X-Cairn-Event", "X-Gitea-Event", "X-GitHub-Event"}
    assert {heard.headers[name] for name in names} == {"repository"}
    assert heard.headers["X-Cairn-Signature"] == heard.headers["X-Gitea-Signature"] == expected
    assert heard.headers["X-Hub-Signature-256"] == f"sha256={expected}"
    row = hook.deliveries.get()
    assert (row.state, row.response_status, row.response_body) == ("delivered", 200, "thanks")


def test_a_push_is_told_with_its_commits(filled: Repository, actor: Actor, target: Target) -> None:
    webhooks.create_webhook(actor=actor, place=filled, url=target.url, events=["push", "create"])
    made = Activity.objects.filter(repository=filled, verb="created branch", subject="main").get()
    pushed = Activity.objects.create(
        repository=filled, user=actor.user, verb="pushed", subject="main", data={**made.data, "commits": 2}
    )
    for row in (made, pushed):
        call_webhooks(activity_id=row.pk)
    work()
    create, push = (json.loads(each.body) for each in target.received)
    assert (create["ref"], create["ref_type"]) == ("main", "branch")
    assert push["ref"] == "refs/heads/main" and push["after"] == made.data["new"]
    assert push["commits"][0]["id"] == made.data["new"] and push["commits"][0]["message"]
    assert push["total_commits"] == 2 and push["pusher"]["login"] == "alice"


def test_only_what_is_wanted_is_told(repo: Repository, actor: Actor, alice: User, target: Target) -> None:
    webhooks.create_webhook(actor=actor, place=repo, url=target.url, events=["push"])
    webhooks.create_webhook(actor=actor, place=repo, url=target.url, is_active=False)
    change_repository(actor=actor, repository=repo, visibility="public")
    work()
    assert target.received == []
    webhooks.create_webhook(actor=actor, place=alice.owner, url=target.url, events=["repository"])
    change_repository(actor=actor, repository=repo, visibility="private")
    work()
    assert [each.headers["X-Cairn-Event"] for each in target.received] == ["repository"]


def test_pushes_to_other_branches_are_not_told(filled: Repository, actor: Actor, target: Target) -> None:
    webhooks.create_webhook(actor=actor, place=filled, url=target.url, branches="release/*")
    row = Activity.objects.filter(repository=filled, verb="created branch", subject="main").get()
    call_webhooks(activity_id=row.pk)
    work()
    assert target.received == []


def test_a_job_that_runs_twice_tells_once(repo: Repository, actor: Actor, target: Target) -> None:
    webhooks.create_webhook(actor=actor, place=repo, url=target.url)
    change_repository(actor=actor, repository=repo, visibility="public")
    row = Activity.objects.filter(verb="changed visibility").get()
    call_webhooks(activity_id=row.pk)
    call_webhooks(activity_id=row.pk)
    work()
    assert len(target.received) == 1


def test_failures_are_tried_again_and_then_given_up(repo: Repository, actor: Actor, target: Target) -> None:
    target.answers = [(503, b"later")]
    hook = webhooks.create_webhook(actor=actor, place=repo, url=target.url)
    change_repository(actor=actor, repository=repo, visibility="public")
    work(rounds=MOST_ATTEMPTS + 3)
    row = hook.deliveries.get()
    assert (row.state, row.attempts, row.response_status) == ("failed", MOST_ATTEMPTS, 503)
    assert len({each.headers["X-Cairn-Delivery"] for each in target.received}) == 1
    target.answers = [(200, b"")]
    again = webhooks.redeliver(delivery=row)
    with pytest.raises(Conflict):
        webhooks.redeliver(delivery=again)
    work()
    again.refresh_from_db()
    assert again.state == "delivered" and again.redelivers == row
    assert target.received[-1].body == target.received[0].body


def test_the_log_keeps_the_latest(repo: Repository, actor: Actor, target: Target) -> None:
    hook = webhooks.create_webhook(actor=actor, place=repo, url=target.url)
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=hook, uuid=str(number), event="push", body="{}", state="failed")
        for number in range(KEPT + 5)
    )
    webhooks.send_test(actor=actor, webhook=hook)
    assert hook.deliveries.count() == KEPT
    assert hook.deliveries.order_by("-pk")[0].event == "ping"


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "https://10.0.0.1/", "ftp://example.org/", "https://a b/", ""])
def test_private_and_broken_addresses_are_refused(repo: Repository, actor: Actor, url: str) -> None:
    """The attack: a webhook that makes the hub talk to its own network."""
    with pytest.raises(Invalid):
        webhooks.create_webhook(actor=actor, place=repo, url=url)
    assert not Webhook.objects.exists()


def test_an_address_that_became_private_is_not_called(repo: Repository, actor: Actor, settings: Any) -> None:
    settings.ALLOW_PRIVATE_TARGETS = True
    with running_target() as target:
        hook = webhooks.create_webhook(actor=actor, place=repo, url=target.url)
        settings.ALLOW_PRIVATE_TARGETS = False
        assert webhooks.send_test(actor=actor, webhook=hook).state == "failed"
        assert target.received == []


def test_chats_get_text_that_calls_nobody() -> None:
    """The attack: an issue's title that pings a whole channel, or leads elsewhere under a trusted name."""
    evil = Telling("issues", "opened", {}, "<!channel> [x](https://evil.example)", "https://hub/x", text="<@U1> & *b*")
    slack = json.loads(content(evil, "slack", repository="a/b", sender="eve")[0])
    assert "<!channel>" not in slack["text"] and "&lt;!channel&gt;" in slack["text"]
    assert "<@U1>" not in slack["attachments"][0]["text"]
    discord = json.loads(content(evil, "discord", repository="a/b", sender="eve")[0])
    assert discord["allowed_mentions"] == {"parse": []} and discord["embeds"][0]["url"] == "https://hub/x"
    teams = json.loads(content(evil, "teams", repository="a/b", sender="eve")[0])
    blocks = teams["attachments"][0]["content"]["body"]
    assert {block["type"] for block in blocks} == {"RichTextBlock"}
    form, kind = content(evil, "form", repository="a/b", sender="")
    assert form == "payload=%7B%7D" and kind == "application/x-www-form-urlencoded"


def test_pages(repo: Repository, alice: User, browser_of: BrowserOf, target: Target) -> None:
    page, base = browser_of(alice), "/alice/stones/settings/webhooks"
    made = page.post(f"{base}/new", {"url": target.url, "format": "json", "secret": SECRET, "is_active": "on"})
    hook = Webhook.objects.get()
    assert made.status_code == 302 and made["Location"] == f"{base}/{hook.pk}"
    assert page.post(f"{base}/{hook.pk}/test").status_code == 302
    delivery = hook.deliveries.get()
    shown = page.get(f"{base}/{hook.pk}/deliveries/{delivery.pk}").content.decode()
    assert "X-Cairn-Event: ping" in shown and "thanks" in shown
    # The secret is never shown again, and stays when the form is sent without one.
    assert SECRET not in page.get(f"{base}/{hook.pk}").content.decode() + shown
    sealed = hook.sealed_secret
    page.post(f"{base}/{hook.pk}", {"url": target.url, "format": "slack", "events": ["push"]})
    hook.refresh_from_db()
    assert (hook.format, hook.events, hook.is_active, hook.sealed_secret) == ("slack", ["push"], False, sealed)
    page.post(f"{base}/{hook.pk}", {"url": target.url, "format": "slack", "no_secret": "on"})
    hook.refresh_from_db()
    assert hook.sealed_secret == ""
    assert page.post(f"{base}/{hook.pk}/deletion")["Location"] == base
    assert not WebhookDelivery.objects.exists()


def test_webhooks_of_another_place_are_not_there(repo: Repository, alice: User, browser_of: BrowserOf) -> None:
    """The attack: a webhook of somebody else, opened under one's own repository."""
    other = Webhook.objects.create(owner=alice.owner, url="https://example.org")
    page: Client = browser_of(alice)
    assert page.get(f"/alice/stones/settings/webhooks/{other.pk}").status_code == 404
    assert page.get(f"/-/settings/webhooks/{other.pk}").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_a_constant_number_of_questions(
    repo: Repository, alice: User, browser_of: BrowserOf, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        Webhook.objects.create(repository=repo, url="https://example.org")
    page = browser_of(alice)
    page.get("/alice/stones/settings/webhooks")
    events = hook_events.events()
    assert len({event.key for event in events}) == len(events)
    with django_assert_num_queries(7):
        page.get("/alice/stones/settings/webhooks")
