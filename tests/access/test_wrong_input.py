"""Walks every route of the hub with hostile input: a clear refusal each time, never a failure, nothing half written."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from tests.access import hostile
from tests.access.asking import Attempts, noted_fields, on_the_server, row_counts
from tests.access.conftest import World
from tests.access.routes import mounted_routes
from tests.access.rules import IN, Row
from tests.access.table import MLFLOW_DOOR, PAGES, S3_DOORS, WIRE
from tracking.mlflow import wire
from tracking.mlflow.routes import TABLE
from tracking.mlflow.table import Entry

T = TypeVar("T")
AREAS = {**PAGES, **WIRE}
# How many hostile values each place meets: the first ones always, the others in turn, so that each is met somewhere.
ALWAYS, IN_TURN = 3, 3
NOT_HERE = frozenset({501})  # Parts of MLflow's protocol which are left out tell the client so.


def shared(values: Sequence[T]) -> Iterator[list[T]]:
    """An endless row of shares of the values."""
    turn = itertools.cycle(values[ALWAYS:])
    while True:
        yield [*values[:ALWAYS], *itertools.islice(turn, IN_TURN)]


def visitor_for(world: World, row: Row) -> Client:
    """alice, or an administrator where only those get to what reads the input."""
    return on_the_server(world.visitors[next((who for who in ("owner", "root") if row.rule[who] == IN), "nobody")])


def address_of(row: Row, samples: dict[str, str], word: str, value: str) -> str:
    """The row's address with one word replaced."""
    mark = "\x01"
    return Row(row.verb, row.route, row.rule, words={**row.words, word: mark}).path(samples).replace(mark, value)


def finish(faults: list[str], before: dict[str, int]) -> None:
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults)
    assert row_counts() == before, "looking at pages has written"


@pytest.mark.parametrize("area", AREAS)
def test_words_of_addresses(area: str, people: World) -> None:
    """The attack: `/alice/stones/src/%00`, `/…/commit/--output=config`, numbers of five thousand digits."""
    faults: list[str] = []
    names, words, before = shared(hostile.NAMES), shared(hostile.WORDS), row_counts()
    nobody = Attempts(on_the_server(people.visitors["nobody"]), faults)
    for row in AREAS[area]:
        attempts = Attempts(visitor_for(people, row), faults)
        for word in re.findall(r"<(\w+)>", row.route):
            for value in next(names) if word in ("owner", "name", "slug") else next(words):
                address = address_of(row, people.words, word, value)
                attempts.ask(row.verb, address, kind=hostile.FORM)
            nobody.ask(row.verb, address, kind=hostile.FORM)
    finish(faults, before)


@pytest.mark.parametrize("area", AREAS)
def test_parameters(area: str, people: World) -> None:
    """The attack: `?page=²`, `?after=` with five thousand digits, bytes that are no text."""
    faults: list[str] = []
    queries, values, before = shared(hostile.QUERIES), shared(hostile.VALUES), row_counts()
    for row in (row for row in AREAS[area] if row.verb == "GET"):
        attempts = Attempts(visitor_for(people, row), faults)
        address = row.path(people.words)
        with noted_fields() as seen:
            attempts.ask("GET", address)
        for query in next(queries):
            attempts.ask("GET", f"{address.partition('?')[0]}?{query}")
        asked = {name: value for name, value in hostile.ASKED.items() if name in seen}
        for name in sorted(seen):
            for value in next(values):
                query = hostile.pairs({**asked, name: value})
                attempts.ask("GET", f"{address}{'&' if '?' in address else '?'}{query}")
    finish(faults, before)


@pytest.mark.parametrize("area", AREAS)
def test_fields(area: str, people: World) -> None:
    """The attack: NUL bytes, numbers without end, commands and markup in each field of each form."""
    faults: list[str] = []
    values, before = shared(hostile.VALUES), row_counts()
    for row in (row for row in AREAS[area] if row.verb == "POST"):
        attempts = Attempts(visitor_for(people, row), faults)
        address = row.path(people.words)
        with noted_fields() as seen:
            attempts.ask("POST", address, b"x=1", hostile.FORM)
        right = {name: hostile.RIGHT.get(name.rpartition("-")[2], b"1") for name in sorted(seen)}
        for name in right:
            for value in next(values):
                attempts.ask("POST", address, hostile.pairs({**right, name: value}).encode(), hostile.FORM)
        attempts.ask(
            "POST", address, hostile.pairs(right | dict.fromkeys(right, hostile.VALUES[2])).encode(), hostile.FORM
        )
    finish(faults, before)


@pytest.mark.parametrize("area", AREAS)
def test_bodies(area: str, people: World) -> None:
    """The attack: bodies that are no form, broken off, wrongly announced, of ten thousand fields."""
    faults: list[str] = []
    bodies, before = shared(hostile.BODIES), row_counts()
    for row in (row for row in AREAS[area] if row.verb == "POST"):
        attempts = Attempts(visitor_for(people, row), faults)
        for kind, body in next(bodies):
            attempts.ask("POST", row.path(people.words), body, kind)
    finish(faults, before)


def test_methods_and_headers(people: World) -> None:
    """The attack: methods that nobody offers, and headers that no browser sends."""
    faults: list[str] = []
    verbs, headers, before = shared(hostile.VERBS), shared(hostile.HEADERS), row_counts()
    for row in itertools.chain(*AREAS.values()):
        attempts = Attempts(visitor_for(people, row), faults)
        for verb in next(verbs):
            attempts.ask(verb, row.path(people.words), b"x=1", hostile.FORM)
        for header in next(headers)[ALWAYS:]:
            attempts.ask(row.verb, row.path(people.words), b"x=1" if row.verb == "POST" else b"", hostile.FORM, header)
    finish(faults, before)


@pytest.fixture
def program(programs: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    """alice's program with a token of every right; what fails behind the MLflow door is raised, not told as JSON."""

    def raised(request: HttpRequest, error: Exception) -> HttpResponse:
        raise error

    monkeypatch.setattr(wire, "failed", raised)
    return on_the_server(programs.visitors["owner"])


def mlflow_address(entry: Entry, value: str = "none") -> str:
    return f"/alice/stones.mlflow/{re.sub(r'{[^}]*}', value, entry.path)}"


def test_mlflow_addresses_and_methods(program: Client, programs: World) -> None:
    """The attack: artifact paths that climb, ids that are none, methods that nobody offers."""
    faults: list[str] = []
    words, queries, verbs = map(shared, (hostile.WORDS, hostile.QUERIES, hostile.VERBS))
    before = row_counts()
    attempts, nobody = Attempts(program, faults, NOT_HERE), Attempts(on_the_server(programs.visitors["nobody"]), faults)
    for entry in TABLE.entries:
        verb, address = entry.route.method, mlflow_address(entry)
        for value in next(words) if "{" in entry.path else ():
            attempts.ask(verb, mlflow_address(entry, value), b"{}", "application/json")
        for query in next(queries):
            attempts.ask(verb, f"{address}?{query}", b"{}", "application/json")
        for other in next(verbs):
            attempts.ask(other, address, b"{}", "application/json")
        nobody.ask(verb, address, b"{}", "application/json")
    finish(faults, before)


def test_mlflow_bodies(program: Client, people: World) -> None:
    """The attack: JSON that is none, nested beyond measure, with halves of letters; each field of the wrong kind."""
    faults: list[str] = []
    raw, bodies, values = shared(hostile.RAW_JSON), shared(hostile.BODIES), shared(hostile.JSON)
    attempts = Attempts(program, faults, NOT_HERE)
    known = {"run_id": people.words["run"], "experiment_id": people.words["experiment"], "key": "k", "name": "n"}
    before = row_counts()
    for entry in (entry for entry in TABLE.entries if entry.route.method in ("POST", "PATCH", "DELETE")):
        verb, address = entry.route.method, mlflow_address(entry, people.words["model"])
        for body in next(raw):
            attempts.ask(verb, address, body, "application/json")
        for kind, body in next(bodies)[ALWAYS:]:
            attempts.ask(verb, address, body, kind)
        names = [field.encode_name for field in msgspec.structs.fields(entry.reads)]
        right = {name: json.dumps(known[name]).encode() for name in names if name in known}
        for name in names:
            for value in next(values):
                fields = (b'"%s": %s' % (key.encode(), text) for key, text in {**right, name: value}.items())
                attempts.ask(verb, address, b"{" + b", ".join(fields) + b"}", "application/json")
    finish(faults, before)


def test_credentials(people: World) -> None:
    """The attack: an Authorization header that cannot be read, on each wire door."""
    faults: list[str] = []
    before = row_counts()
    attempts = Attempts(on_the_server(Client()), faults)
    for credentials in (*hostile.CREDENTIALS, f"Bearer cairn_{people.words['token']}_\xe9"):
        for door in (
            "stones.mlflow/health",
            "stones.git/info/refs?service=git-upload-pack",
            "stones.git/git-receive-pack",
        ):
            status = attempts.ask("GET", f"/alice/{door}", headers={"Authorization": credentials})
            if status not in (401, 405):
                faults.append(f"{status}: {door} {credentials[:60]!r}")
    finish(faults, before)


def test_the_walk_meets_every_route() -> None:
    walked = {row.route for row in itertools.chain(*AREAS.values())}
    assert mounted_routes() - walked == {MLFLOW_DOOR} | S3_DOORS
