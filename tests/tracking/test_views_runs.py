"""The runs table: columns, filter, order, pages, and what is done to the runs picked."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from repos.models import Repository
from tests.factories.tracking import START, make_experiment, make_run
from tests.tracking.test_views_experiments import text_of
from tracking import sql
from tracking.models import Experiment, Run
from tracking.services.runs import delete_run
from tracking.table_state import USUAL_SIZE, short

TABLE = "/alice/stones/experiments/1"
BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def sweep(repo: Repository) -> Experiment:
    """An experiment with three runs that differ in lr and loss."""
    experiment = make_experiment(repo)
    for number, lr in enumerate(("0.1", "0.01", "0.001")):
        make_run(
            repo, experiment, f"run-{number}", start=START + number * 60_000,
            params={"lr": lr, "depth": "18"}, metrics={"loss": [1.0, 0.5 - number / 10]}, tags={"team": "vision"},
        )  # fmt: skip
    return Experiment.objects.get(pk=experiment.pk)


@pytest.fixture
def bobs(browser_of: BrowserOf, sweep: Experiment, bob: User) -> Client:
    """The browser of somebody who may write."""
    return browser_of(bob)


def names(page: str) -> list[str]:
    """The names of the runs in the table, from top to bottom."""
    return re.findall(r'runs/[0-9a-f]{32}"[^>]*>([^<]+)</a>', page)


def heads(page: str) -> list[str]:
    """The words of the table's head."""
    head = page[page.index("<thead>") : page.index("</thead>")]
    head = re.sub(r"<button.*?</button>", "", head)
    return [re.sub(r"<[^>]+>|\s+", " ", cell).split() and re.sub(r"<[^>]+>", " ", cell).split()[-1] for cell in
            re.findall(r"<th[^>]*>(.*?)</th>", head, re.S)]  # fmt: skip


def test_the_newest_run_is_first_and_columns_that_differ_are_shown(bobs: Client) -> None:
    page = text_of(bobs, TABLE)
    assert names(page) == ["run-2", "run-1", "run-0"]
    assert heads(page) == ["Run", "Started", "Duration", "User", "Source", "loss", "lr"]
    assert ">0.3<" in page and ">0.001<" in page


def test_a_single_run_shows_what_it_has(repo: Repository, browser_of: BrowserOf, bob: User) -> None:
    make_run(repo, make_experiment(repo), params={"lr": "0.1"}, metrics={"loss": [1.0], "system/cpu": [5.0]})
    assert heads(text_of(browser_of(bob), TABLE))[5:] == ["loss", "lr"]


def test_columns_are_chosen_in_the_address(bobs: Client) -> None:
    page = text_of(bobs, f"{TABLE}?cols=params.depth&cols=status&cols=tags.team&cols=metrics.nothing&cols=rubbish")
    assert heads(page) == ["Run", "depth", "Status", "team", "nothing"]
    assert "vision" in page


@pytest.mark.parametrize(
    ("filter_text", "expected"),
    [
        ("metrics.loss < 0.45", ["run-2", "run-1"]),
        ("params.lr = '0.1'", ["run-0"]),
        ("metrics.loss < 0.45 and params.lr != '0.01'", ["run-2"]),
        ("attributes.status = 'FAILED'", []),
    ],
)
def test_the_filter_speaks_mlflow(bobs: Client, filter_text: str, expected: list[str]) -> None:
    answer = bobs.get(TABLE, {"q": filter_text})
    assert names(answer.content.decode()) == expected


def test_a_filter_that_is_not_understood_is_told_with_its_place_and_finds_nothing(bobs: Client) -> None:
    answer = bobs.get(TABLE, {"q": "metrics.loss < and"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert names(page) == []
    assert "at character 16 of the filter" in page
    assert 'aria-describedby="runs-filter-error"' in page
    assert 'value="metrics.loss &lt; and"' in page


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("metrics.loss", ["run-2", "run-1", "run-0"]),
        ("-metrics.loss", ["run-0", "run-1", "run-2"]),
        ("-params.lr", ["run-0", "run-1", "run-2"]),
        ("run_name", ["run-0", "run-1", "run-2"]),
        ("start_time", ["run-0", "run-1", "run-2"]),
        ("rubbish", ["run-2", "run-1", "run-0"]),
        ("metrics.`x` desc, status", ["run-2", "run-1", "run-0"]),
    ],
)
def test_the_order_is_in_the_address(bobs: Client, sort: str, expected: list[str]) -> None:
    assert names(bobs.get(TABLE, {"sort": sort}).content.decode()) == expected


def test_a_head_leads_to_ascending_then_descending_then_the_usual_order(bobs: Client) -> None:
    assert "?sort=metrics.loss" in text_of(bobs, TABLE)
    ascending = text_of(bobs, f"{TABLE}?sort=metrics.loss")
    assert 'aria-sort="ascending"' in ascending and "?sort=-metrics.loss" in ascending
    descending = text_of(bobs, f"{TABLE}?sort=-metrics.loss")
    assert 'aria-sort="descending"' in descending and "?sort=metrics.loss" not in descending


def test_pages_hold_all_runs_once(bobs: Client, repo: Repository, sweep: Experiment) -> None:
    for number in range(USUAL_SIZE):
        make_run(repo, sweep, f"more-{number}")
    first = text_of(bobs, TABLE)
    assert len(names(first)) == USUAL_SIZE and f"Runs 1 to {USUAL_SIZE}" in first
    following = html.unescape(re.findall(r'rel="next" href="([^"]+)"', first)[0])
    second = text_of(bobs, TABLE + following)
    assert len(names(second)) == 3 and f"Runs {USUAL_SIZE + 1} to {USUAL_SIZE + 3}" in second
    assert not set(names(first)) & set(names(second))
    assert 'rel="next"' not in second
    back = html.unescape(re.findall(r'rel="prev" href="([^"]+)"', second)[0])
    assert names(text_of(bobs, TABLE + back)) == names(first)


@pytest.mark.parametrize("edge", ["0", "-1", "x", "9" * 30, "W10"])
def test_a_page_that_makes_no_sense_does_no_harm(bobs: Client, edge: str) -> None:
    assert names(bobs.get(TABLE, {"after": edge}).content.decode()) == ["run-2", "run-1", "run-0"]


def test_the_trash_has_its_own_view(bobs: Client, repo: Repository) -> None:
    delete_run(repository=repo, run_id=Run.objects.get(name="run-1").uuid)
    assert names(text_of(bobs, TABLE)) == ["run-2", "run-0"]
    assert names(text_of(bobs, f"{TABLE}?view=deleted")) == ["run-1"]
    assert names(text_of(bobs, f"{TABLE}?view=all")) == ["run-2", "run-1", "run-0"]


def test_a_nested_run_is_marked_with_its_parent(bobs: Client, repo: Repository, sweep: Experiment) -> None:
    parent = Run.objects.get(name="run-0")
    make_run(repo, sweep, "child", tags={"mlflow.parentRunId": parent.uuid}, start=START - 1)
    assert names(text_of(bobs, TABLE)) == ["run-2", "run-1", "run-0"]
    assert 'aria-label="Runs nested in run-0: 1"' in text_of(bobs, TABLE)
    flat = text_of(bobs, f"{TABLE}?tree=0")
    assert names(flat) == ["run-2", "run-1", "run-0", "child"]
    assert 'title="Nested in run-0"' in flat


def test_nested_runs_show_below_their_parent_once_it_is_opened(
    bobs: Client, repo: Repository, sweep: Experiment
) -> None:
    parent = Run.objects.get(name="run-1")
    child = make_run(repo, sweep, "child", tags={"mlflow.parentRunId": parent.uuid}, start=START - 1)
    make_run(repo, sweep, "grandchild", tags={"mlflow.parentRunId": child.uuid})
    opened = bobs.get(TABLE, {"do": f"open:{short(parent.uuid)}", "sort": "run_name"})
    assert opened["Location"] == f"{TABLE}?sort=run_name&open={short(parent.uuid)}"
    page = text_of(bobs, opened["Location"])
    assert names(page) == ["run-0", "run-1", "child", "run-2"]
    assert "runs__name--1" in page and "runs__name--2" not in page
    both = text_of(bobs, f"{TABLE}?open={short(parent.uuid)},{short(child.uuid)}")
    assert names(both) == ["run-2", "run-1", "child", "grandchild", "run-0"]
    closed = bobs.get(opened["Location"] + f"&do=open:{short(parent.uuid)}")
    assert closed["Location"] == f"{TABLE}?sort=run_name"


def test_many_children_are_cut_and_a_link_leads_to_all(bobs: Client, repo: Repository, sweep: Experiment) -> None:
    parent = Run.objects.get(name="run-0")
    for number in range(51):
        make_run(repo, sweep, f"c{number}", tags={"mlflow.parentRunId": parent.uuid})
    page = text_of(bobs, f"{TABLE}?open={short(parent.uuid)}")
    assert len(names(page)) == 3 + 50
    rest = re.findall(r'href="([^"]+)">All runs nested in run-0', page)[0]
    assert "Runs 1 to 40" in text_of(bobs, html.unescape(rest))


def test_the_name_of_another_repositorys_run_cannot_be_read_through_a_tag(
    bobs: Client, repo: Repository, sweep: Experiment, other_repo: Repository
) -> None:
    # The attack: writing the id of somebody else's run into mlflow.parentRunId, and reading its name off the page.
    secret = make_run(other_repo, make_experiment(other_repo), "secret-name")
    child = make_run(repo, sweep, "child", tags={"mlflow.parentRunId": secret.uuid})
    assert "secret-name" not in text_of(bobs, TABLE)
    assert "secret-name" not in text_of(bobs, f"{TABLE}/runs/{child.uuid}")


def test_values_of_users_are_text_not_markup(bobs: Client, repo: Repository, sweep: Experiment) -> None:
    evil = "<script>alert(1)</script>"
    make_run(repo, sweep, evil, params={"p": evil}, tags={"mlflow.user": evil, "mlflow.source.name": evil}, user=evil)
    page = text_of(bobs, f"{TABLE}?cols=params.p")
    assert evil not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_table_takes_the_same_queries_for_one_and_for_three(
    repo: Repository, browser_of: BrowserOf, bob: User, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = make_experiment(repo)
    for number in range(count):
        make_run(repo, experiment, f"r{number}", params={"lr": str(number)}, metrics={"loss": [1.0]})
    client = browser_of(bob)
    client.get(TABLE)
    asked: list[str] = []
    below = sql._cursor
    monkeypatch.setattr(sql, "_cursor", lambda text, values: asked.append(text) or below(text, values))
    with CaptureQueriesContext(connection) as queries:
        client.get(TABLE)
    # The page; keys that the runs have; values, names of metrics, tags; who has children, one statement each.
    assert (len(queries), len(asked)) == (9, 7)


def test_the_part_for_renewal_is_the_table_alone(bobs: Client) -> None:
    part = text_of(bobs, TABLE, headers={"HX-Request": "true"})
    assert part.startswith("<runs-table")
    assert "data-running" not in part
    assert names(part) == ["run-2", "run-1", "run-0"]


def test_a_running_run_is_watched_and_shows_how_long_it_takes(
    bobs: Client, repo: Repository, sweep: Experiment
) -> None:
    make_run(repo, sweep, "going", status="RUNNING")
    page = text_of(bobs, TABLE)
    assert "data-running" in page
    assert 'aria-label="Running"' in page


def test_an_experiment_without_runs_shows_code_with_its_name(
    repo: Repository, browser_of: BrowserOf, bob: User
) -> None:
    make_experiment(repo, "it's mine")
    page = text_of(browser_of(bob), TABLE)
    assert "No runs in this experiment" in page
    assert "mlflow.set_experiment(&quot;it&#x27;s mine&quot;)" in page


def test_picked_runs_go_to_the_trash_and_come_back(bobs: Client) -> None:
    picked = [Run.objects.get(name=name).uuid for name in ("run-0", "run-2")]
    answer = bobs.post(f"{TABLE}/selection/deletion?q=x&sort=run_name", {"run": picked})
    assert answer["Location"] == f"{TABLE}?q=x&sort=run_name"
    assert sorted(Run.objects.filter(deleted_at__isnull=False).values_list("name", flat=True)) == ["run-0", "run-2"]
    assert Experiment.objects.get(number=1).active_runs == 1
    bobs.post(f"{TABLE}/selection/restoration", {"run": picked})
    assert not Run.objects.filter(deleted_at__isnull=False).exists()


def test_runs_of_another_repository_cannot_be_picked(bobs: Client, other_repo: Repository) -> None:
    # The attack: sending the ids of runs of a repository that one may not write to.
    run = make_run(other_repo, make_experiment(other_repo))
    bobs.post(f"{TABLE}/selection/deletion", {"run": [run.uuid]})
    assert not Run.objects.get(pk=run.pk).is_deleted


def test_too_many_picked_runs_change_nothing(bobs: Client) -> None:
    picked = [Run.objects.get(name="run-0").uuid, *("x" * 32 for _ in range(200))]
    assert bobs.post(f"{TABLE}/selection/deletion", {"run": picked}).status_code == 400
    assert not Run.objects.filter(deleted_at__isnull=False).exists()


def test_a_typical_table_fits_into_60_kib(repo: Repository, browser_of: BrowserOf, bob: User) -> None:
    experiment = make_experiment(repo)
    for number in range(USUAL_SIZE + 1):
        make_run(
            repo, experiment, params={key: f"{number}.{key}" for key in ("lr", "depth", "decay", "batch")},
            metrics={key: [number + 0.123456] for key in ("train/loss", "val/loss", "val/accuracy", "test/f1")},
        )  # fmt: skip
    assert len(browser_of(bob).get(TABLE).content) <= 60 * 1024
