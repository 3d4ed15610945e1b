"""The page of charts: panels, boards and who may save them, and the numbers behind panels with their limits."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from hub.lib.errors import Conflict
from repos.models import Repository
from tests.factories.tracking import START, make_experiment, make_run
from tests.support.statements import Counted
from tests.tracking.test_views_experiments import text_of
from tracking.charts.panels import Panel, draft_text
from tracking.models import Board, Experiment, Run
from tracking.rules import Point
from tracking.services.boards import MOST_BOARDS, change_board, create_board
from tracking.services.experiments import delete_experiment
from tracking.services.metrics import log_metrics
from tracking.services.purge_steps import purge_experiment

HERE = "/alice/stones/experiments/1"
CHARTS = f"{HERE}/charts"
BrowserOf = Callable[[User | None], Client]
DRAFT = draft_text([Panel(y="loss"), Panel(kind="box", y="loss", group="params.opt")])


@pytest.fixture
def sweep(repo: Repository) -> Experiment:
    """Six runs: the loss falls with lr, opt does nothing; the newest is running."""
    experiment = make_experiment(repo)
    for number in range(6):
        make_run(
            repo, experiment, f"run-{number}", start=START + number * 60_000,
            params={"lr": str(0.1 * (number + 1)), "opt": "adam" if number % 2 else "sgd"},
            metrics={"loss": [2.0, 1 - number / 10], "val/acc": [0.1, number / 10]}, tags={"team": "vision"},
            status="RUNNING" if number == 5 else "FINISHED",
        )  # fmt: skip
    return Experiment.objects.get(pk=experiment.pk)


@pytest.fixture
def bobs(browser_of: BrowserOf, sweep: Experiment, bob: User) -> Client:
    """The browser of somebody who may write."""
    return browser_of(bob)


@pytest.fixture
def carols(browser_of: BrowserOf, sweep: Experiment, carol: User) -> Client:
    """The browser of somebody who may only read."""
    return browser_of(carol)


def test_without_a_board_each_metric_has_a_panel(bobs: Client) -> None:
    page = text_of(bobs, CHARTS)
    assert f'data-src="{HERE}/series?key=loss"' in page and f"{HERE}/series?key=val%2Facc" in page
    assert "Automatic board" in page and 'aria-current="page"' in page


def test_an_empty_experiment_says_how_to_log(browser_of: BrowserOf, repo: Repository, bob: User) -> None:
    make_experiment(repo)
    assert "mlflow." in text_of(browser_of(bob), CHARTS)


def test_the_state_of_the_table_goes_to_every_panel(bobs: Client) -> None:
    page = text_of(bobs, f"{CHARTS}?q=params.opt+%3D+%27adam%27&n=50&by=params.lr&band=ste")
    assert "group=params.lr&amp;q=params.opt+%3D+%27adam%27&amp;n=50" in page
    assert 'data-band="ste"' in page
    assert "3 runs" in page


def test_a_filter_that_is_not_understood_is_told_beside_it(bobs: Client) -> None:
    answer = bobs.get(CHARTS, {"q": "metrics.loss <"})
    assert answer.status_code == 400 and 'id="charts-filter-error"' in answer.content.decode()


def test_the_eye_hides_a_run_from_panels(bobs: Client) -> None:
    run = Run.objects.get(name="run-0")
    assert len(bobs.get(f"{HERE}/series?key=loss").json()["series"]) == 6
    left = bobs.get(f"{HERE}/series?key=loss&off={run.uuid[:10]}").json()["series"]
    assert len(left) == 5 and run.uuid not in [each["id"] for each in left]
    assert "1 hidden" in text_of(bobs, f"{CHARTS}?off={run.uuid[:10]}")


@pytest.mark.parametrize(("runs", "count"), [("run-0", 1), ("run-%", 6)])
def test_the_page_asks_as_often_for_one_run_as_for_six(bobs: Client, runs: str, count: int) -> None:
    bobs.get(CHARTS)
    with Counted() as counted:
        page = text_of(bobs, f"{CHARTS}?" + urlencode({"q": f"run_name LIKE '{runs}'"}))
    assert page.count('class="board-run"') == count
    assert counted.statements == 14


# Boards


def test_a_writer_saves_a_board_and_everybody_sees_it(bobs: Client, carols: Client) -> None:
    answer = bobs.post(f"{CHARTS}/boards?board=0&draft={DRAFT}", {"name": "  Weekly   look ", "as": "new"})
    board = Board.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{CHARTS}?board={board.pk}")
    assert (board.name, len(board.panels), board.revision) == ("Weekly look", 2, 1)
    page = text_of(carols, CHARTS)
    assert "Weekly look" in page and "loss by opt" in page and 'data-kind="box"' in page


def test_a_reader_changes_a_board_in_the_address_only(carols: Client, sweep: Experiment, alice: User) -> None:
    board = create_board(experiment=sweep, name="Ours", panels=[Panel(y="loss")], actor=Actor(user=alice))
    answer = carols.get(f"{CHARTS}/edit?do=wider&at=0")
    assert answer.status_code == 302
    page = text_of(carols, answer["Location"])
    assert "board-panel--2" in page and "Who may write can save them" in page and "Save for everybody" not in page
    assert carols.post(f"{CHARTS}/boards?draft={DRAFT}", {"name": "Mine"}).status_code == 403
    assert carols.post(f"{CHARTS}/boards/{board.pk}/deletion").status_code == 403
    board.refresh_from_db()
    assert board.panels == [{"y": "loss"}]


def test_a_panel_is_added_and_edited_by_a_form(bobs: Client) -> None:
    assert "Parallel coordinates" in text_of(bobs, f"{CHARTS}/panel")
    wrong = bobs.get(f"{CHARTS}/panel", {"do": "put", "kind": "scatter", "p-y": "loss", "p-x": "lr"})
    assert wrong.status_code == 400 and "needs a parameter or metric" in wrong.content.decode()
    added = bobs.get(f"{CHARTS}/panel", {"do": "put", "kind": "scatter", "p-y": "loss", "p-x": "params.lr"})
    assert added.status_code == 302 and added["Location"].endswith("#panel-2")
    page = text_of(bobs, added["Location"].partition("#")[0])
    assert "column=params.lr&amp;column=metrics.loss" in page
    again = text_of(bobs, added["Location"].partition("#")[0].replace("/charts?", "/charts/panel?at=2&"))
    assert 'value="params.lr"' in again and "Change panel" in again


def test_who_was_slower_is_told_and_loses_nothing(bobs: Client, sweep: Experiment, alice: User, bob: User) -> None:
    board = create_board(experiment=sweep, name="Ours", panels=[Panel(y="loss")], actor=Actor(user=alice))
    begun = bobs.get(f"{CHARTS}/edit?do=wider&at=0")["Location"].partition("#")[0]
    change_board(
        experiment=sweep, board=board.pk, name="Ours", panels=[Panel(y="val/acc")], revision=1, actor=Actor(user=alice)
    )
    answer = bobs.post(begun.replace("/charts?", "/charts/boards?"), {"name": "Ours", "as": "board"}, follow=True)
    page = answer.content.decode()
    assert "Somebody else has changed Ours" in page and "board-panel--2" in page
    board.refresh_from_db()
    assert board.panels == [{"y": "val/acc"}]


def test_names_of_boards_are_taken_once_and_boards_have_a_limit(sweep: Experiment, alice: User) -> None:
    actor = Actor(user=alice)
    create_board(experiment=sweep, name="Ours", panels=[], actor=actor)
    with pytest.raises(Conflict):
        create_board(experiment=sweep, name="Ours", panels=[], actor=actor)
    Board.objects.bulk_create([Board(experiment=sweep, name=f"b{number}") for number in range(MOST_BOARDS - 1)])
    with pytest.raises(Exception, match="at most 50 boards"):
        create_board(experiment=sweep, name="One more", panels=[], actor=actor)


def test_a_board_is_deleted_after_a_look(bobs: Client, sweep: Experiment, alice: User) -> None:
    board = create_board(experiment=sweep, name="Ours", panels=[Panel(y="loss")], actor=Actor(user=alice))
    assert "Its 1 panels are gone" in text_of(bobs, f"{CHARTS}/boards/{board.pk}/deletion")
    assert bobs.post(f"{CHARTS}/boards/{board.pk}/deletion").status_code == 302
    assert not Board.objects.exists()


def test_boards_of_another_experiment_are_not_here(bobs: Client, repo: Repository, alice: User) -> None:
    # The attack: the key of a board of an experiment that is somebody else's.
    other = create_board(experiment=make_experiment(repo, "other"), name="Theirs", panels=[], actor=Actor(user=alice))
    assert bobs.get(f"{CHARTS}?board={other.pk}").status_code == 404
    assert bobs.post(f"{CHARTS}/boards/{other.pk}/deletion").status_code == 404
    assert bobs.post(f"{CHARTS}/boards?board={other.pk}", {"name": "Taken"}).status_code == 404
    assert Board.objects.get().name == "Theirs"


def test_panels_that_this_release_does_not_know_are_left_out(bobs: Client, sweep: Experiment) -> None:
    Board.objects.create(experiment=sweep, name="Old", panels=[{"y": "loss"}, {"kind": "hologram", "y": "loss"}, 7])
    page = text_of(bobs, CHARTS)
    assert page.count("<hub-chart") == 1


def test_boards_go_with_their_experiment(repo: Repository, sweep: Experiment, alice: User) -> None:
    create_board(experiment=sweep, name="Ours", panels=[], actor=Actor(user=alice))
    delete_experiment(repository=repo, number=sweep.number)
    list(purge_experiment(repo, sweep.pk))
    assert not Board.objects.exists()


@pytest.mark.parametrize("draft", ["x", "AAAA", "%00", "..", "A" * 9000])
def test_a_broken_draft_is_told(bobs: Client, draft: str) -> None:
    for page in (CHARTS, f"{CHARTS}/edit", f"{CHARTS}/panel"):
        answer = bobs.get(f"{page}?draft={draft}")
        assert answer.status_code == 400 and "link was cut short" in answer.content.decode()


# Numbers


def test_series_of_the_runs_chosen_come_with_group_colour_and_state(bobs: Client) -> None:
    found = bobs.get(f"{HERE}/series?key=loss&group=params.opt&n=20&q=params.opt+%3D+%27sgd%27").json()
    assert (found["x"], found["done"], len(found["series"])) == ("step", True, 3)
    newest = Run.objects.get(name="run-4")
    assert found["series"][0] == {
        "name": "run-4", "color": newest.pk % 8 + 1, "id": newest.uuid, "points": [[0, 2.0], [1, 0.6]], "last": 1,
        "group": "sgd",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("key=loss&from=a", 400),
        ("key=loss&from=nan", 400),
        ("key=loss&from=0&to=1", 200),
        ("key=loss&to=-1e400", 200),
        ("key=loss&x=metrics.val/acc", 200),
        ("key=loss&x=metrics.", 200),
        ("key=loss&since=abc.x", 400),
        ("key=loss&since=abc", 200),
        ("key=loss&q=metrics.loss+%3C", 400),
        ("key=loss&n=99999999999", 200),
        ("key=%00&group=params.%00", 200),
        ("run=" + "&run=".join("abc" for _ in range(300)), 200),
    ],
)
def test_odd_questions_for_series_are_answered_clearly(bobs: Client, query: str, status: int) -> None:
    assert bobs.get(f"{HERE}/series?{query}").status_code == status


@pytest.mark.parametrize(("runs", "count"), [("run-0", 1), ("run-%", 6)])
def test_series_ask_as_often_for_one_run_as_for_six(bobs: Client, runs: str, count: int) -> None:
    query = urlencode({"key": "loss", "group": "params.opt", "q": f"run_name LIKE '{runs}'"})
    bobs.get(CHARTS)
    with Counted() as counted:
        found = bobs.get(f"{HERE}/series?{query}").json()
    assert len(found["series"]) == count
    assert counted.statements == 10


def test_what_has_not_changed_is_not_sent_again(bobs: Client, repo: Repository) -> None:
    first = bobs.get(f"{HERE}/series?key=loss")
    again = bobs.get(f"{HERE}/series?key=loss", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    run = Run.objects.get(name="run-5")
    log_metrics(repository=repo, run_id=run.uuid, points=[Point("loss", 0.2, START, 2)])
    assert bobs.get(f"{HERE}/series?key=loss", headers={"If-None-Match": first["ETag"]}).status_code == 200
    packed = bobs.get(f"{HERE}/series?key=loss", headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip" and b"points" in gzip.decompress(packed.content)
    tag = packed["ETag"]
    assert bobs.get(f"{HERE}/series?key=loss", headers={"If-None-Match": tag}).status_code == 304


def test_only_what_is_new_in_the_runs_that_go_on(bobs: Client, repo: Repository) -> None:
    run = Run.objects.get(name="run-5")
    live = bobs.get(f"{CHARTS}/live?key=loss&key=nothing").json()
    assert live["latest"] == {"loss": {run.uuid: 1}} and live["done"] is False
    log_metrics(repository=repo, run_id=run.uuid, points=[Point("loss", 0.2, START, 2), Point("loss", 0.1, START, 3)])
    assert bobs.get(f"{CHARTS}/live?key=loss").json()["latest"] == {"loss": {run.uuid: 3}}
    fresh = bobs.get(f"{HERE}/series?key=loss&since={run.uuid}.1").json()["series"]
    assert [(each["id"], each["points"], each["last"]) for each in fresh] == [(run.uuid, [[2, 0.2], [3, 0.1]], 3)]


def test_a_new_run_is_told_by_the_live_answer(bobs: Client, repo: Repository, sweep: Experiment) -> None:
    before = bobs.get(f"{CHARTS}/live").json()["runs"]
    make_run(repo, sweep, "fresh", start=START + 10**9, status="RUNNING")
    assert bobs.get(f"{CHARTS}/live").json()["runs"] != before


def test_values_lie_side_by_side(bobs: Client) -> None:
    found = bobs.get(
        f"{CHARTS}/values?column=params.lr&column=params.opt&column=metrics.loss&column=tags.team&column=params.none"
    ).json()
    assert found["columns"] == ["params.lr", "params.opt", "metrics.loss", "tags.team", "params.none"]
    assert found["numbers"] == [True, False, True, False, True]
    first = found["rows"][0]
    assert [first[1], *first[3]] == ["run-5", 0.6000000000000001, "adam", 0.5, "vision", None]


@pytest.mark.parametrize(
    "query", ["", "column=x", "column=metrics.", "column=params.%00", "&".join(["column=params.a"] * 30)]
)
def test_values_of_nothing_are_refused(bobs: Client, query: str) -> None:
    assert bobs.get(f"{CHARTS}/values?{query}").status_code == 400


def test_the_importance_of_parameters_is_told(bobs: Client) -> None:
    found = bobs.get(f"{CHARTS}/importance?metric=loss").json()
    assert (found["metric"], found["runs"]) == ("loss", 6)
    key, importance, correlation, runs = found["params"][0]
    assert (key, correlation, runs) == ("lr", -1.0, 6) and importance == 1.0
    assert bobs.get(f"{CHARTS}/importance").status_code == 400
    assert bobs.get(f"{CHARTS}/importance?metric=nothing").json()["params"] == []


def test_parallel_coordinates_take_the_parameters_that_matter(bobs: Client) -> None:
    assert bobs.get(f"{CHARTS}/values?metric=loss").json()["columns"] == ["params.lr", "params.opt", "metrics.loss"]


def test_runs_of_further_experiments_are_drawn_too(bobs: Client, repo: Repository) -> None:
    other = make_experiment(repo, "other")
    make_run(repo, other, "elsewhere", metrics={"loss": [3.0, 2.0]}, start=START + 10**9)
    names = [each["name"] for each in bobs.get(f"{HERE}/series?key=loss&with={other.number}").json()["series"]]
    assert names[0] == "elsewhere" and len(names) == 7
