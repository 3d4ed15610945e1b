"""Former addresses of a run that has moved to another experiment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from repos.models import Repository
from tests.factories.tracking import make_experiment, make_run
from tracking.models import Action, Run
from tracking.services.bulk import ask_change
from tracking.services.runs import update_run

BrowserOf = Callable[[User | None], Client]
PAGES = (
    "", "/metrics?of=loss", "/system", "/series?key=loss", "/logs", "/artifacts", "/artifacts/a%20b/c.txt", "/files/a.txt",
    "/zip", "/name", "/traces",
)  # fmt: skip


@pytest.fixture
def moved(repo: Repository, alice: User) -> Run:
    before, after = make_experiment(repo), make_experiment(repo, "other")
    run = make_run(repo, before, "known")
    update_run(repository=repo, run_id=run.uuid, status="FINISHED")
    ask_change(
        repository=repo, experiment=before, action=Action.MOVE, chosen=[run.uuid],
        arguments={"experiment": str(after.number)}, actor=Actor(user=alice),
    )  # fmt: skip
    run.refresh_from_db()
    assert (before.number, run.experiment.number) == (1, 2)
    return run


@pytest.mark.parametrize("page", PAGES)
def test_a_former_address_leads_to_the_same_page(browser_of: BrowserOf, moved: Run, alice: User, page: str) -> None:
    answer = browser_of(alice).get(f"/alice/stones/experiments/1/runs/{moved.uuid}{page}")
    assert (answer.status_code, answer["Location"]) == (302, f"/alice/stones/experiments/2/runs/{moved.uuid}{page}")


def test_numbers_with_zeroes_lead_there_too_and_in_no_circle(browser_of: BrowserOf, moved: Run, alice: User) -> None:
    browser = browser_of(alice)
    answer = browser.get(f"/alice/stones/experiments/001/runs/{moved.uuid}")
    assert answer["Location"] == f"/alice/stones/experiments/2/runs/{moved.uuid}"
    assert browser.get(f"/alice/stones/experiments/2/runs/{moved.uuid}/files/none").status_code == 404


def test_nothing_is_done_to_a_run_elsewhere(browser_of: BrowserOf, moved: Run, alice: User) -> None:
    here = f"/alice/stones/experiments/1/runs/{moved.uuid}"
    assert browser_of(alice).post(f"{here}/name", {"name": "new"}).status_code == 404
    assert browser_of(alice).get("/alice/stones/experiments/1/runs/" + "0" * 32).status_code == 404
    moved.refresh_from_db()
    assert moved.name == "known"


def test_who_may_not_see_the_repository_is_told_nothing(browser_of: BrowserOf, moved: Run, mallory: User) -> None:
    here = f"/alice/stones/experiments/1/runs/{moved.uuid}"
    assert browser_of(mallory).get(here).status_code == 404
