"""The runs table: columns, filter, order, pages, and what is done to the runs picked."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import User
from repos.models import Repository
from tests.factories.tracking import START, make_experiment, make_run
from tests.tracking.test_views_experiments import text_of
from tracking import sql
from tracking.models import Experiment, Run
from tracking.services.named_views import save_view, set_default
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
    shown = names(page)
    assert len(shown) == 3 + 50 and shown[2] == "run-0"
    assert page.index("All runs nested in run-0") > page.index(f">{shown[-1]}<")
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
    assert (len(queries), len(asked)) == (13, 7)


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


def test_a_typical_table_is_light(repo: Repository, browser_of: BrowserOf, bob: User) -> None:
    experiment = make_experiment(repo)
    for number in range(USUAL_SIZE + 1):
        make_run(
            repo, experiment, params={key: f"{number}.{key}" for key in ("lr", "depth", "decay", "batch")},
            metrics={key: [number + 0.123456] for key in ("train/loss", "val/loss", "val/accuracy", "test/f1")},
        )  # fmt: skip
    client = browser_of(bob)
    page = client.get(TABLE).content
    assert len(page) <= 70 * 1024 and len(gzip.compress(page)) <= 9 * 1024
    assert len(client.get(TABLE, headers={"HX-Request": "true"}).content) <= 60 * 1024


def test_a_click_leads_to_the_address_of_its_outcome(bobs: Client) -> None:
    shown = "now=start_time&now=metrics.loss&now=params.lr"
    answer = bobs.get(f"{TABLE}?sort=run_name&{shown}&do=hide:metrics.loss")
    assert answer["Location"] == f"{TABLE}?sort=run_name&cols=start_time&cols=params.lr"
    assert heads(text_of(bobs, answer["Location"])) == ["Run", "Started", "lr"]
    assert bobs.get(f"{TABLE}?do=rubbish")["Location"] == TABLE


def test_pinned_columns_come_first_and_widths_are_told(bobs: Client) -> None:
    page = text_of(bobs, f"{TABLE}?pin=params.lr&w=params.lr:200&w=run_name:9")
    assert heads(page)[:3] == ["Run", "lr", "Started"]
    assert 'data-key="params.lr" width="200" data-width="200" data-pinned' in page
    assert 'data-key="run_name" width="48" data-width="48"' in page


def test_columns_that_say_nothing_are_left_out(bobs: Client) -> None:
    columns = "cols=params.depth&cols=params.lr&cols=metrics.nothing&cols=user_id"
    assert heads(text_of(bobs, f"{TABLE}?{columns}&hide=constant"))[1:] == ["lr", "nothing", "User"]
    assert heads(text_of(bobs, f"{TABLE}?{columns}&hide=empty"))[1:] == ["depth", "lr", "User"]
    assert heads(text_of(bobs, f"{TABLE}?{columns}&hide=empty&hide=constant"))[1:] == ["lr", "User"]


def test_a_hidden_run_has_an_empty_eye_and_a_painted_one_its_colour(bobs: Client) -> None:
    mark = short(Run.objects.get(name="run-1").uuid)
    page = text_of(bobs, f"{TABLE}?off={mark}&colour={mark}:7")
    row = page[page.index(f'value="eye:{mark}"') - 400 :]
    assert 'class="is-hidden"' in row and 'aria-pressed="false"' in row[:500]
    assert "swatch--7" in row[:700]
    assert page.count('class="is-hidden"') == 1


def test_several_experiments_stand_in_one_table(
    bobs: Client, repo: Repository, other_repo: Repository, sweep: Experiment
) -> None:
    second = make_experiment(repo, "second")
    run = make_run(repo, second, "elsewhere", metrics={"loss": [0.35]})
    make_run(other_repo, make_experiment(other_repo), "foreign")
    page = text_of(bobs, f"{TABLE}?with={second.number},999&sort=metrics.loss")
    assert names(page) == ["run-2", "elsewhere", "run-1", "run-0"]
    assert heads(page)[1] == "Experiment"
    assert f"/alice/stones/experiments/{second.number}/runs/{run.uuid}" in page
    assert "foreign" not in page


def test_columns_are_found_by_words(bobs: Client, repo: Repository, sweep: Experiment) -> None:
    make_run(repo, sweep, "more", metrics={"val/accuracy": [1.0], "val/Loss": [1.0]}, params={"optimizer": "adam"})
    page = text_of(bobs, f"{TABLE}/columns?find=LOSS&now=metrics.loss")
    assert re.findall(r'name="cols" value="([^"]+)" checked', page) == ["metrics.loss"]
    assert re.findall(r'name="cols" value="([^"]+)">', page) == ["metrics.val/Loss"]
    part = text_of(bobs, f"{TABLE}/columns?find=opti", headers={"HX-Request": "true"})
    assert re.findall(r'name="cols" value="([^"]+)"', part) == ["params.optimizer"]
    assert part.startswith('<div id="runs-found">')
    whole = text_of(bobs, f"{TABLE}/columns", headers={"HX-Request": "true"})
    assert "metrics.val/accuracy" in whole and "tags.team" in whole and "mlflow." not in whole


def test_the_search_for_columns_takes_hostile_words(bobs: Client) -> None:
    for words in ("%", "'", "\\", "\0", "x" * 5000, "[", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")):
        assert bobs.get(f"{TABLE}/columns", {"find": words}).status_code == 200


def test_only_the_columns_shown_are_read(bobs: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []
    below = sql._cursor
    monkeypatch.setattr(sql, "_cursor", lambda text, values: asked.append((text, values)) or below(text, values))
    text_of(bobs, f"{TABLE}?cols=params.lr&cols=metrics.loss")
    assert not any("tracking_metric " in text for text, _ in asked)
    params = [values for text, values in asked if "FROM tracking_param" in text]
    assert (len(params) == 1 and '["lr"]' in str(params[0])) or "['lr']" in str(params[0])


def test_groups_stand_in_place_of_runs(bobs: Client) -> None:
    page = text_of(bobs, f"{TABLE}?group=params.lr")
    assert 'aria-label="Groups of runs"' in page and names(page) == []
    assert 'value="group:params.lr"' in page
    assert bobs.get(f"{TABLE}?group=params.lr&do=group:params.lr")["Location"] == TABLE


def test_the_table_opens_with_the_default_view_of_the_team(
    bobs: Client, repo: Repository, sweep: Experiment, bob: User
) -> None:
    view = save_view(
        repository=repo, experiment=sweep, name="best", query="sort=metrics.loss", shared=True, actor=Actor(user=bob)
    )
    set_default(view=view, default=True, actor=Actor(user=bob))
    assert bobs.get(TABLE)["Location"] == f"{TABLE}?sort=metrics.loss"
    assert names(text_of(bobs, f"{TABLE}?view=active")) == ["run-2", "run-1", "run-0"]
