"""Whatever a client sends to the registry, the answer is no fault of the hub."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.mlflow.routes import REGISTRY, WEBHOOKS
from tests.registry.conftest import Door, Registry

WORDS = [
    "iris", "1", "2", "best", "latest", "Production", "", " ", "0", "-1", "99999999999999999999", "a/b", "..", "\0",
    "\ud800", "é", "v1", "true", "name = 'iris'", "tags.x IS NULL", "name LIKE '%", "name DESC", "s3://b/m", "runs:/",
    "models:/iris/1", "models:/iris@best", "models:/m-1", "/etc", "file:", "http://[", "mlflow-artifacts:/0",
    "dummy-source", "mlflow.prompt.is_prompt", "https://127.0.0.1/", "registered_model", "x" * 300,
]  # fmt: skip
TEXT = st.sampled_from(WORDS) | st.text(max_size=8)
VALUE = TEXT | st.none() | st.booleans() | st.integers() | st.floats() | st.lists(TEXT, max_size=2)
PAIR = st.fixed_dictionaries({}, optional={"key": VALUE, "value": VALUE})
EVENT = st.fixed_dictionaries({}, optional={"entity": VALUE, "action": VALUE})
LISTS = {"tags": st.lists(PAIR, max_size=2), "events": st.lists(EVENT, max_size=2), "event": EVENT}
FIELDS = [
    "name", "new_name", "version", "key", "value", "alias", "stage", "stages", "source", "run_id", "model_id",
    "run_link", "description", "filter", "order_by", "max_results", "page_token", "archive_existing_versions", "url",
    "secret", "status", "tags", "events", "event",
]  # fmt: skip
BODY = st.fixed_dictionaries({}, optional={name: LISTS.get(name, VALUE) | VALUE for name in FIELDS})


@pytest.mark.parametrize("route", [*REGISTRY, *WEBHOOKS], ids=lambda route: f"{route.method} {route.path}")
def test_no_input_makes_the_hub_fail(repo, alice, token_for, route) -> None:
    door = Door(repo, token_for(alice, "admin"))
    registry = Registry(door)
    registry.model()
    registry.version()
    path = route.path.replace("{webhook_id}", "nothing")

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(BODY, st.booleans())
    def attack(body: dict[str, Any], plausible: bool) -> None:
        if plausible:
            body = {
                "name": "iris",
                "version": "1",
                **{key: body[key] for key in body if key not in ("name", "version")},
            }
        if route.method == "GET":
            query = {key: str(value).encode(errors="replace") for key, value in body.items() if value is not None}
            answer = door("GET", path, **query)
        else:
            answer = door(route.method, path, json.dumps(body).encode())
        assert answer.status < 500, (body, answer.body)
        assert isinstance(answer.json, dict)

    attack()
