"""Lineage as a graph: how it is laid out, where its boxes lead, and from commit, data and run to what was made."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from registry.lineage import Graph, Node, lay_out
from registry.models import ModelVersion
from registry.selectors.lineage import MOST_VERSIONS, graph_of
from registry.services.aliases import set_alias
from repos.models import Repository
from tests.factories.registry import make_logged_model, make_model, make_version
from tests.factories.tracking import make_experiment, make_run
from tests.registry.test_views_models import BrowserOf, questions, text_of
from tracking.models import LoggedModel, Run

LINEAGE = "/alice/stones/lineage"


@pytest.fixture
def bobs(bob: User, browser_of: BrowserOf) -> Client:
    return browser_of(bob)


def graph(*nodes: tuple[str, str], edges: list[tuple[str, str]]) -> Graph:
    made = Graph()
    for key, kind in nodes:
        made.add(Node(key, kind, key), *[a for a, b in edges if b == key])
    return made


def test_columns_go_from_the_commit_to_the_alias_and_empty_ones_are_left_out() -> None:
    drawing = lay_out(graph(("v", "version"), ("c", "commit"), ("r", "run"), edges=[("c", "r"), ("r", "v")]))
    assert [(box.node.key, box.x) for box in drawing.boxes] == [("c", 1), ("r", 177), ("v", 353)]
    assert drawing.width == 502 and drawing.height == 48


def test_boxes_stand_beside_what_they_come_from_and_never_on_one_another() -> None:
    nodes = [("r1", "run"), ("r2", "run"), ("r3", "run"), ("v3", "version"), ("v1", "version"), ("v2", "version")]
    drawing = lay_out(graph(*nodes, edges=[("r1", "v1"), ("r2", "v2"), ("r3", "v3")]))
    assert [box.node.key for box in drawing.boxes] == ["r1", "r2", "r3", "v1", "v2", "v3"]
    assert len({(box.x, box.y) for box in drawing.boxes}) == 6
    for line in drawing.lines:
        assert re.fullmatch(r"M\d+ \d+(H\d+|C\d+ \d+ \d+ \d+ \d+ \d+)", line.path)


def test_an_empty_graph_is_drawn_as_nothing() -> None:
    assert lay_out(Graph()).boxes == []


def test_the_graph_of_a_version_leads_both_ways(
    repo: Repository,
    version: ModelVersion,
    run: Run,
    logged: LoggedModel,
    commit: str,
    bob: User,
    bobs: Client,
) -> None:
    set_alias(repository=repo, name="iris", alias="champion", version="1", actor=Actor(user=bob))
    made = graph_of(repo, [version])
    data = "data:petals:abc123"
    ends = [
        f"commit:{commit}",
        data,
        f"run:{run.uuid}",
        f"model:{logged.uuid}",
        "version:iris/1",
        "alias:iris@champion",
    ]
    assert list(made.edges) == [
        (ends[0], ends[2]), (data, ends[2]), (ends[2], ends[3]), (ends[3], ends[4]), (ends[4], ends[5])
    ]  # fmt: skip
    page = text_of(bobs.get("/alice/stones/models/iris/1"))
    for node in made.nodes.values():
        assert f'href="{node.url.replace("&", "&amp;")}"' in page or f'href="{node.url}"' in page
        assert bobs.get(node.url.partition("#")[0]).status_code == 200


@pytest.mark.parametrize("end", ["commit", "data", "run"])
def test_from_the_other_end_the_versions_are_found(
    repo: Repository,
    version: ModelVersion,
    run: Run,
    commit: str,
    end: str,
    bobs: Client,
) -> None:
    make_version(repo, run_id=run.uuid)
    other = make_run(repo, run.experiment, tags={"mlflow.source.git.commit": "b" * 40})
    make_version(repo, run_id=other.uuid)
    asked = {
        "commit": {"commit": commit}, "data": {"data": "petals", "digest": "abc123"}, "run": {"run": run.uuid},
    }[end]  # fmt: skip
    answer = bobs.get(LINEAGE, asked)
    assert [line.version.number for line in answer.context["table"].lines] == [2, 1]
    assert answer.context["source"].here


def test_what_made_nothing_says_so_and_nonsense_is_refused(version: ModelVersion, bobs: Client) -> None:
    assert "Nothing registered" in text_of(bobs.get(LINEAGE, {"commit": "0" * 40}))
    for wrong in (
        {},
        {"commit": "xyz"},
        {"commit": "a"},
        {"data": "a\0"},
        {"data": "a" * 501},
        {"data": "a", "digest": "d" * 40},
    ):
        assert bobs.get(LINEAGE, wrong).status_code == 400
    assert bobs.get(LINEAGE, {"run": "0" * 32}).status_code == 404


def test_the_page_of_a_run_says_what_it_is_registered_as(
    repo: Repository,
    version: ModelVersion,
    run: Run,
    bob: User,
    bobs: Client,
) -> None:
    set_alias(repository=repo, name="iris", alias="champion", version="1", actor=Actor(user=bob))
    page = text_of(bobs.get(f"/alice/stones/experiments/1/runs/{run.uuid}"))
    part = page[page.index('id="registered"') :]
    assert 'href="/alice/stones/models/iris/1"' in part and "champion" in part and f"{LINEAGE}?run={run.uuid}" in part
    other = make_run(repo, run.experiment)
    assert 'id="registered"' not in text_of(bobs.get(f"/alice/stones/experiments/1/runs/{other.uuid}"))


def test_a_graph_asks_the_same_however_many_versions_and_stops_at_some(repo: Repository, bobs: Client) -> None:
    make_model(repo)
    experiment = make_experiment(repo)
    run = make_run(repo, experiment)
    make_version(repo, logged=make_logged_model(repo, run))
    address = f"{LINEAGE}?run={run.uuid}"
    bobs.get(address)
    one = questions(bobs, address)
    for _ in range(2):
        make_version(repo, logged=make_logged_model(repo, run))
    assert questions(bobs, address) == one == 20
    for _ in range(MOST_VERSIONS):
        make_version(repo, run_id=run.uuid)
    assert f"Only the latest {MOST_VERSIONS} are shown" in text_of(bobs.get(address))


def test_names_of_other_people_are_text_in_the_drawing(repo: Repository, bobs: Client) -> None:
    """The attack: a run, dataset or model whose name is markup."""
    make_model(repo, "<b>x<")
    run = make_run(repo, make_experiment(repo), "</text><script>alert(1)</script>")
    make_version(repo, "<b>x<", run_id=run.uuid)
    raw = bobs.get(f"{LINEAGE}?run={run.uuid}").content.decode()
    assert "<script>alert" not in raw and "<b>x" not in raw
