"""What people say about traces on their pages: the same rows that clients read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from repos.models import Repository
from tests.factories.tracing import judge, make_trace, trace_id
from tests.factories.tracking import make_experiment
from tests.tracing.conftest import V3, Tracing
from tests.tracking.test_views_experiments import text_of
from tracing.models import Assessment

HERE = f"/alice/stones/experiments/1/traces/{trace_id(1)}"
BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def bobs(repo: Repository, browser_of: BrowserOf, bob: User) -> Client:
    """The browser of bob, who may write; there is one trace."""
    make_trace(repo, make_experiment(repo), 1)
    return browser_of(bob)


def give(client: Client, **words: str) -> Any:
    """What the form sends."""
    return client.post(f"{HERE}/assessments", {"kind": "feedback", "form": "text", "name": "quality", **words})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"thumb": "yes"}, True),
        ({"thumb": "no", "value": "passed over"}, False),
        ({"form": "number", "value": "0.25"}, 0.25),
        ({"form": "number", "value": "4"}, 4),
        ({"form": "yesno", "value": "Yes"}, True),
        ({"value": "fluent"}, "fluent"),
        ({"form": "json", "value": '{"a": [1]}'}, {"a": [1]}),
    ],
)
def test_feedback_is_what_clients_read(bobs: Client, tracing: Tracing, words: dict[str, str], expected: Any) -> None:
    answer = give(bobs, rationale="since", **words)
    assert (answer.status_code, answer["Location"]) == (302, f"{HERE}#assessments")
    (found,) = tracing.get(1)["assessments"]
    assert (found["feedback"]["value"], found["assessment_name"], found["rationale"]) == (expected, "quality", "since")
    assert found["source"] == {"source_type": "HUMAN", "source_id": "bob"} and found["valid"]


def test_expectations_are_what_clients_read(bobs: Client, tracing: Tracing) -> None:
    give(bobs, kind="expectation", form="json", value='["a", "b"]', name="facts", span=f"{1:016x}")
    give(bobs, kind="expectation", value="Paris", name="answer")
    facts, answer = tracing.get(1)["assessments"]
    assert facts["expectation"]["serialized_value"] == {"serialization_format": "JSON_FORMAT", "value": '["a", "b"]'}
    assert answer["expectation"]["value"] == "Paris" and facts["span_id"] == f"{1:016x}"


@pytest.mark.parametrize(
    "words",
    [{"value": ""}, {"value": "x", "name": ""}, {"form": "number", "value": "many"}, {"form": "number", "value": "nan"},
     {"form": "json", "value": "{"}, {"form": "json", "value": "NaN"}, {"form": "yesno", "value": "perhaps"},
     {"value": "x", "kind": "issue"}, {"value": "x", "name": "n" * 251}],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_is_lost(bobs: Client, words: dict[str, str]) -> None:
    answer = give(bobs, rationale="I kept this", **words)
    assert answer.status_code == 400 and "I kept this" in answer.content.decode()
    assert not Assessment.objects.exists()


def test_own_words_are_changed_and_taken_back(bobs: Client, tracing: Tracing) -> None:
    give(bobs, value="fluent")
    (kept,) = Assessment.objects.all()
    here = f"{HERE}/assessments/{kept.assessment_id}"
    assert "fluent" in text_of(bobs, here)
    words = {"name": "style", "form": "number", "value": "3", "rationale": "on second thought"}
    assert bobs.post(here, words).status_code == 302
    (found,) = tracing.get(1)["assessments"]
    assert (found["assessment_name"], found["feedback"]["value"], found["rationale"]) == (
        "style", 3, "on second thought",
    )  # fmt: skip
    assert bobs.post(here, {**words, "value": "x"}).status_code == 400
    assert "deleted for ever" in text_of(bobs, f"{here}/deletion") and Assessment.objects.exists()
    bobs.post(f"{here}/deletion")
    assert not Assessment.objects.exists()


def test_an_override_keeps_what_was_said_before(
    repo: Repository, bobs: Client, tracing: Tracing, browser_of: BrowserOf, alice: User
) -> None:
    old = judge(repo, 1, "correct", False, source_type="LLM_JUDGE", source_id="judge", rationale="wrong year")
    for part in ("", "/deletion"):
        assert bobs.post(f"{HERE}/assessments/{old}{part}", {"thumb": "yes", "name": "x"}).status_code == 403
    words = {"name": "correct", "form": "yesno", "value": "yes", "rationale": "the year is right"}
    assert bobs.post(f"{HERE}/assessments/{old}/override", words).status_code == 302
    before, after = tracing.get(1)["assessments"]
    assert (before["valid"], after["valid"], after["overrides"]) == (False, True, old)
    assert before["rationale"] == "wrong year" and after["feedback"]["value"] is True
    assert (
        tracing.search("feedback.correct = 'true'", "1") == [1]
        and tracing.search("feedback.correct = 'false'", "1") == []
    )
    page = text_of(bobs, HERE)
    assert "Overridden" in page and "wrong year" in page and page.index("the year is right") < page.index("wrong year")
    assert browser_of(alice).post(f"{HERE}/assessments/{after['assessment_id']}/deletion").status_code == 403
    bobs.post(f"{HERE}/assessments/{after['assessment_id']}/deletion")
    assert tracing.search("feedback.correct = 'false'", "1") == [1]


def test_what_clients_say_is_shown(bobs: Client, tracing: Tracing) -> None:
    given = {"assessment_name": "seen", "feedback": {"value": 0.5}, "source": {"source_type": "CODE", "source_id": "c.py"},
             "metadata": {"mlflow.assessment.sourceRunId": "r1"}, "rationale": "measured"}  # fmt: skip
    tracing.door.ok("POST", f"traces/{trace_id(1)}/assessments", {"assessment": given}, api=V3)
    page = text_of(bobs, HERE)
    for word in ("seen", "0.5", "Code", "c.py", "measured", "mlflow.assessment.sourceRunId"):
        assert word in page, word


def test_readers_see_and_say_nothing(repo: Repository, bobs: Client, browser_of: BrowserOf, carol: User) -> None:
    made = judge(repo, 1, "correct", True)
    reader = browser_of(carol)
    page = text_of(reader, HERE)
    assert "correct" in page and "Give feedback" not in page and "/override" not in page
    assert give(reader, thumb="yes").status_code == 403
    for part in ("", "/override", "/deletion"):
        assert reader.post(f"{HERE}/assessments/{made}{part}").status_code == 403
        assert bobs.get(f"{HERE}/assessments/a-unknown{part}").status_code == 404
