"""The list of experiments, and making, renaming, deleting and restoring one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from repos.models import Repository
from tests.factories.tracking import make_experiment, make_run
from tracking.models import Experiment, Run
from tracking.services.experiments import delete_experiment, ensure_default

LIST = "/alice/stones/experiments"
BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def bobs(browser_of: BrowserOf, repo: Repository, bob: User) -> Client:
    """The browser of somebody who may write."""
    return browser_of(bob)


def text_of(client: Client, address: str, **more: object) -> str:
    """The page at an address, which must be there."""
    answer = client.get(address, **more)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def test_without_runs_the_page_shows_code_for_this_repository_and_looks_again(bobs: Client) -> None:
    page = text_of(bobs, LIST)
    assert "No runs yet" in page
    assert "http://testserver/alice/stones.mlflow" in page
    assert "MLFLOW_TRACKING_USERNAME=bob" in page
    assert f'hx-get="{LIST}" hx-trigger="every 3s"' in page
    for label in ("Python", "CLI", "curl"):
        assert f'data-label="{label}"' in page


def test_the_part_turns_into_the_list_when_the_first_run_has_come(bobs: Client, repo: Repository) -> None:
    make_run(repo, make_experiment(repo, "sweep"), status="RUNNING")
    part = text_of(bobs, LIST, headers={"HX-Request": "true"})
    assert "<html" not in part
    assert "hx-trigger" not in part
    assert "sweep" in part and "1 run<" in part and 'aria-label="Running"' in part


def test_the_experiment_with_the_newest_run_comes_first(bobs: Client, repo: Repository) -> None:
    old, new, bare = (make_experiment(repo, name) for name in ("old-one", "new-one", "bare-one"))
    make_run(repo, old, start=1_790_000_000_000)
    make_run(repo, new, start=1_790_000_005_000, status="FAILED")
    page = text_of(bobs, LIST)
    assert page.index("new-one") < page.index("old-one") < page.index("bare-one")
    assert 'aria-label="Failed"' in page
    assert bare.active_runs == 0


def test_the_default_experiment_shows_once_it_is_used(bobs: Client, repo: Repository) -> None:
    ensure_default(repository=repo)
    make_run(repo, make_experiment(repo))
    assert ">Default<" not in text_of(bobs, LIST)
    make_run(repo, Experiment.objects.get(number=0))
    assert ">Default<" in text_of(bobs, LIST)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_one_and_for_three(bobs: Client, repo: Repository, count: int) -> None:
    for number in range(count):
        make_run(repo, make_experiment(repo, f"e{number}"))
    bobs.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        bobs.get(LIST)
    assert len(queries) == LIST_QUERIES


LIST_QUERIES = 11


def test_readers_see_the_list_without_buttons_that_change(browser_of: BrowserOf, repo: Repository, carol: User) -> None:
    page = text_of(browser_of(carol), LIST)
    assert "New experiment" not in page


@pytest.mark.parametrize("path", ["", "/new", "/1", "/1/name", "/1/deletion", "/1/compare"])
def test_strangers_and_the_anonymous_find_nothing(
    browser_of: BrowserOf, repo: Repository, mallory: User, path: str
) -> None:
    make_experiment(repo)
    assert browser_of(mallory).get(LIST + path).status_code == 404
    assert browser_of(None).get(LIST + path).status_code == 404


@pytest.mark.parametrize("path", ["/new", "/1/name", "/1/deletion", "/1/restoration", "/1/selection/change"])
def test_readers_may_change_nothing(browser_of: BrowserOf, repo: Repository, carol: User, path: str) -> None:
    make_experiment(repo)
    assert browser_of(carol).post(LIST + path, {"name": "x"}).status_code == 403
    assert Experiment.objects.get(number=1).name == "sweep"


def test_new_experiment_is_made_and_opened(bobs: Client, repo: Repository) -> None:
    answer = bobs.post(f"{LIST}/new", {"name": "granite or slate"})
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}/1")
    assert "granite or slate" in text_of(bobs, f"{LIST}/1")


@pytest.mark.parametrize("name", ["", "   ", "x" * 501])
def test_a_bad_name_is_told_beside_its_field(bobs: Client, repo: Repository, name: str) -> None:
    answer = bobs.post(f"{LIST}/new", {"name": name})
    assert answer.status_code == 400
    assert "field__error" in answer.content.decode()
    assert not Experiment.objects.exclude(number=0).exists()


def test_a_name_that_is_taken_is_told_in_words_for_people(bobs: Client, repo: Repository) -> None:
    make_experiment(repo, "sweep")
    answer = bobs.post(f"{LIST}/new", {"name": "sweep"})
    assert answer.status_code == 400
    assert "There is an experiment sweep already" in answer.content.decode()


def test_rename_changes_the_name(bobs: Client, repo: Repository) -> None:
    make_experiment(repo)
    assert 'value="sweep"' in text_of(bobs, f"{LIST}/1/name")
    assert bobs.post(f"{LIST}/1/name", {"name": "second sweep"})["Location"] == f"{LIST}/1"
    assert Experiment.objects.get(number=1).name == "second sweep"


def test_deletion_says_what_goes_along_and_can_be_taken_back(bobs: Client, repo: Repository) -> None:
    run = make_run(repo, make_experiment(repo))
    assert "Its one run goes with it." in text_of(bobs, f"{LIST}/1/deletion")
    assert bobs.post(f"{LIST}/1/deletion")["Location"] == LIST
    assert Run.objects.get(pk=run.pk).is_deleted
    text_of(bobs, LIST)  # Shows the message, once.
    assert "sweep" not in text_of(bobs, LIST)
    assert "is in the trash" in text_of(bobs, f"{LIST}/1")
    bobs.post(f"{LIST}/1/restoration")
    assert not Run.objects.get(pk=run.pk).is_deleted


def test_a_get_of_the_deletion_changes_nothing(bobs: Client, repo: Repository) -> None:
    make_experiment(repo)
    bobs.get(f"{LIST}/1/deletion")
    assert not Experiment.objects.get(number=1).is_deleted


@pytest.mark.parametrize("path", ["/9", "/9/name", "/9/deletion", "/99999999999999999999"])
def test_an_experiment_that_is_not_there_is_404(bobs: Client, repo: Repository, path: str) -> None:
    assert bobs.get(LIST + path).status_code == 404


def test_renaming_a_deleted_experiment_is_refused_with_a_way_out(bobs: Client, repo: Repository) -> None:
    make_experiment(repo)
    delete_experiment(repository=repo, number=1)
    answer = bobs.post(f"{LIST}/1/name", {"name": "other"})
    assert answer.status_code == 400
    assert "Restore it first." in answer.content.decode()


def test_an_experiment_of_another_repository_is_not_there(
    bobs: Client, browser_of: BrowserOf, repo: Repository, other_repo: Repository, alice: User
) -> None:
    make_run(other_repo, make_experiment(other_repo, "elsewhere"))
    assert bobs.get(f"{LIST}/1").status_code == 404
    assert browser_of(alice).get("/alice/pebbles/experiments/1").status_code == 200


def test_experiments_that_are_picked_open_in_one_table(bobs: Client, repo: Repository) -> None:
    for name in ("one", "two", "three"):
        make_run(repo, make_experiment(repo, name), f"run of {name}")
    assert text_of(bobs, LIST).count('name="with"') == 3
    answer = bobs.get(f"{LIST}?with=2&with=1&with=3")
    assert answer["Location"] == f"{LIST}/2?with=1%2C3"
    page = text_of(bobs, answer["Location"])
    assert all(f"run of {name}" in page for name in ("one", "two", "three"))
    assert bobs.get(f"{LIST}?with=2")["Location"] == f"{LIST}/2"
    assert bobs.get(f"{LIST}?with=rubbish").status_code == 200
