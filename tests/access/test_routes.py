"""Walks every route of the hub with the whole cast, and holds the answers to the table."""

from __future__ import annotations

import copy
import re

import pytest
from django.db import transaction
from django.test import Client

from tests.access.conftest import World
from tests.access.routes import mounted_routes
from tests.access.rules import IN, SIGN_IN, WIRE_ADMIN, WIRE_READ, WIRE_WRITE, Row
from tests.access.table import MLFLOW_ADMIN, MLFLOW_DOOR, MLFLOW_READS, PAGES, S3_DOORS, WIRE
from tracking.mlflow.routes import TABLE

ALL_ROWS = [row for rows in [*PAGES.values(), *WIRE.values()] for row in rows]


def test_every_route_is_in_the_table():
    """The attack: a page is added and nobody has thought about who may see it."""
    missing = mounted_routes() - {row.route for row in ALL_ROWS} - {MLFLOW_DOOR} - S3_DOORS
    assert not missing, f"add to tests/access/table.py: {sorted(missing)}"


def test_every_route_of_the_table_is_mounted():
    stale = {row.route for row in ALL_ROWS} | {MLFLOW_DOOR} | S3_DOORS
    assert stale <= mounted_routes(), f"remove from tests/access/table.py: {sorted(stale - mounted_routes())}"


def answer_to(visitor: Client, verb: str, path: str, content_type: str) -> tuple[int, str, str]:
    """Status, Location and the first bytes; whatever the request did is undone."""
    cookies = copy.deepcopy(visitor.cookies)
    with transaction.atomic():
        body = b"" if "form" in content_type else b"{}"
        answer = visitor.generic(verb, path, body, content_type=content_type)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    visitor.cookies = cookies
    return answer.status_code, answer.headers.get("Location", ""), content[:2000].decode(errors="replace")


def fault(row: Row, who: str, status: int, location: str, content: str) -> str:
    """What is wrong with an answer, or nothing."""
    expected = row.rule[who]
    to_sign_in = location.startswith("/-/login")
    if expected == SIGN_IN:
        # GET leads to the sign-in page; an action is refused like that of a stranger.
        right = to_sign_in if row.verb == "GET" or status == 302 else status == 404
    elif expected == IN:
        refused = to_sign_in or status in {401, 403, 405} or (status >= 500 and status != 501)
        # A wire door may miss the thing that an empty request names, but not the repository.
        refused = refused or (status == 404 and (".mlflow" not in row.route or "no repository" in content))
        right = not refused and row.ok in (None, status)
    else:
        right = status == expected
    return "" if right else f"{row} as {who}: {status} {location} in place of {row.ok if expected == IN else expected}"


def walk(world: World, rows: list[Row], content_type: str) -> list[str]:
    faults = []
    for row in rows:
        path = row.path(world.words)
        for who in row.rule:
            faults.append(fault(row, who, *answer_to(world.visitors[who], row.verb, path, content_type)))
    return [each for each in faults if each]


@pytest.mark.parametrize("area", PAGES)
def test_pages_let_in_whom_the_table_says(area: str, people: World) -> None:
    faults = walk(people, PAGES[area], "application/x-www-form-urlencoded")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("area", PAGES)
def test_pages_take_no_other_verbs(area: str, people: World) -> None:
    """The attack: an action answers to GET, so that a link or a picture sets it off."""
    named = {(row.verb, row.route) for row in PAGES[area]}
    faults = []
    for row in {row.route: row for row in PAGES[area]}.values():
        for verb in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {v for v, route in named if route == row.route}:
            visitor = people.visitors["root" if row.rule["root"] == IN else "nobody"]
            status, *_ = answer_to(visitor, verb, row.path(people.words), "application/x-www-form-urlencoded")
            if status < 400 or status >= 500:
                faults.append(f"{verb} {row.route}: {status}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("area", WIRE)
def test_wire_doors_let_in_whom_the_table_says(area: str, programs: World) -> None:
    faults = walk(programs, WIRE[area], "application/octet-stream")
    assert not faults, "\n".join(faults)


def mlflow_rows() -> list[Row]:
    """A row for each endpoint of the MLflow door, by what the table says and not by what the endpoint says."""
    rows = []
    for entry in TABLE.entries:
        verb = entry.route.method
        rule = WIRE_READ if f"{verb} {entry.path}" in MLFLOW_READS else WIRE_WRITE
        if entry.path.startswith(MLFLOW_ADMIN):
            rule = WIRE_ADMIN
        rows.append(Row(verb, MLFLOW_DOOR, rule, words={"rest": "/" + re.sub(r"\{\w+(:\w+)?\}", "none", entry.path)}))
    return rows


def test_mlflow_door_lets_in_whom_the_table_says(programs: World) -> None:
    faults = walk(programs, mlflow_rows(), "application/json")
    assert not faults, "\n".join(faults)


def test_mlflow_table_names_no_endpoint_that_is_gone() -> None:
    assert {f"{entry.route.method} {entry.path}" for entry in TABLE.entries} >= MLFLOW_READS


@pytest.mark.parametrize(
    "path",
    [
        "/alice/stones.git/info/refs?service=git-upload-pack",
        "/alice/stones.mlflow/health",
        "/alice/stones.dvc/files/md5/5d/41402abc4b2a76b9719d911017c592",
        "/alice/stones.git/info/lfs/locks",
    ],
)
def test_wire_doors_do_not_look_at_cookies(path: str, people: World) -> None:
    """The attack: a page elsewhere makes a signed-in browser write through a door without CSRF protection."""
    assert people.visitors["owner"].get(path).status_code == 401


@pytest.mark.parametrize(
    "door",
    [
        "/alice/{}.git/info/refs?service=git-upload-pack",
        "/alice/{}.mlflow/health",
        "/alice/{}.dvc/files/md5/5d/41402abc4b2a76b9719d911017c592",
        "/alice/{}.git/info/lfs/locks",
    ],
)
def test_wire_doors_do_not_tell_whether_a_repository_exists(door: str, programs: World) -> None:
    """The attack: names of private repositories are guessed from different answers."""
    for who in ("nobody", "stranger", "other token", "wrong token"):
        visitor = programs.visitors[who]
        there, absent = (answer_to(visitor, "GET", door.format(name), "") for name in ("stones", "nonesuch"))
        assert (there[0], there[2].replace("stones", "nonesuch")) == (absent[0], absent[2])
