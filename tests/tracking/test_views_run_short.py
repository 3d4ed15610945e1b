"""Short ids of runs: the beginning of an id leads to the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from repos.models import Repository
from tests.factories.tracking import make_experiment, make_run
from tests.tracking.test_views_experiments import text_of
from tracking.models import Run
from tracking.selectors.run_ids import runs_beginning
from tracking.services.runs import delete_run

BrowserOf = Callable[[User | None], Client]
FIRST, SECOND = "abcdef" + "0" * 26, "abcdef1" + "0" * 25


def make_known(repo: Repository, uuid: str, name: str = "known") -> Run:
    """A run with a chosen id."""
    experiment = repo.experiments.filter(number=1).first() or make_experiment(repo)
    run = make_run(repo, experiment, name)
    Run.objects.filter(pk=run.pk).update(uuid=uuid)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize("digits", ["abcdef", "ABCDEF", "abcdef00", FIRST])
def test_a_beginning_leads_to_the_run(browser_of: BrowserOf, repo: Repository, bob: User, digits: str) -> None:
    make_known(repo, FIRST)
    answer = browser_of(bob).get(f"/alice/stones/runs/{digits}")
    assert (answer.status_code, answer["Location"]) == (302, f"/alice/stones/experiments/1/runs/{FIRST}")


def test_an_ambiguous_beginning_lists_its_runs(browser_of: BrowserOf, repo: Repository, bob: User) -> None:
    make_known(repo, FIRST, "one")
    two = make_known(repo, SECOND, "two")
    delete_run(repository=repo, run_id=two.uuid)
    page = text_of(browser_of(bob), "/alice/stones/runs/abcdef")
    assert "2 runs have ids that begin with" in page and "in the trash" in page
    assert f'href="/alice/stones/experiments/1/runs/{FIRST}"' in page
    assert f'href="/alice/stones/experiments/1/runs/{SECOND}"' in page
    assert browser_of(bob).get("/alice/stones/runs/abcdef1").status_code == 302


@pytest.mark.parametrize("digits", ["abcde", "fffffff", "zzzzzz", "abcdef" + "0" * 27, "abcdeg"])
def test_what_begins_no_id_is_not_found(browser_of: BrowserOf, repo: Repository, bob: User, digits: str) -> None:
    make_known(repo, FIRST)
    assert browser_of(bob).get(f"/alice/stones/runs/{digits}").status_code == 404


def test_runs_of_others_do_not_answer(
    browser_of: BrowserOf, repo: Repository, other_repo: Repository, alice: User, mallory: User
) -> None:
    # The attack: learning of runs in a private repository by walking through beginnings at one's own.
    make_known(repo, FIRST)
    assert runs_beginning(other_repo, "abcdef") == []
    assert browser_of(alice).get("/alice/pebbles/runs/abcdef").status_code == 404
    assert browser_of(mallory).get("/alice/stones/runs/abcdef").status_code == 404
