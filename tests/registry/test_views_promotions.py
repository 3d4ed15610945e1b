"""The pages of promotion: rules, requests, decisions, the trail and its files; what hostile words become there."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.levels import Level
from accounts.models import User
from registry.models import Door, ModelEvent, Promotion, PromotionRule
from registry.services.aliases import set_alias
from registry.services.promotion_rules import set_rule
from registry.services.tags import set_version_tag
from registry.services.versions import describe_model_version
from repos.models import Repository
from tests.factories.registry import make_model, make_request, make_version
from tests.factories.tracking import make_experiment, make_run
from tests.registry.test_views_models import BrowserOf, events_of, questions, text_of

LIST = "/alice/stones/models"
PETAL = f"{LIST}/petal"
REQUEST = f"{PETAL}/requests/1"
EVIL = [
    "<script>alert(1)</script>", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>',
    "<a href='data:text/html,x'>x</a>", "{{ 7*7 }}", "<style>*{display:none}</style>",
]  # fmt: skip


@pytest.fixture
def asked(repo: Repository, alice: User, bob: User) -> Promotion:
    """petal version 1 is to be @champion: bob has asked, one approval is needed."""
    return make_request(repo, "petal", asks=Actor(user=bob), rules=Actor(user=alice))


@pytest.fixture
def alices(alice: User, browser_of: BrowserOf) -> Client:
    return browser_of(alice)


@pytest.fixture
def bobs(bob: User, browser_of: BrowserOf) -> Client:
    return browser_of(bob)


def test_the_whole_way_from_a_rule_to_the_alias(repo: Repository, alices: Client, bobs: Client) -> None:
    make_model(repo)
    experiment = make_experiment(repo)
    for score in (0.5, 0.95):
        make_version(repo, run_id=make_run(repo, experiment, metrics={"acc": [score]}).uuid)
    rule = {"kind": "alias", "target": "@champion", "approvals": "1", "level": "20", "gates": "metrics.acc>=.9\n"}
    page = text_of(alices.post(f"{LIST}/iris/rules/setting", rule, follow=True))
    assert "metrics.acc >= 0.9" in page and "@champion is moved by request from now on" in page
    asking = bobs.post(f"{LIST}/iris/aliases", {"alias": "champion", "version": "1"})
    assert asking["Location"] == f"{LIST}/iris/1/promotion?alias=champion"
    assert "acc is 0.5, not ≥ 0.9" in text_of(bobs.get(asking["Location"]))
    for number in (1, 2):
        words = {"kind": "alias", "target": "champion", "reason": "Please **look**"}
        answer = bobs.post(f"{LIST}/iris/{number}/promotion", words)
        assert answer["Location"] == f"{LIST}/iris/requests/{number}"
    assert alices.get(LIST).context["requests"] == 2
    approve = {"verdict": "approve", "seen": "", "comment": "Fine"}
    assert "it is applied once its gates" in text_of(
        alices.post(f"{LIST}/iris/requests/1/review", approve, follow=True)
    )
    assert "Version 2 has @champion now." in text_of(
        alices.post(f"{LIST}/iris/requests/2/review", approve, follow=True)
    )
    assert "<strong>look</strong>" in text_of(bobs.get(f"{LIST}/iris/requests/2"))
    words = [event.words for event in events_of(bobs.get(f"{LIST}/iris/history?kind=promotions"))]
    assert words[:3] == [
        "promoted version 2 to @champion", "approved version 2 to be @champion", "approved version 1 to be @champion",
    ]  # fmt: skip


def test_a_page_that_is_out_of_date_decides_nothing(repo: Repository, asked: Promotion, alices: Client) -> None:
    make_version(repo, "petal")
    PromotionRule.objects.all().delete()
    set_alias(repository=repo, name="petal", alias="champion", version="2", actor=Actor(user=asked.asked_by))
    answer = alices.post(f"{REQUEST}/review", {"verdict": "approve", "seen": "", "comment": "Yes"})
    assert answer.status_code == 409
    assert "is at version 2 now" in text_of(answer) and "Nothing was recorded" in text_of(answer)
    assert not asked.reviews.exists()


def test_own_requests_are_withdrawn_and_not_approved(asked: Promotion, bobs: Client) -> None:
    assert 'value="approve"' not in text_of(bobs.get(REQUEST))
    answer = bobs.post(f"{REQUEST}/review", {"verdict": "approve", "comment": "Mine"})
    assert answer.status_code == 403 and "Somebody else decides" in text_of(answer)
    assert "is withdrawn" in text_of(bobs.post(f"{REQUEST}/withdrawal", {"comment": "Later"}, follow=True))
    assert "Later" in text_of(bobs.get(REQUEST))


def test_what_was_written_stays_when_it_is_refused(asked: Promotion, alices: Client) -> None:
    answer = alices.post(f"{REQUEST}/override", {"reason": " "})
    assert answer.status_code == 400 and "Say why the rule is overridden" in text_of(answer)
    asked.asked_by = None
    long = "x" * 5001
    answer = alices.post(f"{REQUEST}/review", {"verdict": "approve", "comment": long})
    assert answer.status_code == 400 and long in text_of(answer)


def test_readers_see_and_are_offered_nothing(asked: Promotion, carol: User, browser_of: BrowserOf) -> None:
    reader = browser_of(carol)
    for page in (REQUEST, f"{PETAL}/rules", f"{PETAL}/requests", "/alice/stones/promotions", f"{PETAL}/history"):
        shown = text_of(reader.get(page))
        assert 'method="post"' not in shown.partition("<main")[2], page


@pytest.mark.parametrize("words", EVIL)
def test_hostile_words_are_words(repo: Repository, alices: Client, bobs: Client, asked: Promotion, words: str) -> None:
    """The attack: markup in a reason, a comment or an override, read by an administrator."""
    alices.post(f"{REQUEST}/review", {"verdict": "refuse", "seen": "", "comment": words})
    bobs.post(f"{PETAL}/1/promotion", {"kind": "alias", "target": "champion", "reason": words})
    alices.post(f"{PETAL}/requests/2/override", {"reason": words})
    set_version_tag(repository=repo, name="petal", version="1", key="k", value=words, actor=Actor(user=asked.asked_by))
    assert [each.state for each in Promotion.objects.order_by("number")] == ["refused", "done"]
    for page in (REQUEST, f"{PETAL}/requests/2", f"{PETAL}/history", "/alice/stones/promotions/history", PETAL):
        main = alices.get(page).content.decode().partition("<main")[2].partition("</main>")[0]
        for bad in (
            "<script>alert",
            "onerror=alert(1)>",
            "<svg onload",
            'href="javascript:',
            'href="data:',
            "<style>*",
        ):
            assert bad not in main, (page, bad)


def test_lists_ask_the_same_however_many(
    repo: Repository, asked: Promotion, alice: User, bob: User, alices: Client
) -> None:
    addresses = ("/alice/stones/promotions", f"{PETAL}/history", "/alice/stones/promotions/history")
    alices.get(PETAL)
    one = [questions(alices, address) for address in addresses]
    for name in ("rose", "lily"):
        make_request(repo, name, asks=Actor(user=bob), rules=Actor(user=alice))
    assert [questions(alices, address) for address in addresses] == one == [10, 8, 8]
    assert questions(alices, REQUEST) == 11


def test_the_trail_is_narrowed_and_says_what_was_and_is(
    repo: Repository, asked: Promotion, bob: User, bobs: Client
) -> None:
    actor = Actor(user=bob)
    for words in ("First", "Second"):
        describe_model_version(repository=repo, name="petal", version="1", description=words, actor=actor)
    set_version_tag(
        repository=repo, name="petal", version="1", key="k", value="x" * 5000, actor=actor, door=Door.MLFLOW
    )  # fmt: skip
    set_version_tag(repository=repo, name="petal", version="1", key="k", value="x" * 5000, actor=actor)
    texts = events_of(bobs.get(f"{PETAL}/history?kind=texts"))
    assert [(event.words, event.door) for event in texts] == [
        ("set tag k of version 1", "MLflow client"),
        ("described version 1", "Browser"),
        ("described version 1", "Browser"),
    ]
    assert texts[1].changes == [("description", "First", "Second")]
    assert texts[0].changes[0][2].endswith("… (5000 characters)")
    assert [event.who for event in events_of(bobs.get(f"{PETAL}/history?who=ALICE"))] == ["alice"]
    assert len(events_of(bobs.get(f"{PETAL}/history?door=mlflow"))) == 1
    for wrong in ("kind=x", "door=x", "who=" + "x" * 200):
        assert bobs.get(f"{PETAL}/history?{wrong}").status_code == 400


def test_the_trail_is_handed_out_whole(repo: Repository, asked: Promotion, bobs: Client) -> None:
    set_version_tag(
        repository=repo, name="petal", version="1", key="k", value='=cmd|"x"', actor=Actor(user=asked.asked_by)
    )  # fmt: skip
    answer = bobs.get(f"{PETAL}/history/export?form=json")
    assert answer["Content-Disposition"] == 'attachment; filename="petal-history.json"'
    rows = json.loads(whole(answer))
    assert [row["what"] for row in rows] == [
        "registered model", "registered version", "set promotion rule", "asked for promotion", "set tag",
    ]  # fmt: skip
    assert rows[3]["who"] == "bob" and rows[3]["details"]["reason"] == "Better" and rows[3]["door"] == "web"
    lines = list(csv.reader(io.StringIO(whole(bobs.get(f"{PETAL}/history/export")))))
    assert len(lines) == 6 and lines[4][:2] == [rows[3]["time"], "bob"]
    assert json.loads(whole(bobs.get(f"{LIST}/petal/history/export?form=json&who=nobody"))) == []
    assert len(json.loads(whole(bobs.get("/alice/stones/promotions/history/export?form=json")))) == 5
    assert bobs.get(f"{PETAL}/history/export?form=xml").status_code == 400


def test_cells_that_a_spreadsheet_would_run_are_text(repo: Repository, bobs: Client) -> None:
    """The attack: a model whose name is a formula."""
    make_model(repo, '=HYPERLINK("x")')
    lines = list(csv.reader(io.StringIO(whole(bobs.get("/alice/stones/promotions/history/export")))))
    assert lines[1][3] == '\'=HYPERLINK("x")'


def whole(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def test_what_a_rule_governs_is_lost_only_by_administrators_who_say_why(
    repo: Repository, asked: Promotion, alices: Client, bobs: Client
) -> None:
    alices.post(f"{REQUEST}/override", {"reason": "First one"})
    removal = {"alias": "champion", "was": "1"}
    assert "needs an administrator" in text_of(bobs.post(f"{PETAL}/aliases/removal", removal, follow=True))
    for page in (f"{PETAL}/deletion", f"{PETAL}/1/deletion"):
        assert "Only administrators" in text_of(bobs.get(page)) and 'name="reason"' not in text_of(bobs.get(page))
        assert bobs.post(page, {"confirm": "petal", "reason": "I want it"}).status_code == 403
    assert 'name="reason"' in text_of(alices.get(f"{PETAL}/deletion"))
    assert alices.post(f"{PETAL}/name", {"name": "rose"}).status_code == 400
    alices.post(f"{PETAL}/name", {"name": "rose", "reason": "A nicer name"})
    alices.post(f"{LIST}/rose/aliases/removal", {**removal, "reason": "Broken"})
    alices.post(f"{LIST}/rose/deletion", {"confirm": "rose", "reason": "Over"})
    kept = ModelEvent.objects.filter(data__overrides="@champion").order_by("pk")
    assert [(event.verb, event.data["reason"]) for event in kept] == [
        ("renamed model", "A nicer name"), ("removed alias", "Broken"), ("deleted model", "Over"),
    ]  # fmt: skip
    assert not PromotionRule.objects.exists() and not Promotion.objects.exists()


def test_a_governed_stage_is_asked_for(repo: Repository, alice: User, bobs: Client) -> None:
    make_model(repo)
    make_version(repo)
    set_rule(
        repository=repo, name=None, kind="stage", target="Production", approvals=1, level=Level.ADMIN, gates=[],
        actor=Actor(user=alice),
    )  # fmt: skip
    answer = bobs.post(f"{LIST}/iris/1/stage", {"stage": "Production"})
    assert answer["Location"] == f"{LIST}/iris/1/promotion?stage=Production"
    page = text_of(bobs.get(answer["Location"]))
    assert "1 approval by administrators" in page and "Override the rule" not in page
    page = text_of(bobs.post(f"{LIST}/iris/1/promotion", {"kind": "stage", "target": "nowhere"}))
    assert "Invalid Model Version stage" in page


@pytest.mark.parametrize("query", ["alias=%00", "alias=" + "x" * 400, "stage=%F0%9F%92%A9", "alias="])
def test_a_strange_address_to_ask_at_is_no_fault(repo: Repository, bobs: Client, query: str) -> None:
    make_model(repo)
    make_version(repo)
    assert bobs.get(f"{LIST}/iris/1/promotion?{query}").status_code == 200
