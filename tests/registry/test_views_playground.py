"""The pages of the playground: who sees what, values typed and pasted, answers as they come, keys that stay inside."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from jobs.models import Job
from registry.models import ModelEndpoint, PromptTrial, RegisteredModel
from registry.services.playground import Column
from repos.models import Repository
from tests.factories.playground import make_endpoint, make_trial
from tests.factories.registry import make_model, make_prompt
from tests.factories.repos import make_repo
from tests.registry.test_views_models import BrowserOf, questions, text_of

PROMPT = "/alice/stones/prompts/greeting"
TRY = f"{PROMPT}/2/try"
TRIALS = f"{PROMPT}/2/trials"
ENDPOINTS = "/alice/stones/playground/endpoints"


@pytest.fixture
def bobs(bob: User, browser_of: BrowserOf) -> Client:
    return browser_of(bob)


@pytest.fixture
def alices(alice: User, browser_of: BrowserOf) -> Client:
    return browser_of(alice)


@pytest.fixture
def greeting(repo: Repository) -> RegisteredModel:
    return make_prompt(repo, "greeting", "Hello {{ name }}", "Good day {{ name }} <b> {{mood}}")


@pytest.fixture
def endpoint(repo: Repository) -> ModelEndpoint:
    return make_endpoint(repo)


def sent(endpoint: ModelEndpoint, **fields: object) -> dict[str, object]:
    return {"endpoint": endpoint.pk, "version_0": 2, "value.name": ["Ada"], "value.mood": ["calm"], **fields}


def test_without_an_endpoint_everybody_is_told_the_next_step(greeting, alices, bobs, carol, browser_of) -> None:
    assert "vllm serve" in text_of(alices.get(TRY)) and ENDPOINTS in text_of(alices.get(TRY))
    page = text_of(bobs.get(TRY))
    assert "Somebody who administers alice/stones" in page and "vllm serve" not in page
    assert "Trying a prompt needs write access" in text_of(browser_of(carol).get(TRY))


def test_variables_become_fields_and_values_survive_a_refusal(greeting, endpoint, bobs) -> None:
    page = text_of(bobs.get(TRY))
    assert 'name="value.name"' in page and 'name="value.mood"' in page and "Try it" in text_of(bobs.get(PROMPT))
    hostile = '</textarea><script>alert("x")</script>'
    answer = bobs.post(
        TRIALS, sent(endpoint, **{"value.name": [hostile, "Bo"], "value.mood": ["a"], "temperature": "9"})
    )
    assert answer.status_code == 400 and b"<script>alert" not in answer.content
    assert answer.context["rows"] == [[("name", hostile), ("mood", "a")], [("name", "Bo"), ("mood", "")]]
    assert not PromptTrial.objects.exists()


def test_a_trial_is_asked_for_and_its_page_asks_again_until_it_ends(greeting, endpoint, bobs) -> None:
    more = {"version_1": 1, "model_1": "large", "max_tokens": 20, "experiment": "Words"}
    answer = bobs.post(TRIALS, sent(endpoint, **more, **{"value.name": ["Ada", "Bo"], "value.mood": ["calm", "grim"]}))
    assert answer["Location"] == f"{PROMPT}/trials/1"
    trial = PromptTrial.objects.get()
    assert [(each["version"], each["model"]) for each in trial.columns] == [(2, "tiny-chat"), (1, "large")]
    assert trial.rows == [{"name": "Ada", "mood": "calm"}, {"name": "Bo", "mood": "grim"}]
    assert Job.objects.filter(task="registry.try_prompt", object_id=trial.pk).count() == 1
    page = text_of(bobs.get(f"{PROMPT}/trials/1"))
    assert "0 of 4 calls" in page and 'hx-trigger="every 1s"' in page
    assert "<html" not in text_of(bobs.get(f"{PROMPT}/trials/1", headers={"HX-Request": "true"}))
    assert bobs.post(f"{PROMPT}/trials/1/stop").status_code == 302
    assert "4 calls are not made" in text_of(bobs.get(f"{PROMPT}/trials/1"))


def test_rows_are_pasted(greeting, endpoint, bobs) -> None:
    text = 'mood,expected,name\n"calm, and\nkind",x,Ada\n\ngrim,y,Bo\n'
    assert bobs.post(TRIALS, sent(endpoint, csv=text)).status_code == 302
    assert PromptTrial.objects.get().rows == [
        {"mood": "calm, and\nkind", "name": "Ada"},
        {"mood": "grim", "name": "Bo"},
    ]
    assert bobs.post(TRIALS, sent(endpoint, csv="name\tmood\nAda\tcalm")).status_code == 302


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name\nAda", "names no column mood"), ("name,mood", "these are 0"), ("name,name,mood\na,b,c", "a column twice"),
        ("name,mood\n" + "a,b\n" * 21, "these are 21"), ("name,mood\na", "Row 1 has not as many cells"),
        ('name,mood\n"a', "This is no CSV"), ("name,mood\n" + "x" * 200_000 + ",b", "This is no CSV"), (",\n,", "names no"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(text, words, greeting, endpoint, bobs) -> None:
    answer = bobs.post(TRIALS, sent(endpoint, csv=text))
    assert answer.status_code == 400
    assert words in " ".join(answer.context["form"].errors["csv"])
    assert not PromptTrial.objects.exists()


def test_answers_are_shown_escaped_with_their_sums(greeting, endpoint, bob, bobs) -> None:
    ModelEndpoint.objects.update(input_price="0.5", output_price="2")
    endpoint.refresh_from_db()
    columns = (Column(2, "tiny-chat"), Column(2, "large-chat"))
    make_trial(
        greeting, endpoint, Actor(user=bob), [{"name": "Ada", "mood": "calm"}], *columns, answers=["<b>Hi</b>", ""]
    )
    page = text_of(bobs.get(f"{PROMPT}/trials/1"))
    content = bobs.get(f"{PROMPT}/trials/1").content
    assert b"&lt;b&gt;Hi&lt;/b&gt;" in content and b"<b>Hi" not in content
    assert "hx-trigger" not in page.partition("<main")[2]
    assert "1 answered" in page and "1 failed" in page and "cost 0.0635" in page and "takes no more calls now" in page
    compared = bobs.get(f"{PROMPT}/trials/1").context["compared"]
    assert bobs.get(compared).status_code == 200
    again = bobs.get(f"{TRY}?again=1")
    assert again.context["rows"] == [[("name", "Ada"), ("mood", "calm")]]
    assert 'value="large-chat"' in text_of(again)


def test_other_things_are_not_found(repo, greeting, endpoint, bobs, alices, alice) -> None:
    make_model(repo, "iris")
    for path in (f"{PROMPT}/9/try", f"{PROMPT}/trials/1", f"{PROMPT}/trials/99999999999999999999", f"{TRY}?again=7",
                 "/alice/stones/prompts/iris/1/try"):  # fmt: skip
        assert bobs.get(path).status_code == 404, path
    assert alices.get(f"{ENDPOINTS}/99999999999999999999").status_code == 404
    elsewhere = make_endpoint(make_repo(alice, "other"))
    assert alices.get(f"{ENDPOINTS}/{elsewhere.pk}").status_code == 404
    assert bobs.post(TRIALS, sent(elsewhere)).status_code == 400


def test_the_key_is_in_no_page(endpoint, alices) -> None:
    fields = {"name": "Mine", "base_url": "https://8.8.8.8/v1", "max_tokens": 10, "calls_per_hour": 5, "seconds": 9}
    answer = alices.post(f"{ENDPOINTS}/new", {**fields, "key": "sk-hidden-value-1", "offered": "a\nb\n"})
    assert answer.status_code == 302
    made = ModelEndpoint.objects.get(name="Mine")
    assert (made.offered, made.base_url) == (["a", "b"], "https://8.8.8.8/v1") and "hidden" not in made.sealed_key
    page = text_of(alices.get(answer["Location"]))
    assert "key set" in page and "sk-hidden" not in page and made.sealed_key not in page
    assert "sk-hidden" not in text_of(alices.get(ENDPOINTS)) + text_of(alices.get("/alice/stones/promotions/history"))
    bad = alices.post(answer["Location"], {**fields, "base_url": "https://8.8.4.4/v1"})
    assert bad.status_code == 400 and "another host" in text_of(bad)
    bad = alices.post(answer["Location"], {**fields, "key": "sk-typed-again", "seconds": 0})
    assert bad.status_code == 400 and "sk-typed-again" not in text_of(bad)
    assert alices.post(f"{ENDPOINTS}/{made.pk}/removal", {"confirm": "x"}).status_code == 302
    assert ModelEndpoint.objects.filter(name="Mine").exists()
    alices.post(f"{ENDPOINTS}/{made.pk}/removal", {"confirm": "Mine"})
    assert not ModelEndpoint.objects.filter(name="Mine").exists()


def test_private_addresses_are_refused_with_the_way_out(repo, alices) -> None:
    fields = {"name": "Mine", "base_url": "https://127.0.0.1/v1", "max_tokens": 10, "calls_per_hour": 5, "seconds": 9}
    answer = alices.post(f"{ENDPOINTS}/new", fields)
    assert answer.status_code == 400 and "HUB_ALLOW_PRIVATE_TARGETS" in text_of(answer)


def test_pages_ask_the_same_however_much_there_is(greeting, endpoint, repo, bob, bobs) -> None:
    row = {"name": "Ada", "mood": "calm"}
    make_trial(greeting, endpoint, Actor(user=bob), [row], Column(2, "a"), answers=["x"])
    few = questions(bobs, TRY), questions(bobs, f"{PROMPT}/trials/1")
    for _ in range(2):
        make_trial(greeting, endpoint, Actor(user=bob), [row] * 3, Column(2, "a"), Column(2, "b"), answers=["x"] * 6)
    assert (questions(bobs, TRY), questions(bobs, f"{PROMPT}/trials/3")) == few
