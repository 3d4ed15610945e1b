"""Webhooks: the six calls, what is announced, the signature, attempts and their log, and where messages may not go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from jobs.models import Job
from registry import tasks
from registry.models import Webhook, WebhookDelivery
from registry.selectors.webhooks import deliveries_of
from registry.services.deliveries import KEPT, MOST_ATTEMPTS
from registry.services.events import DELIVER, EXAMPLES
from tests.registry.conftest import IS_PROMPT, SEE, Door, Registry
from tests.support.target import Target, running_target
from tests.tracking.conftest import DoorFor

CREATED = [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]
EVERYTHING = [dict(zip(("entity", "action"), event.upper().split("."), strict=True)) for event in EXAMPLES]


@pytest.fixture
def target(settings) -> Iterator[Target]:
    settings.ALLOW_PRIVATE_TARGETS = True
    with running_target() as found:
        yield found


@pytest.fixture
def owner(repo, alice, token_for) -> Door:
    """Calls by alice, who administers the repository, with a token that may."""
    return Door(repo, token_for(alice, "admin"))


def make(door: Door, target: Target, **fields: Any) -> Any:
    body = {"name": "hook", "url": target.url, "events": CREATED, **fields}
    return door.ok("POST", "webhooks", body)["webhook"]


def work() -> int:
    """Do the waiting jobs, as a worker would; returns how many there were."""
    jobs = list(Job.objects.filter(state=Job.State.WAITING, task="registry.deliver_webhook").order_by("pk"))
    for job in jobs:
        tasks.deliver_webhook(job.pk)
    return len(jobs)


def test_the_six_calls(owner: Door, target: Target) -> None:
    made = make(owner, target, description="tells", secret="s3cret")
    assert made == {
        "webhook_id": made["webhook_id"],
        "name": "hook",
        "url": target.url,
        "events": CREATED,
        "status": "ACTIVE",
        "creation_timestamp": made["creation_timestamp"],
        "last_updated_timestamp": made["creation_timestamp"],
        "description": "tells",
    }
    path = f"webhooks/{made['webhook_id']}"
    assert owner.ok("GET", path)["webhook"] == made
    assert owner.ok("GET", "webhooks")["webhooks"] == [made]
    events = [{"entity": 2, "action": "1"}, {"entity": "PROMPT", "action": "CREATED"}]
    change = {"webhook_id": made["webhook_id"], "name": "other", "events": events, "status": 2, "description": ""}
    changed = owner.ok("PATCH", path, change)["webhook"]
    assert changed["events"] == [
        {"entity": "MODEL_VERSION", "action": "CREATED"},
        {"entity": "PROMPT", "action": "CREATED"},
    ]
    assert (changed["name"], changed["status"], changed["url"]) == ("other", "DISABLED", target.url)
    assert "description" not in changed
    assert owner.ok("PATCH", path, {"status": "ACTIVE"})["webhook"]["status"] == "ACTIVE"
    assert owner.ok("POST", f"{path}/test", {})["result"]["success"] is True
    assert owner.ok("DELETE", path, {"webhook_id": made["webhook_id"]}) == {}
    gone = (404, "RESOURCE_DOES_NOT_EXIST", f"Webhook with ID {made['webhook_id']} not found.")
    for method, where in (("GET", path), ("PATCH", path), ("DELETE", path), ("POST", f"{path}/test")):
        assert owner.refused(method, where, None if method == "GET" else {}) == gone
    assert owner.ok("GET", "webhooks") == {}
    assert not WebhookDelivery.objects.exists()


def test_the_secret_is_sealed_and_never_shown(owner: Door, target: Target) -> None:
    made = make(owner, target, secret="open sesame")
    assert "secret" not in made
    assert "open sesame" not in str(list(Webhook.objects.values()))
    path = f"webhooks/{made['webhook_id']}"
    assert b"sesame" not in owner("GET", path).body
    owner.ok("POST", f"{path}/test", {})
    assert "X-MLflow-Signature" in target.received[0].headers
    owner.ok("PATCH", path, {"name": "same"})
    owner.ok("POST", f"{path}/test", {})
    assert "X-MLflow-Signature" in target.received[1].headers
    owner.ok("PATCH", path, {"secret": ""})
    owner.ok("POST", f"{path}/test", {})
    assert "X-MLflow-Signature" not in target.received[2].headers


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, f"Missing value for required parameter 'name'.{SEE}"),
        ({"name": "Upper"}, "Webhook name 'Upper' is invalid. It must start and end with a letter or digit"),
        ({"name": "-x"}, "Webhook name '-x' is invalid."),
        ({"name": "x" * 64}, f"Webhook name '{'x' * 64}' is invalid."),
        ({"name": "x\n"}, "Webhook name 'x\\n' is invalid."),
        ({"url": ""}, f"Missing value for required parameter 'url'.{SEE}"),
        ({"url": "  "}, "Webhook URL cannot be empty or just whitespace: '  '"),
        ({"url": "ftp://x/"}, "Invalid URL scheme: 'ftp'."),
        ({"url": "http://"}, "The URL must include a hostname"),
        ({"url": "http://x.invalid./"}, "The host name 'x.invalid' cannot be resolved."),
        ({"events": []}, "Webhook events must be a non-empty list of WebhookEvent objects: []."),
        ({"events": [{"entity": "CAT", "action": "CREATED"}]}, "Unknown webhook entity 'cat'. Valid entities are: ["),
        ({"events": [{"entity": 99, "action": "CREATED"}]}, "Unknown webhook entity '99'."),
        ({"events": [{"entity": "BUDGET_POLICY", "action": "EXCEEDED"}]}, "Unknown webhook entity 'budget_policy'."),
        (
            {"events": [{"entity": "MODEL_VERSION", "action": "DELETED"}]},
            "Invalid action 'deleted' for entity 'model_version'. Valid actions are: ['created']",
        ),
        ({"events": [{"entity": "PROMPT"}]}, "Missing value for required parameter 'events[0].action'."),
        ({"status": "ASLEEP"}, "Unknown webhook status 'ASLEEP'. Use ACTIVE or DISABLED."),
        ({"description": "d" * 1001}, "'description' exceeds the maximum length of 1000 characters"),
        ({"secret": "s" * 1001}, "'secret' exceeds the maximum length of 1000 characters"),
    ],
)
def test_create_refuses(owner: Door, target: Target, fields, message) -> None:
    body = {"name": "hook", "url": target.url, "events": CREATED, **fields}
    status, code, said = owner.refused("POST", "webhooks", body)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert said.startswith(message)
    assert not Webhook.objects.exists()


def test_the_own_network_is_refused_unless_allowed(owner: Door, target: Target, settings) -> None:
    """The attack: a webhook that posts to the hub's own network, or to the keys of a cloud machine."""
    made = make(owner, target)
    settings.ALLOW_PRIVATE_TARGETS = False
    for url in ("https://127.0.0.1/", "https://169.254.169.254/latest/", "https://localhost/", "https://[::1]/"):
        status, code, said = owner.refused("POST", "webhooks", {"name": "x", "url": url, "events": CREATED})
        assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
        assert "not a public address" in said
        assert owner.refused("PATCH", f"webhooks/{made['webhook_id']}", {"url": url})[0] == 400
    # What was saved before, or whose name leads elsewhere now, is judged again when it is sent.
    Webhook.objects.update(url=target.url.replace("http:", "https:"))
    result = owner.ok("POST", f"webhooks/{made['webhook_id']}/test", {})["result"]
    assert "not a public address" in result["error_message"]
    Registry(owner).model()
    assert work() == 1
    delivery = WebhookDelivery.objects.order_by("pk").last()
    assert (delivery.state, delivery.attempts) == ("failed", 1)
    assert target.received == []


def test_only_administrators_handle_webhooks(
    owner: Door, target: Target, door_for: DoorFor, alice, bob, carol, mallory
) -> None:
    path = f"webhooks/{make(owner, target)['webhook_id']}"
    body = {"name": "x", "url": target.url, "events": CREATED}
    calls = [
        ("POST", "webhooks", body), ("GET", "webhooks", None), ("GET", path, None), ("PATCH", path, {"name": "y"}),
        ("DELETE", path, {}), ("POST", f"{path}/test", {}),
    ]  # fmt: skip
    for method, where, sent in calls:
        for user, status in ((alice, 403), (bob, 403), (carol, 403), (mallory, 404), (None, 401)):
            assert door_for(user)(method, where, sent).status == status
    assert Webhook.objects.get().name == "hook"
    assert target.received == []


def test_webhooks_of_other_repositories_are_not_there(
    owner: Door, target: Target, other_repo, alice, token_for
) -> None:
    path = f"webhooks/{make(owner, target)['webhook_id']}"
    other = Door(other_repo, token_for(alice, "admin"))
    assert other.refused("GET", path)[0] == 404
    assert other.ok("GET", "webhooks") == {}
    Registry(other).model()
    assert not WebhookDelivery.objects.exists()


def test_webhooks_come_in_pages(owner: Door, target: Target) -> None:
    for number in range(3):
        make(owner, target, name=f"hook{number}")
        Webhook.objects.filter(name=f"hook{number}").update(created_at=number)
    first = owner.ok("GET", "webhooks", max_results=2)
    assert [found["name"] for found in first["webhooks"]] == ["hook2", "hook1"]
    rest = owner.ok("GET", "webhooks", max_results=2, page_token=first["next_page_token"])
    assert [found["name"] for found in rest["webhooks"]] == ["hook0"]
    assert "next_page_token" not in rest
    assert owner.refused("GET", "webhooks", max_results=1001)[0] == 400
    assert len(owner.ok("GET", "webhooks", max_results=0)["webhooks"]) == 3


def test_a_message_is_signed(owner: Door, target: Target) -> None:
    make(owner, target, secret="s3cret")
    Registry(owner).model("iris", description="flower", tags=[{"key": "k", "value": "v"}])
    assert target.received == []
    assert work() == 1
    [found] = target.received
    headers = found.headers
    assert headers["Content-Type"] == "application/json"
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.".encode() + found.body
    expected = base64.b64encode(hmac.new(b"s3cret", signed, hashlib.sha256).digest()).decode()
    assert headers["X-MLflow-Signature"] == f"v1,{expected}"
    assert abs(int(headers["X-MLflow-Timestamp"]) - time.time()) < 60
    message = json.loads(found.body)
    assert message.pop("timestamp").endswith("+00:00")
    assert message == {
        "entity": "registered_model",
        "action": "created",
        "data": {"name": "iris", "tags": {"k": "v"}, "description": "flower"},
    }
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.response_status) == ("delivered", 1, 200)
    assert (delivery.response_body, delivery.error) == ("thanks", "")
    assert delivery.uuid == headers["X-MLflow-Delivery-Id"]
    assert delivery.milliseconds is not None
    assert delivery.attempted_at is not None
    assert work() == 0


def said(target: Target) -> list[tuple[str, Any]]:
    """The events that arrived, with their data."""
    while work():
        pass
    messages = [json.loads(found.body) for found in target.received]
    return [(f"{message['entity']}.{message['action']}", message["data"]) for message in messages]


def test_every_event_of_models(owner: Door, target: Target) -> None:
    make(owner, target, events=EVERYTHING)
    registry, ok = Registry(owner), owner.ok
    registry.model("iris")
    registry.version("iris", "s3://b/m", tags=[{"key": "a", "value": "b"}], description="d")
    version = {"name": "iris", "version": "1"}
    ok("POST", "model-versions/set-tag", {**version, "key": "k", "value": "v"})
    ok("DELETE", "model-versions/delete-tag", {**version, "key": "k"})
    ok("DELETE", "model-versions/delete-tag", {**version, "key": "k"})
    ok("POST", "registered-models/alias", {**version, "alias": "best"})
    ok("DELETE", "registered-models/alias", {"name": "iris", "alias": "best"})
    ok("DELETE", "registered-models/alias", {"name": "iris", "alias": "best"})
    ok("POST", "registered-models/set-tag", {"name": "iris", "key": "k", "value": "v"})
    about = {"name": "iris", "version": "1"}
    created = {**about, "source": "s3://b/m", "run_id": None, "tags": {"a": "b"}, "description": "d"}
    assert said(target) == [
        ("registered_model.created", {"name": "iris", "tags": {}, "description": ""}),
        ("model_version.created", created),
        ("model_version_tag.set", {**about, "key": "k", "value": "v"}),
        ("model_version_tag.deleted", {**about, "key": "k"}),
        ("model_version_alias.created", {"name": "iris", "alias": "best", "version": "1"}),
        ("model_version_alias.deleted", {"name": "iris", "alias": "best"}),
    ]


def test_every_event_of_prompts(owner: Door, target: Target) -> None:
    make(owner, target, events=EVERYTHING)
    registry, ok = Registry(owner), owner.ok
    registry.prompt("greeting", "Hello {{name}}")
    version = {"name": "greeting", "version": "1"}
    ok("POST", "registered-models/set-tag", {"name": "greeting", "key": "k", "value": "v"})
    ok("DELETE", "registered-models/delete-tag", {"name": "greeting", "key": "k"})
    ok("POST", "model-versions/set-tag", {**version, "key": "k", "value": "v"})
    ok("DELETE", "model-versions/delete-tag", {**version, "key": "k"})
    ok("POST", "registered-models/alias", {**version, "alias": "best"})
    ok("DELETE", "registered-models/alias", {"name": "greeting", "alias": "best"})
    assert said(target) == [
        ("prompt.created", {"name": "greeting", "tags": {}, "description": ""}),
        ("prompt_version.created", {**version, "template": "Hello {{name}}", "tags": {}, "description": None}),
        ("prompt_tag.set", {"name": "greeting", "key": "k", "value": "v"}),
        ("prompt_tag.deleted", {"name": "greeting", "key": "k"}),
        ("prompt_version_tag.set", {**version, "key": "k", "value": "v"}),
        ("prompt_version_tag.deleted", {**version, "key": "k"}),
        ("prompt_alias.created", {"name": "greeting", "alias": "best", "version": "1"}),
        ("prompt_alias.deleted", {"name": "greeting", "alias": "best"}),
    ]


def test_what_was_refused_is_not_announced(owner: Door, target: Target) -> None:
    make(owner, target, events=EVERYTHING)
    registry = Registry(owner)
    registry.model()
    owner.refused("POST", "registered-models/create", {"name": "iris"})
    owner.refused("POST", "model-versions/create", {"name": "iris", "source": "runs:/x/y"})
    assert [event for event, _ in said(target)] == ["registered_model.created"]


def test_webhooks_get_what_they_asked_for(owner: Door, target: Target) -> None:
    make(owner, target, name="prompts", events=[{"entity": "PROMPT", "action": "CREATED"}])
    make(owner, target, name="off", status="DISABLED")
    Registry(owner).model()
    assert not WebhookDelivery.objects.exists()
    Registry(owner).model("greeting", tags=[{"key": IS_PROMPT, "value": "true"}])
    assert [found.webhook.name for found in WebhookDelivery.objects.all()] == ["prompts"]


def test_passing_failures_are_tried_again_with_growing_pauses(owner: Door, target: Target) -> None:
    make(owner, target, secret="s")
    target.answers = [(503, b"busy"), (429, b""), (500, b""), (200, b"at last")]
    Registry(owner).model()
    pauses = []
    for status in (503, 429, 500):
        assert work() == 1
        delivery = WebhookDelivery.objects.get()
        assert (delivery.state, delivery.response_status) == ("waiting", status)
        assert delivery.error == f"The target answered {status}."
        job = Job.objects.get(state=Job.State.WAITING, task=DELIVER)
        pauses.append(round((job.due_at - delivery.attempted_at).total_seconds()))
    assert pauses == [15, 60, 240]
    assert work() == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.error) == ("delivered", 4, "")
    assert work() == 0
    # The same message each time, known by the same id.
    assert {found.body for found in target.received} == {delivery.body.encode()}
    assert {found.headers["X-MLflow-Delivery-Id"] for found in target.received} == {delivery.uuid}


def test_after_five_attempts_it_is_given_up(owner: Door, target: Target) -> None:
    make(owner, target)
    target.answers = [(502, b"")]
    Registry(owner).model()
    attempts = 0
    while work():
        attempts += 1
    delivery = WebhookDelivery.objects.get()
    assert attempts == delivery.attempts == len(target.received) == MOST_ATTEMPTS
    assert delivery.state == "failed"
    assert not Job.objects.filter(task=DELIVER).exclude(state=Job.State.DONE).exists()


@pytest.mark.parametrize("status", [301, 400, 404, 410])
def test_lasting_failures_are_not_tried_again(owner: Door, target: Target, status) -> None:
    make(owner, target)
    target.answers = [(status, b"no")]
    target.headers = {"Location": target.url}
    Registry(owner).model()
    assert work() == 1
    assert work() == 0
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.response_status, len(target.received)) == ("failed", status, 1)


def test_a_target_that_is_away_is_tried_again(owner: Door, target: Target) -> None:
    make(owner, target)
    Webhook.objects.update(url="http://127.0.0.1:1/")
    Registry(owner).model()
    assert work() == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.response_status) == ("waiting", None)
    assert delivery.error == "127.0.0.1 could not be reached: Connection refused."
    assert Job.objects.filter(state=Job.State.WAITING, task=DELIVER).count() == 1


def test_what_waits_for_a_webhook_that_went_or_sleeps_is_not_sent(owner: Door, target: Target) -> None:
    made = make(owner, target)
    make(owner, target, name="goes")
    Registry(owner).model()
    owner.ok("PATCH", f"webhooks/{made['webhook_id']}", {"status": "DISABLED"})
    Webhook.objects.get(name="goes").deliveries.all().delete()
    assert work() == 2
    assert target.received == []
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.error) == ("failed", "The webhook was disabled before this could be sent.")


def test_a_secret_under_another_key_is_said_plainly(owner: Door, target: Target) -> None:
    make(owner, target, secret="s")
    Webhook.objects.update(sealed_secret="s1.AAAA")
    Registry(owner).model()
    assert work() == 1
    delivery = WebhookDelivery.objects.get()
    assert delivery.state == "failed"
    assert "Set the secret again." in delivery.error
    assert target.received == []


@pytest.mark.parametrize("event", sorted(EXAMPLES))
def test_an_example_of_every_event_can_be_sent(owner: Door, target: Target, event) -> None:
    path = f"webhooks/{make(owner, target)['webhook_id']}"
    entity, action = event.upper().split(".")
    target.answers = [(202, b"\xff\x00ok")]
    result = owner.ok("POST", f"{path}/test", {"event": {"entity": entity, "action": action}})["result"]
    assert result == {"success": True, "response_status": 202, "response_body": "\ufffd\ufffdok"}
    message = json.loads(target.received[0].body)
    assert (message["entity"], message["action"], message["data"]) == (*event.split("."), EXAMPLES[event])


def test_a_test_that_fails_says_why_and_is_not_repeated(owner: Door, target: Target) -> None:
    path = f"webhooks/{make(owner, target, status='DISABLED')['webhook_id']}"
    target.answers = [(500, b"x" * 10_000)]
    result = owner.ok("POST", f"{path}/test", {})["result"]
    assert (result["success"], result["response_status"]) == (False, 500)
    assert result["response_body"] == "x" * 4000
    assert result["error_message"] == "The target answered 500."
    assert json.loads(target.received[0].body)["entity"] == "registered_model"
    assert work() == 0
    assert owner.refused("POST", f"{path}/test", {"event": {"entity": "CAT", "action": "SET"}})[0] == 400


def test_the_log_keeps_the_latest(owner: Door, target: Target) -> None:
    make(owner, target)
    hook = Webhook.objects.get()
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=hook, uuid=f"old{number}", event="x.y", body="{}", state="delivered")
        for number in range(KEPT + 10)
    )
    owner.ok("POST", f"webhooks/{hook.uuid}/test", {})
    kept = list(deliveries_of(hook))
    assert len(kept) == KEPT
    assert kept[0].event == "registered_model.created"
    assert kept[-1].uuid == "old11"
