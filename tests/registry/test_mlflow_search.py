"""registered-models/search and model-versions/search by HTTP: grammar, orders, pages, prompts, query counts."""

from __future__ import annotations

import base64
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import ModelVersion, RegisteredModel
from registry.selectors.models import search_registered_models
from registry.selectors.versions import search_model_versions
from tests.registry.conftest import IS_PROMPT, Registry


@pytest.fixture
def some(registry: Registry) -> Registry:
    """Models alpha, Beta, gamma_1, each updated later than the one before, and the prompt greeting."""
    for number, (name, team) in enumerate((("alpha", "red"), ("Beta", "blue"), ("gamma_1", "red"))):
        registry.model(name, tags=[{"key": "team", "value": team}, {"key": "a.b c", "value": str(number)}])
        RegisteredModel.objects.filter(name=name).update(updated_at=1000 + number)
    registry.prompt("greeting")
    registry.door.ok(
        "POST", "registered-models/set-tag", {"name": "greeting", "key": "_mlflow_experiment_ids", "value": ",1,12,"}
    )
    return registry


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        ("", ["Beta", "alpha", "gamma_1"]),
        ("name = 'alpha'", ["alpha"]),
        ("name = 'ALPHA'", []),
        ("name != 'alpha'", ["Beta", "gamma_1"]),
        ("attribute.name = 'alpha'", ["alpha"]),
        ("name LIKE '%a'", ["Beta", "alpha"]),
        ("name LIKE 'b%'", []),
        ("name ILIKE 'b%'", ["Beta"]),
        ("name like 'gamma__'", ["gamma_1"]),
        ("name IN ('alpha', 'Beta', 'no')", ["Beta", "alpha"]),
        ("name NOT IN ('alpha')", ["Beta", "gamma_1"]),
        ("tags.team = 'red'", ["alpha", "gamma_1"]),
        ("tag.team != 'red'", ["Beta"]),
        ("tags.nothing != 'red'", []),
        ("tags.team = 'red' AND name != 'alpha'", ["gamma_1"]),
        ("tags.team = 'red' AND tags.team = 'blue'", []),
        ("tags.`a.b c` = '1'", ["Beta"]),
        ("tags.\"a.b c\" ILIKE '1'", ["Beta"]),
        ("tags.team = 'blue' OR name = 'alpha'", ["Beta", "alpha"]),
        ("NOT (tags.team = 'red')", ["Beta"]),
        (f"tags.`{IS_PROMPT}` = 'true'", ["greeting"]),
        (f"tags.`{IS_PROMPT}` = 'True'", []),
        (f"tags.`{IS_PROMPT}` != 'false'", ["greeting"]),
        (f"tags.`{IS_PROMPT}` != 'true'", ["Beta", "alpha", "gamma_1"]),
        (f"tags.`{IS_PROMPT}` = 'false'", ["Beta", "alpha", "gamma_1"]),
        (f"tags.`{IS_PROMPT}` != 'true' AND name LIKE 'g%'", ["gamma_1"]),
        (f"tags.`{IS_PROMPT}` = 'true' AND tags._mlflow_experiment_ids LIKE '%,12,%'", ["greeting"]),
        (f"tags.`{IS_PROMPT}` = 'true' AND tags._mlflow_experiment_ids LIKE '%,2,%'", []),
        (f"tags.`{IS_PROMPT}` = 'true' AND name = 'alpha'", []),
        ("name = 'greeting'", []),
    ],
)
def test_filters_of_models(some: Registry, filter, names) -> None:
    assert some.models(filter) == names


@pytest.mark.parametrize(
    ("filter", "message"),
    [
        ("nam = 'x'", "Invalid attribute key 'nam' specified."),
        ("creation_timestamp > 1", "Invalid attribute key 'creation_timestamp' specified."),
        ("last_updated_timestamp > 1", "Invalid attribute key 'last_updated_timestamp' specified."),
        ("params.x = 'y'", "Invalid entity type 'params'."),
        ("name = alpha", "Parameter value is either not quoted"),
        ("name > 'a'", "Invalid comparator '>'"),
        ("name = 3", "Expected a quoted string value for attributes"),
        ("tags.x IS NULL", "IS NULL is not supported in searches of registered models"),
        ("tags.x IS NOT NULL", "IS NOT NULL is not supported in searches of registered models"),
        ("tags.x IN ('a')", "Only ['name'] attributes support comparison with a list"),
        ("name IN ()", "While parsing a list in the query, expected a non-empty list of string values"),
        ("name = 'x';", "Search filter contained multiple expressions."),
        ("name = 'x' name = 'y'", "Invalid clause(s) in filter string: 'name'"),
        (f"tags.`{IS_PROMPT}` > 'true'", "Invalid comparator '>'"),
        (f"tags.`{IS_PROMPT}` = true", "Parameter value is either not quoted"),
    ],
)
def test_filters_of_models_that_are_refused(some: Registry, filter, message) -> None:
    status, code, said = some.door.refused("GET", "registered-models/search", filter=filter)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert said.startswith(message)


@pytest.mark.parametrize(
    ("order_by", "names"),
    [
        (["name DESC"], ["gamma_1", "alpha", "Beta"]),
        (["name"], ["Beta", "alpha", "gamma_1"]),
        (["timestamp DESC"], ["gamma_1", "Beta", "alpha"]),
        (["last_updated_timestamp"], ["alpha", "Beta", "gamma_1"]),
        (["last_updated_timestamp ASC", "name DESC"], ["alpha", "Beta", "gamma_1"]),
    ],
)
def test_orders_of_models(some: Registry, order_by, names) -> None:
    assert some.models(order_by=order_by) == names


@pytest.mark.parametrize(
    "order_by",
    [["creation"], ["name UP"], ["name", "name DESC"], ["tags.team"], ["timestamp", "last_updated_timestamp"], [""]],
)
def test_orders_of_models_that_are_refused(some: Registry, order_by) -> None:
    assert some.door.refused("GET", "registered-models/search", order_by=order_by)[:2] == (
        400,
        "INVALID_PARAMETER_VALUE",
    )


def test_pages_of_models(some: Registry) -> None:
    search = "registered-models/search"
    first = some.door.ok("GET", search, max_results=2, page_token="")
    assert [model["name"] for model in first["registered_models"]] == ["Beta", "alpha"]
    rest = some.door.ok("GET", search, max_results=2, page_token=first["next_page_token"])
    assert [model["name"] for model in rest["registered_models"]] == ["gamma_1"]
    assert "next_page_token" not in rest
    assert "next_page_token" not in some.door.ok("GET", search, max_results=3)
    assert some.door.ok("GET", search, filter="name = 'no'") == {}


@pytest.mark.parametrize("path", ["registered-models/search", "model-versions/search"])
def test_pages_that_are_refused(some: Registry, path) -> None:
    zero = base64.b64encode(json.dumps({"offset": 0}).encode()).decode()
    most = 1000 if path.startswith("registered") else 200_000
    for query in ({"page_token": "?"}, {"page_token": zero}):
        assert some.door.refused("GET", path, **query)[2].startswith("Invalid page token")
    for size in (0, -1, most + 1):
        status, code, said = some.door.refused("GET", path, max_results=size)
        assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
        assert said.startswith(f"Invalid value {size} for parameter 'max_results' supplied")
    assert some.door.refused("GET", path, max_results="many")[0] == 400
    assert some.door("GET", path, max_results=most).status == 200


@pytest.fixture
def versions(registry: Registry) -> Registry:
    """iris/1, iris/2, rose/1 and a prompt's version; the later in this list, the later updated."""
    registry.model("iris")
    registry.model("rose")
    run = "a" * 32
    registry.version("iris", f"runs:/{run}/model", run_id=run, tags=[{"key": "k", "value": "v"}])
    registry.version("iris", "s3://Bucket/two", run_id="b" * 32)
    registry.version("rose", "s3://bucket/rose", tags=[{"key": "k", "value": "w"}])
    registry.prompt("greeting")
    for number, version in enumerate(ModelVersion.objects.order_by("pk")):
        ModelVersion.objects.filter(pk=version.pk).update(created_at=1000 - number, updated_at=1000 + number)
    return registry


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("", ["rose/1", "iris/2", "iris/1"]),
        ("name = 'iris'", ["iris/2", "iris/1"]),
        ("name != 'iris'", ["rose/1"]),
        ("name IN ('rose')", ["rose/1"]),
        ("name NOT IN ('rose')", ["iris/2", "iris/1"]),
        (f"run_id = '{'a' * 32}'", ["iris/1"]),
        (f"run_id IN ('{'a' * 32}', '{'b' * 32}')", ["iris/2", "iris/1"]),
        ("run_id LIKE 'b%'", ["iris/2"]),
        ("source_path = 's3://bucket/rose'", ["rose/1"]),
        ("source_path LIKE 's3://bucket/%'", ["rose/1"]),
        ("source_path ILIKE 's3://bucket/%'", ["rose/1", "iris/2"]),
        ("version_number = 2", ["iris/2"]),
        ("version_number = '2'", ["iris/2"]),
        ("version_number != 2", ["rose/1", "iris/1"]),
        ("version_number >= 1 AND version_number < 2", ["rose/1", "iris/1"]),
        ("version_number > 99999999999999999999", []),
        ("name = 'iris' and version_number <= 1", ["iris/1"]),
        ("tags.k = 'v'", ["iris/1"]),
        ("tag.k != 'v'", ["rose/1"]),
        ("tags.k LIKE '%'", ["rose/1", "iris/1"]),
        ("name = 'greeting'", []),
        (f"tags.`{IS_PROMPT}` = 'true'", ["greeting/1"]),
        (f"tags.`{IS_PROMPT}` = 'true' AND name = 'greeting'", ["greeting/1"]),
        (f"name = 'iris' AND tags.`{IS_PROMPT}` != 'true'", ["iris/2", "iris/1"]),
    ],
)
def test_filters_of_versions(versions: Registry, filter, found) -> None:
    assert versions.versions(filter) == found


@pytest.mark.parametrize(
    ("filter", "message"),
    [
        ("version = 1", "Invalid attribute key 'version' specified."),
        ("version_number = 1.5", "Expected integer value type for numeric attribute: version_number. Found 1.5"),
        ("version_number = 'x'", "Expected integer value type for numeric attribute: version_number. Found 'x'"),
        ("version_number LIKE 1", "Invalid comparator 'LIKE'"),
        ("version_number IN ('1')", "Only ['name', 'run_id'] attributes support comparison with a list"),
        ("source_path IN ('1')", "Only ['name', 'run_id'] attributes support comparison with a list"),
        ("tags.k IS NULL", "IS NULL is not supported in searches of model versions"),
        ("metrics.x > 1", "Invalid entity type 'metrics'."),
    ],
)
def test_filters_of_versions_that_are_refused(versions: Registry, filter, message) -> None:
    status, code, said = versions.door.refused("GET", "model-versions/search", filter=filter)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert said.startswith(message)


@pytest.mark.parametrize(
    ("order_by", "found"),
    [
        (["name"], ["iris/2", "iris/1", "rose/1"]),
        (["name DESC", "version_number ASC"], ["rose/1", "iris/1", "iris/2"]),
        (["version_number ASC"], ["iris/1", "rose/1", "iris/2"]),
        (["creation_timestamp DESC"], ["iris/1", "iris/2", "rose/1"]),
        (["last_updated_timestamp ASC"], ["iris/1", "iris/2", "rose/1"]),
    ],
)
def test_orders_of_versions(versions: Registry, order_by, found) -> None:
    assert versions.versions(order_by=order_by) == found


def test_pages_of_versions(versions: Registry) -> None:
    search = "model-versions/search"
    first = versions.door.ok("GET", search, max_results=2)
    rest = versions.door.ok("GET", search, max_results=2, page_token=first["next_page_token"])
    assert [found["version"] for found in first["model_versions"]] == ["1", "2"]
    assert [found["name"] for found in rest["model_versions"]] == ["iris"]
    assert "next_page_token" not in rest
    assert "next_page_token" not in versions.door.ok("GET", search, max_results=3)


def test_a_model_becomes_a_prompt_by_its_tag_and_back(registry: Registry) -> None:
    registry.model("iris")
    registry.version("iris")
    tag = {"name": "iris", "key": IS_PROMPT}
    registry.door.ok("POST", "registered-models/set-tag", {**tag, "value": "true"})
    assert (registry.models(), registry.versions()) == ([], [])
    registry.door.ok("POST", "registered-models/set-tag", {**tag, "value": "false"})
    assert registry.models() == ["iris"]
    registry.door.ok("POST", "registered-models/set-tag", {**tag, "value": "true"})
    registry.door.ok("DELETE", "registered-models/delete-tag", tag)
    assert (registry.models(), registry.versions()) == (["iris"], ["iris/1"])


def fill(registry: Registry, names: list[str]) -> None:
    for name in names:
        registry.model(name, tags=[{"key": "k", "value": "v"}])
        for _ in range(2):
            registry.version(name, tags=[{"key": "k", "value": "v"}])
        registry.door.ok("POST", "registered-models/alias", {"name": name, "alias": "best", "version": "2"})


def test_searches_ask_the_database_as_often_for_many_as_for_one(registry: Registry, monkeypatch) -> None:
    asked: list[str] = []
    from tracking import sql

    plain = sql.rows
    monkeypatch.setattr(sql, "rows", lambda statement, params=(): asked.append(statement) or plain(statement, params))
    repository = registry.door.repository

    def count(search, **more) -> tuple[int, int]:
        asked.clear()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            found = search(repository, **more)
        return len(found.rows), len(asked) + len(captured)

    fill(registry, ["a"])
    assert count(search_registered_models) == (1, 6)
    assert count(search_model_versions) == (2, 3)
    fill(registry, ["b", "c", "d", "e"])
    assert count(search_registered_models) == (5, 6)
    assert count(search_registered_models, filter_text="tags.k = 'v'", order_by=["timestamp DESC"]) == (5, 6)
    assert count(search_model_versions) == (10, 3)
