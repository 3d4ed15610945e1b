"""The page of the trash: what it shows, restoring under another name, and the confirmation before a purge."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import User
from hub.lib.wording import bytes_text
from jobs.models import Job
from repos.models import Repository
from tests.factories.tracking import make_artifact, make_experiment, make_run
from tests.tracking.test_views_experiments import text_of
from tracking import belongings
from tracking.models import Experiment, LoggedModel, Purge, PurgeItem, Run
from tracking.services.experiments import delete_experiment
from tracking.services.logged_models import create_model, delete_model
from tracking.services.purge_work import work_on_purge
from tracking.services.runs import delete_run

LIST = "/alice/stones/experiments"
TRASH = f"{LIST}/trash"
THREE = bytes_text(3)
BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def alices(browser_of: BrowserOf, repo: Repository, alice: User) -> Client:
    """The browser of somebody who may delete the repository."""
    return browser_of(alice)


@pytest.fixture
def trashed(repo: Repository, bob: User) -> Run:
    """Experiment 1 "sweep" with one run and a file of 3 bytes, deleted by bob."""
    run = make_run(repo, make_experiment(repo), "one", metrics={"loss": [1.0, 0.5]})
    make_artifact(repo, run, "a.txt", b"abc")
    delete_experiment(repository=repo, number=1, actor=Actor(user=bob))
    return run


def test_it_says_what_lies_there_by_whom_and_how_large(alices: Client, trashed: Run) -> None:
    page = text_of(alices, TRASH)
    for words in ("sweep", "by bob", "1 run<", "2 points", f"{THREE} of files", "30 days", "Empty the trash"):
        assert words in page, words


def test_readers_see_it_and_writers_restore_from_it(
    trashed: Run, browser_of: BrowserOf, bob: User, carol: User
) -> None:
    page = text_of(browser_of(carol), TRASH)
    assert "sweep" in page and "Restore" not in page and "Delete for ever" not in page
    bobs = browser_of(bob)
    page = text_of(bobs, TRASH)
    assert "Restore" in page and "Delete for ever" not in page
    answer = bobs.post(f"{TRASH}/restoration", {"kind": "experiment", "only": trashed.experiment_id})
    assert answer["Location"] == f"{TRASH}?kind=experiment"
    assert not Run.objects.get(pk=trashed.pk).is_deleted
    assert bobs.get(f"{TRASH}/purge?all=1").status_code == 403


def test_several_runs_and_models_are_restored_at_once(alices: Client, repo: Repository) -> None:
    experiment = make_experiment(repo)
    runs = [make_run(repo, experiment, name) for name in ("one", "two")]
    model = create_model(repository=repo, number=experiment.number, name="forest")
    for run in runs:
        delete_run(repository=repo, run_id=run.uuid)
    delete_model(repository=repo, model_id=model.uuid)
    assert "forest" in text_of(alices, f"{TRASH}?kind=model")
    alices.post(f"{TRASH}/restoration", {"kind": "run", "pick": [run.pk for run in runs]})
    alices.post(f"{TRASH}/restoration", {"kind": "model", "only": model.pk})
    assert not Run.objects.filter(deleted_at__isnull=False).exists()
    assert LoggedModel.objects.get().deleted_at is None
    page = alices.post(f"{TRASH}/restoration", {"kind": "run", "pick": ["x", "-1", "9" * 40]}, follow=True)
    assert "Nothing was picked" in page.content.decode()


def test_a_taken_name_asks_for_another(alices: Client, trashed: Run, repo: Repository) -> None:
    make_experiment(repo, "sweep")
    answer = alices.post(f"{TRASH}/restoration", {"kind": "experiment", "only": trashed.experiment_id})
    assert answer["Location"] == f"{LIST}/1/restoration"
    assert 'value="sweep"' in text_of(alices, f"{LIST}/1/restoration")
    refused = alices.post(f"{LIST}/1/restoration")
    assert refused.status_code == 400
    assert "There is an experiment sweep already" in refused.content.decode()
    assert alices.post(f"{LIST}/1/restoration", {"name": "old sweep"})["Location"] == f"{LIST}/1"
    assert set(Experiment.objects.exclude(number=0).values_list("number", "name", "deleted_at")) == {
        (1, "old sweep", None), (2, "sweep", None),
    }  # fmt: skip


@pytest.mark.parametrize("how", ["pick", "all"])
def test_purging_names_what_is_lost_and_wants_the_name_typed(
    alices: Client, trashed: Run, repo: Repository, how: str
) -> None:
    which = {"all": "1"} if how == "all" else {"kind": "experiment", "pick": str(trashed.experiment_id)}
    page = alices.post(f"{TRASH}/purge", which).content.decode()
    for words in ("<strong>1</strong> experiment<", "<strong>1</strong> run ", "<strong>2</strong> metric points",
                  "<strong>1</strong> file,", f"<strong>{THREE}</strong>"):  # fmt: skip
        assert words in page, words
    wrong = alices.post(f"{TRASH}/purge", {**which, "confirm": "stones"})
    assert wrong.status_code == 400
    assert not Purge.objects.exists()
    assert alices.post(f"{TRASH}/purge", {**which, "confirm": "alice/stones"})["Location"] == TRASH
    purge = Purge.objects.get()
    assert Job.objects.get(task="tracking.purge").object_id == purge.pk
    page = text_of(alices, TRASH)
    assert "alice deletes 2 things for ever" in page and 'hx-trigger="every 2s"' in page
    banner = text_of(alices, f"{LIST}/1")
    assert "is being deleted for ever" in banner and "restoration" not in banner.split("<main")[1]
    assert "is being deleted for ever" in text_of(alices, f"{LIST}/1/runs/{trashed.uuid}")
    assert alices.post(f"{LIST}/1/restoration").status_code == 400
    assert work_on_purge(purge_id=purge.pk)
    part = text_of(alices, f"{TRASH}?part=purges", headers={"HX-Request": "true"})
    assert "alice deleted 1 experiment, 1 run, " in part and THREE in part
    assert "<html" not in part and "hx-trigger" not in part
    assert alices.get(f"{LIST}/1").status_code == 404


def test_what_is_needed_is_told_and_stays(
    alices: Client, trashed: Run, repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(belongings, "_needs", [lambda repository: {trashed.uuid: "version 3 of forest"}])
    assert "Needed by version 3 of forest" in text_of(alices, TRASH)
    page = text_of(alices, f"{TRASH}/purge?all=1")
    assert "needed by version 3 of forest" in page and "confirm" not in page.split("<main")[1]
    answer = alices.post(f"{TRASH}/purge", {"all": "1", "confirm": "alice/stones"})
    assert answer.status_code == 409
    assert not PurgeItem.objects.exists() and not Purge.objects.exists()


def test_an_empty_trash_says_so(alices: Client) -> None:
    assert "Nothing here" in text_of(alices, TRASH)
    assert "The trash is empty." in text_of(alices, f"{TRASH}/purge?all=1")


def test_an_experiment_costs_a_few_questions(alices: Client, repo: Repository) -> None:
    counts = []
    for number in (1, 2, 3):
        make_experiment(repo, f"e{number}")
        delete_experiment(repository=repo, number=number)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            text_of(alices, TRASH)
        counts.append(len(queries))
    # Its size: the bucket is looked for once a row, the sum itself needs a bucket with files.
    assert counts[2] - counts[1] == counts[1] - counts[0] <= 2
