"""The OpenAPI document: it names every address, and whatever fits or does not fit it gets no answer above 499."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.api import METHODS, schema
from tests.access.routes import mounted_routes
from tests.api.conftest import Program

OPERATIONS = [
    (verb, address, operation)
    for address, operations in schema()["paths"].items()
    for verb, operation in operations.items()
    if verb in METHODS and (verb, address) != ("delete", "/api/v1/repos/{owner}/{name}")
]
TEXT = st.text(max_size=30) | st.sampled_from(
    ["main", "main/data", "main/a.txt", "fresh", "alice", "s3", "..", "%00", "a" * 300, "0", "-1", "²"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


def test_every_address_is_described() -> None:
    described = {re.sub(r"\{(\w+)\}", r"<\1>", address) for address in schema()["paths"]}
    here = {route for route in mounted_routes() if route.startswith("/api/v1/") and "repo-buckets" not in route}
    assert here - described == {"/api/v1/openapi.json", "/api/v1/<rest>"}
    assert described <= here


def test_every_operation_says_what_it_does() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)
    for _, address, operation in OPERATIONS:
        assert operation["description"].endswith(".") and operation["responses"], address


def test_the_document_and_its_page(db: None) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.") and document["servers"] == [{"url": "http://testserver"}]
    page = Client().get("/-/api").content.decode()
    for _, address, operation in OPERATIONS:
        assert f'id="{operation["operationId"]}"' in page and address in page


def called(program: Program, data: st.DataObject, verb: str, address: str, operation: dict[str, Any]) -> int:
    """One request of the operation with values that hypothesis makes up; its status."""

    def fill(match: re.Match[str]) -> str:
        known = {"owner": "alice", "name": "fresh"}.get(match[1])
        return str(data.draw(st.just(known) | TEXT if known else TEXT)).replace("?", "").replace("#", "")

    path = re.sub(r"\{(\w+)\}", fill, address)
    query = {
        each["name"]: data.draw(TEXT)
        for each in operation.get("parameters", ())
        if each["in"] == "query" and data.draw(st.booleans())
    }
    kinds = list(operation.get("requestBody", {}).get("content", {}))
    name = (
        next(iter(operation.get("requestBody", {}).get("content", {}).values()), {})
        .get("schema", {})
        .get("$ref", "")
        .rpartition("/")[2]
    )
    fields = schema()["components"]["schemas"].get(name, {}).get("properties", {})
    body: Any = {field: data.draw(JSON) for field in fields if data.draw(st.booleans())}
    if not kinds:
        return program.client.generic(verb.upper(), path, query_params=query).status_code
    if "multipart/form-data" in kinds:
        sent = [(data.draw(TEXT), data.draw(st.binary(max_size=40))) for _ in range(2)]
        raw = b"".join(
            b'--b\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n%s\r\n'
            % (f.encode("utf-8", "replace").replace(b'"', b"%22"), d)
            for f, d in sent
        )
        raw = (
            b"".join(
                b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
                % (k.encode(), str(v).encode("utf-8", "replace"))
                for k, v in body.items()
            )
            + raw
        )
        raw = raw + b"--b--\r\n" if data.draw(st.booleans()) else raw[: data.draw(st.integers(0, len(raw)))]
        return program.client.generic(
            verb.upper(), path, raw, "multipart/form-data; boundary=b", query_params=query
        ).status_code
    text = json.dumps(body) if data.draw(st.booleans()) else json.dumps(data.draw(JSON))
    return program.client.generic(verb.upper(), path, text, "application/json", query_params=query).status_code


@pytest.mark.parametrize(
    ("verb", "address", "operation"), OPERATIONS, ids=lambda each: each if isinstance(each, str) else ""
)
def test_no_operation_fails(verb: str, address: str, operation: dict[str, Any], program: Program) -> None:
    """The attack: values of any kind in every word, parameter, field and file name of every operation."""
    program.send("main", {"a.txt": b"a\n"})
    program.send("main/data", {"b.txt": b"b"}, versioning="dvc", is_dvc_dir="true")

    @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        assert called(program, data, verb, address, operation) < 500

    ask()
