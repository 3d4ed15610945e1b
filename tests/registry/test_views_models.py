"""The list of models and the page of one: what they show, what can be changed, how much they ask the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import User
from registry.models import ModelAlias, ModelEvent, RegisteredModel, RegisteredModelTag
from registry.services.aliases import set_alias
from repos.models import Repository
from tests.factories.registry import make_logged_model, make_model, make_prompt, make_version
from tests.factories.tracking import make_experiment, make_run
from tracking.services.runs import delete_run

BrowserOf = Callable[[User | None], Client]
LIST = "/alice/stones/models"
PAGE = f"{LIST}/iris"


@pytest.fixture
def iris(repo: Repository, bob: User) -> RegisteredModel:
    """A model with two versions of two runs; the first is the champion."""
    actor = Actor(user=bob)
    model = make_model(repo, description="# Petals\n\n<script>alert(1)</script>", tags={"team": "vision"}, actor=actor)
    experiment = make_experiment(repo)
    for number in range(2):
        run = make_run(
            repo, experiment, f"otter-{number}", params={"lr": f"0.{number}"},
            metrics={"acc": [0.5 + number / 4], "system/cpu": [1.0]}, tags={"mlflow.source.git.commit": "a" * 40},
        )  # fmt: skip
        make_version(repo, logged=make_logged_model(repo, run), actor=actor)
    set_alias(repository=repo, name="iris", alias="champion", version="1", actor=actor)
    return model


@pytest.fixture
def bobs(bob: User, browser_of: BrowserOf) -> Client:
    return browser_of(bob)


def text_of(answer: Any) -> str:
    """The words of an answer."""
    return unescape(answer.content.decode())


def questions(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_an_empty_list_tells_how_to_register(repo: Repository, bobs: Client) -> None:
    page = text_of(bobs.get(LIST))
    assert "No models yet" in page
    assert "http://testserver/alice/stones.mlflow" in page
    assert "registered_model_name=" in page
    part = text_of(bobs.get(LIST, headers={"HX-Request": "true"}))
    assert "No models yet" in part and "<html" not in part


def test_the_list_shows_models_and_not_prompts(repo: Repository, iris: RegisteredModel, bobs: Client) -> None:
    make_prompt(repo)
    make_model(repo, "bare")
    page = text_of(bobs.get(LIST))
    assert "iris" in page and "champion" in page and "2 versions" in page and "Newest: version 2" in page
    assert "No versions" in page
    assert "greeting" not in page


def test_the_list_is_searched_and_sorted(repo: Repository, bobs: Client) -> None:
    for name in ("zebra", "ant", "bee"):
        make_model(repo, name, description="stripes" if name != "ant" else "six legs")
    page = text_of(bobs.get(LIST, {"sort": "name"}))
    assert page.index("ant") < page.index("bee") < page.index("zebra")
    found = text_of(bobs.get(LIST, {"q": "STRIPES bee"}))
    assert "bee" in found and "zebra" not in found
    assert "Nothing matches" in text_of(bobs.get(LIST, {"q": "whale"}))
    assert bobs.get(LIST, {"sort": "colour"}).status_code == 400
    assert bobs.get(LIST, {"q": "a\0"}).status_code == 400


def test_the_list_asks_the_same_however_many_models(repo: Repository, iris: RegisteredModel, bobs: Client) -> None:
    bobs.get(LIST)
    one = questions(bobs, LIST)
    for name in ("ant", "bee"):
        make_model(repo, name)
        make_version(repo, name)
    assert questions(bobs, LIST) == one == 14


def test_the_tab_counts_models(repo: Repository, iris: RegisteredModel, bobs: Client) -> None:
    make_prompt(repo)
    tab = next(tab for tab in bobs.get(LIST).context["repo_tabs"] if tab.key == "models")
    assert (tab.count, tab.url, tab.active) == (1, LIST, True)


def test_the_page_shows_versions_with_runs_metrics_and_commit(iris: RegisteredModel, bobs: Client) -> None:
    answer = bobs.get(PAGE)
    page = text_of(answer)
    assert "<h1" in page and "Petals" in page and "<script>alert" not in page
    table = answer.context["table"]
    assert table.metrics == ["acc"]
    assert [(line.version.number, line.aliases, line.metrics) for line in table.lines] == [
        (2, [], ["0.75"]),
        (1, ["champion"], ["0.5"]),
    ]
    assert table.lines[0].run.name == "otter-1" and table.lines[0].size > 500
    assert "aaaaaaaaaa" in page and not table.lines[0].commit_known
    assert "models:/iris@champion" in page and "mlflow models serve -m models:/iris@champion" in page


def test_the_page_asks_the_same_however_many_versions(repo: Repository, iris: RegisteredModel, bobs: Client) -> None:
    bobs.get(PAGE)
    two = questions(bobs, PAGE)
    experiment = make_experiment(repo, "more")
    for _ in range(3):
        make_version(repo, logged=make_logged_model(repo, make_run(repo, experiment, metrics={"acc": [1.0]})))
    assert questions(bobs, PAGE) == two == 22


def test_a_run_that_is_gone_is_told(repo: Repository, bobs: Client) -> None:
    make_model(repo)
    make_version(repo, run_id="f" * 32)
    page = text_of(bobs.get(PAGE))
    assert "gone" in page and "elsewhere" in page
    assert "not in this repository any more" in text_of(bobs.get(f"{PAGE}/1"))


def test_a_run_in_the_trash_keeps_its_link(repo: Repository, iris: RegisteredModel, bobs: Client) -> None:
    run = bobs.get(PAGE).context["table"].lines[0].run
    delete_run(repository=repo, run_id=run.uuid)
    assert f"/runs/{run.uuid}" in text_of(bobs.get(PAGE))


def test_names_of_any_kind_have_a_page(repo: Repository, bobs: Client) -> None:
    for name in ("a b?c#d%2F", "compare", "1", "ünï"):
        make_model(repo, name)
        make_version(repo, name)
    addresses = [url for _, url, _ in bobs.get(LIST).context["rows"]]
    assert len(addresses) == 4
    for address in addresses:
        assert bobs.get(address).status_code == 200
        assert bobs.get(f"{address}/1").status_code == 200
    assert bobs.get(f"{LIST}/unknown").status_code == 404


def test_an_alias_is_set_at_once_and_moved_when_confirmed(iris: RegisteredModel, bobs: Client) -> None:
    bobs.post(f"{PAGE}/aliases", {"alias": "@challenger", "version": "2"})
    assert dict(ModelAlias.objects.values_list("name", "version__number")) == {"champion": 1, "challenger": 2}
    asked = bobs.post(f"{PAGE}/aliases", {"alias": "champion", "version": "2"})
    assert "points at version 1 of iris now" in " ".join(text_of(asked).split())
    assert ModelAlias.objects.get(name="champion").version.number == 1
    bobs.post(f"{PAGE}/aliases", {"alias": "champion", "version": "2", "was": "1"})
    assert ModelAlias.objects.get(name="champion").version.number == 2


def test_an_alias_that_moved_meanwhile_is_asked_about_again(iris: RegisteredModel, bobs: Client) -> None:
    answer = bobs.post(f"{PAGE}/aliases", {"alias": "champion", "version": "1", "was": "2"})
    assert answer.status_code == 302  # It points there already.
    asked = bobs.post(f"{PAGE}/aliases/removal", {"alias": "champion", "was": "2"})
    assert asked.status_code == 200 and ModelAlias.objects.filter(name="champion").exists()
    bobs.post(f"{PAGE}/aliases/removal", {"alias": "champion", "was": "1"})
    assert not ModelAlias.objects.filter(name="champion").exists()


@pytest.mark.parametrize(("alias", "version"), [("latest", "1"), ("v3", "1"), ("a b", "1"), ("", "1"), ("good", "9")])
def test_an_alias_that_cannot_be_is_refused_in_words(
    alias: str, version: str, iris: RegisteredModel, bobs: Client
) -> None:
    answer = bobs.post(f"{PAGE}/aliases", {"alias": alias, "version": version}, follow=True)
    assert "Nothing was changed" in text_of(answer)
    assert ModelAlias.objects.count() == 1


def test_description_name_and_tags_are_changed(iris: RegisteredModel, bobs: Client) -> None:
    bobs.post(f"{PAGE}/description", {"description": "Small **flowers**"})
    assert "<strong>flowers</strong>" in text_of(bobs.get(PAGE))
    bobs.post(f"{PAGE}/tags", {"key": "area", "value": "field"})
    bobs.post(f"{PAGE}/tags", {"remove": "team"})
    assert list(RegisteredModelTag.objects.values_list("key", "value")) == [("area", "field")]
    assert bobs.post(f"{PAGE}/tags", {"key": "mlflow.prompt.is_prompt", "value": "true"}).status_code == 400
    answer = bobs.post(f"{PAGE}/name", {"name": "petal"})
    assert answer["Location"] == f"{LIST}/petal"
    assert bobs.post(f"{LIST}/petal/name", {"name": "a/b"}).status_code == 400


def test_a_name_that_is_taken_is_refused(repo: Repository, iris: RegisteredModel, bobs: Client) -> None:
    make_model(repo, "petal")
    answer = bobs.post(f"{PAGE}/name", {"name": "petal"})
    assert answer.status_code == 400 and "already exists" in text_of(answer)


def test_deleting_names_what_is_lost_and_wants_the_name(iris: RegisteredModel, bobs: Client) -> None:
    page = " ".join(text_of(bobs.get(f"{PAGE}/deletion")).split())
    assert "Its 2 versions with descriptions and tags go for ever" in page and "champion" in page
    assert bobs.post(f"{PAGE}/deletion", {"confirm": "iri"}).status_code == 400
    assert bobs.post(f"{PAGE}/deletion", {"confirm": "iris"})["Location"] == LIST
    assert not RegisteredModel.objects.exists()


def test_readers_are_offered_nothing_to_change(iris: RegisteredModel, carol: User, browser_of: BrowserOf) -> None:
    reader = browser_of(carol)
    for address in (PAGE, f"{PAGE}/1"):
        assert 'method="post"' not in text_of(reader.get(address)).partition("<main")[2]
    assert reader.post(f"{PAGE}/aliases", {"alias": "x", "version": "1"}).status_code == 403


def test_the_history_says_who_did_what(iris: RegisteredModel, bobs: Client) -> None:
    bobs.post(f"{PAGE}/aliases", {"alias": "champion", "version": "2", "was": "1"})
    bobs.post(f"{PAGE}/2/stage", {"stage": "Production"})
    bobs.post(f"{PAGE}/1/stage", {"stage": "Production", "archive": "on"})
    bobs.post(f"{PAGE}/aliases/removal", {"alias": "champion", "was": "2"})
    bobs.post(f"{PAGE}/name", {"name": "petal"})
    bobs.post(f"{LIST}/petal/2/deletion")
    events = events_of(bobs.get(f"{LIST}/petal/history"))
    assert [(event.who, event.words) for event in events] == [
        ("bob", "deleted version 2"),
        ("bob", "renamed it from iris to petal"),
        ("bob", "removed @champion from version 2"),
        ("bob", "moved version 1 from None to Production; archived version 2"),
        ("bob", "moved version 2 from None to Production"),
        ("bob", "set @champion to version 2, from version 1"),
        ("bob", "set @champion to version 1"),
        ("bob", "registered version 2"),
        ("bob", "registered version 1"),
        ("bob", "registered model"),
    ]


def test_the_history_of_a_namesake_is_not_shown(repo: Repository, iris: RegisteredModel, bobs: Client) -> None:
    bobs.post(f"{PAGE}/deletion", {"confirm": "iris"})
    make_model(repo)
    assert [event.words for event in events_of(bobs.get(f"{PAGE}/history"))] == ["registered model"]
    whole = [(event.words, event.model) for event in events_of(bobs.get("/alice/stones/promotions/history"))]
    assert whole[:2] == [("registered model", "iris"), ("deleted model", "iris")] and len(whole) == 6


def test_the_history_comes_in_pages(repo: Repository, iris: RegisteredModel, bobs: Client) -> None:
    make_events(repo, iris, 60)
    first = bobs.get(f"{PAGE}/history")
    assert len(events_of(first)) == 50 and first.context["more"]
    rest = bobs.get(f"{PAGE}/history", {"before": first.context["oldest"]})
    assert len(events_of(rest)) == 14 and not rest.context["more"]
    assert bobs.get(f"{PAGE}/history", {"before": "²"}).status_code == 400


def events_of(answer: Any) -> list[Any]:
    """The events that a page of a history shows."""
    return [event for event, _ in answer.context["rows"]]


def make_events(repository: Repository, model: RegisteredModel, count: int) -> None:
    """So many rows of the trail at once."""
    row = {"repository": repository, "model_key": model.pk, "verb": "set alias", "done_at": datetime.now(UTC)}
    ModelEvent.objects.bulk_create(ModelEvent(**row, version=1, data={"alias": "a"}) for _ in range(count))
