"""The whole protocol against the table of routes: what must be there is, and what is not says so."""

from __future__ import annotations

import re

import pytest

from tests.tracking.conftest import Door
from tests.tracking.contract import ABSENT, ESSENTIAL, IMPORTANT, SERVED
from tracking.mlflow.routes import TABLE
from tracking.mlflow.table import FAMILIES
from tracking.mlflow.wire import NotServed, WrongMethod

MUST = ESSENTIAL + IMPORTANT
# Addresses that the hub's own answers name: clients send the parts of large files there.
OWN = "/api/2.0/mlflow-artifacts/mpu/part/"


def filled(path: str) -> str:
    """An address with a word in place of each variable."""
    return path.replace("{path}", "1/x").replace("{", "").replace("}", "")


def test_the_contract_is_whole() -> None:
    assert (len(ESSENTIAL), len(IMPORTANT)) == (64, 49)
    assert len({*MUST, *SERVED, *ABSENT}) == len(MUST) + len(SERVED) + len(ABSENT)


@pytest.mark.parametrize("line", MUST + SERVED)
def test_what_must_be_there_is(line: str) -> None:
    method, path = line.split()
    entry, variables = TABLE.find(method, filled(path).removeprefix("/"))
    assert len(variables) == path.count("{")
    named = re.sub(r"\{[^}]*\}", "{}", entry.path)
    assert named == re.sub(r"\{[^}]*\}", "{}", path.removeprefix("/").removeprefix("ajax-" if entry.path[:3] == "api" else ""))  # fmt: skip


@pytest.mark.parametrize("line", [line for line in MUST if "/api/" in line])
def test_browsers_find_it_below_ajax(line: str) -> None:
    method, path = line.split()
    plain, _ = TABLE.find(method, filled(path).removeprefix("/"))
    assert TABLE.find(method, "ajax-" + filled(path).removeprefix("/"))[0] is plain


def test_no_endpoint_is_outside_of_the_contract() -> None:
    """A row that no client calls is a mistake of ours, or the contract has grown."""
    known = {re.sub(r"\{[^}]*\}", "{}", line) for line in MUST + SERVED}
    found = {f"{entry.route.method} /{re.sub(r'{[^}]*}', '{}', entry.path)}" for entry in TABLE.entries}
    assert {line for line in found - known if OWN not in line} == set()


@pytest.mark.parametrize("line", ABSENT)
def test_what_is_absent_says_so(mlflow: Door, line: str) -> None:
    method, path = line.split()
    answer = mlflow.raw(method, filled(path), b"{}")
    assert (answer.status, answer.code) == (404, "ENDPOINT_NOT_FOUND")
    word = re.sub(r"^/(ajax-)?(api/[\d.]+/(mlflow/)?)?", "", filled(path)).partition("/")[0]
    assert FAMILIES.get(word, "is not served here") in answer.message


def test_an_unknown_method_tells_the_known_ones() -> None:
    with pytest.raises(WrongMethod) as caught:
        TABLE.find("PUT", "api/2.0/mlflow/runs/create")
    assert caught.value.allowed == ["POST"]
    with pytest.raises(NotServed):
        TABLE.find("GET", "api/2.0/mlflow/runs/create/")
