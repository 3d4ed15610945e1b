"""The pages of prompts: list, text with variables, chats, what changed between versions."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from accounts.models import User
from registry.prompts import difference, messages_of, variables_of
from repos.models import Repository
from tests.factories.registry import make_model, make_prompt
from tests.registry.test_views_models import BrowserOf, questions, text_of

LIST = "/alice/stones/prompts"
PAGE = f"{LIST}/greeting"


@pytest.fixture
def bobs(bob: User, browser_of: BrowserOf) -> Client:
    return browser_of(bob)


@pytest.fixture
def greeting(repo: Repository) -> None:
    """A prompt with two versions."""
    make_prompt(repo, "greeting", "Hello {{ name }}\nBye <b>", "Good day {{ name }}\nBye <b>\nYours, {{me}}")


def test_the_list_shows_prompts_and_not_models(repo: Repository, greeting: None, bobs: Client) -> None:
    make_model(repo, "iris")
    page = text_of(bobs.get(LIST))
    assert "greeting" in page and "iris" not in page.partition("<main")[2]


def test_an_empty_list_tells_how_to_register(repo: Repository, bobs: Client) -> None:
    assert "mlflow.genai.register_prompt(" in text_of(bobs.get(LIST))


def test_the_page_shows_the_newest_text_with_its_variables(greeting: None, bobs: Client) -> None:
    answer = bobs.get(PAGE)
    assert answer.context["version"].number == 2
    assert answer.context["variables"] == ["name", "me"]
    assert b'<mark class="models-prompt__variable">{{ name }}</mark>' in answer.content
    assert b"Bye &lt;b&gt;" in answer.content
    assert 'mlflow.genai.load_prompt("prompts:/greeting/2")' in text_of(answer)
    assert bobs.get(f"{PAGE}/1").context["version"].number == 1
    assert bobs.get(f"{PAGE}/9").status_code == 404


def test_what_changed_is_marked_by_word(greeting: None, bobs: Client) -> None:
    answer = bobs.get(f"{PAGE}/2?against=1")
    assert [(line.sign, line.html) for line in answer.context["difference"]] == [
        ("-", '<del class="hl-del">Hello</del> {{ name }}'),
        ("+", '<ins class="hl-ins">Good day</ins> {{ name }}'),
        (" ", "Bye &lt;b&gt;"),
        ("+", "Yours, {{me}}"),
    ]
    assert bobs.get(f"{PAGE}/2?against=9").status_code == 404
    assert bobs.get(f"{PAGE}/2?against=x").status_code == 400


def test_models_and_prompts_lead_to_their_own_pages(repo: Repository, greeting: None, bobs: Client) -> None:
    make_model(repo, "iris")
    assert bobs.get("/alice/stones/models/greeting")["Location"] == PAGE
    assert bobs.get("/alice/stones/models/greeting/1")["Location"] == f"{PAGE}/1"
    assert bobs.get(f"{LIST}/iris")["Location"] == "/alice/stones/models/iris"
    assert bobs.get("/alice/stones/models/greeting/1/files").status_code == 404


def test_aliases_and_deletion_work_for_prompts(greeting: None, bobs: Client) -> None:
    where = "/alice/stones/models/greeting"
    answer = bobs.post(f"{where}/aliases", {"alias": "live", "version": "1"})
    assert answer["Location"] == f"{PAGE}#aliases"
    assert "prompts:/greeting@live" in text_of(bobs.get(f"{PAGE}/1"))
    assert bobs.post(f"{where}/1/deletion")["Location"] == PAGE
    assert bobs.post(f"{where}/deletion", {"confirm": "greeting"})["Location"] == LIST


def test_a_prompt_without_versions_has_a_page(repo: Repository, bobs: Client) -> None:
    make_model(repo, "empty", tags={"mlflow.prompt.is_prompt": "true"})
    assert "No versions" in text_of(bobs.get(f"{LIST}/empty"))


def test_a_chat_is_shown_by_message(repo: Repository, bobs: Client) -> None:
    chat = [{"role": "system", "content": "Be {{ mood }}"}, {"role": "user", "content": [{"type": "text"}]}]
    make_prompt(repo, "talk", json.dumps(chat), kind="chat")
    shown = bobs.get(f"{LIST}/talk").context["messages_shown"]
    assert [message.role for message in shown] == ["system", "user"]
    assert shown[0].pieces == [("Be ", False), ("{{ mood }}", True)]


@pytest.mark.parametrize("text", ["[", "{}", "[]", "[1]", "[" * 100_000])
def test_a_chat_that_is_none_is_shown_as_it_stands(text: str) -> None:
    assert [each.pieces for each in messages_of(text, "chat")] == [[(text, False)]]


def test_variables_are_named_once_in_order() -> None:
    assert variables_of("{{b}} {{ a }} {{b}} {{ 1x }} {c} {{}} {{ a.b }}") == ["b", "a", "a.b"]


def test_long_texts_are_not_compared() -> None:
    assert difference(["x"] * 3001, ["y"]) is None


def test_the_page_asks_the_same_however_many_versions(repo: Repository, greeting: None, bobs: Client) -> None:
    make_prompt(repo, "long", *(f"Text {n}" for n in range(4)))
    bobs.get(PAGE)
    assert questions(bobs, PAGE) == questions(bobs, f"{LIST}/long") == 17
